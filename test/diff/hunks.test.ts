import { type DiffHunk, type FileDiff, hunksOf } from "@quantumreef/engine-client";
import { createTwoFilesPatch } from "diff";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fileDiffOf } from "../../src/diff/file-diff.ts";

// Lines that look like marks and headers, and breaks of every kind.
const line = fc.constantFrom(
  "a",
  "b",
  "",
  " ",
  "-- x",
  "++ x",
  "@@ -1 +1 @@",
  "\\ No newline",
  "c\r",
  "diff --git a b",
);
const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.boolean()).map(([lines, ends]) => {
  const joined = lines.join("\n");
  return ends && joined !== "" ? `${joined}\n` : joined;
});

function patchOf(before: string, after: string): string {
  return createTwoFilesPatch("f", "f", before, after);
}

/** The lines of a text, each with its break. */
function linesOf(whole: string): readonly string[] {
  return whole.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Takes one side of the hunks: every line at its number. */
function sideOf(hunks: readonly DiffHunk[], side: "oldLine" | "newLine"): ReadonlyMap<number, string> {
  const found = new Map<number, string>();
  for (const one of hunks.flatMap(({ lines }) => lines)) {
    const number = one[side];
    if (number !== undefined) found.set(number, `${one.text}${one.noNewline ? "" : "\n"}`);
  }
  return found;
}

describe("hunksOf", () => {
  it("numbers each line as it stands in both files, and leaves out only what is the same in both", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const hunks = hunksOf({ path: "f", patch: patchOf(before, after) });
        const [oldSide, newSide] = [sideOf(hunks, "oldLine"), sideOf(hunks, "newLine")];
        const [oldLines, newLines] = [linesOf(before), linesOf(after)];
        for (const [number, told] of oldSide) expect(told).toBe(oldLines[number - 1]);
        for (const [number, told] of newSide) expect(told).toBe(newLines[number - 1]);
        const untold = (lines: readonly string[], side: ReadonlyMap<number, string>) =>
          lines.filter((_, index) => !side.has(index + 1));
        expect(untold(oldLines, oldSide)).toEqual(untold(newLines, newSide));
        for (const { lines, oldStart, newStart, ...counts } of hunks) {
          const first = (side: "oldLine" | "newLine") => lines.find((one) => one[side] !== undefined)?.[side];
          expect(first("oldLine") ?? oldStart).toBe(oldStart);
          expect(first("newLine") ?? newStart).toBe(newStart);
          expect(lines.filter(({ oldLine }) => oldLine !== undefined)).toHaveLength(counts.oldLines);
          expect(lines.filter(({ newLine }) => newLine !== undefined)).toHaveLength(counts.newLines);
        }
      }),
    );
  });

  it("shows every kind of line", () => {
    const patch = "--- f\n+++ f\n@@ -3,3 +3,3 @@\n x\n-old\n+new\n z\n\\ No newline at end of file\n";
    expect(hunksOf({ path: "f", patch })).toEqual([
      {
        oldStart: 3,
        oldLines: 3,
        newStart: 3,
        newLines: 3,
        lines: [
          { kind: "context", text: "x", oldLine: 3, newLine: 3 },
          { kind: "deleted", text: "old", oldLine: 4 },
          { kind: "added", text: "new", newLine: 4 },
          { kind: "context", text: "z", oldLine: 5, newLine: 5, noNewline: true },
        ],
      },
    ]);
  });

  it.each([
    ["nothing", ""],
    [
      "a binary file, as git tells it",
      "diff --git a/f b/f\nindex 1..2 100644\nBinary files a/f and b/f differ\n",
    ],
    ["an empty file", "Index: f\n===\n--- f\n+++ f\n"],
    ["a mode", "diff --git a/f b/f\nold mode 100644\nnew mode 100755\n"],
  ])("has nothing to show of %s", (_, patch) => {
    expect(hunksOf({ path: "f", patch })).toEqual([]);
  });

  it("says whose change it can't read, and what to do", () => {
    const patch = "@@ -1,2 +1,2 @@\n+only one\n";
    expect(() => hunksOf({ path: "src/a.ts", patch })).toThrow(
      expect.objectContaining({
        code: "INVALID_RESPONSE",
        message: expect.stringMatching(/^The change of src\/a\.ts .+ Show its `patch` as it is\.$/),
      }),
    );
  });
});

describe("a FileDiff", () => {
  it("is counted where the engine did not", () => {
    fc.assert(
      fc.property(text, text, (before, after) => {
        const patch = patchOf(before, after);
        const lines = hunksOf({ path: "f", patch }).flatMap((hunk) => hunk.lines);
        const count = (wanted: string) => lines.filter(({ kind }) => kind === wanted).length;
        const expected = { path: "f", additions: count("added"), deletions: count("deleted"), patch };
        expect(fileDiffOf({ path: "f", patch })).toMatchObject(expected);
      }),
    );
  });

  it.each<[string, string, FileDiff["status"]]>([
    ["", "a\nb\n", "added"],
    ["a\nb\n", "", "deleted"],
    ["a\n", "b\n", "modified"],
    ["a\n", "a\n", "modified"],
  ])("of %j that became %j is %s", (before, after, status) => {
    expect(fileDiffOf({ path: "f", patch: patchOf(before, after) }).status).toBe(status);
  });

  it("is told also where the patch can't be read: somebody may wait for it", () => {
    const patch = "@@ -1,9 +1,9 @@\n+a\n";
    const untold = { path: "f", status: "modified", additions: 0, deletions: 0, patch };
    expect(fileDiffOf({ path: "f", patch })).toEqual(untold);
    expect(fileDiffOf({ path: "f", patch, additions: 3 })).toEqual({ ...untold, additions: 3 });
  });

  it("knows a status that the engine says, and no other", () => {
    const told = { path: "f", additions: 1, deletions: 2, patch: "" };
    expect(fileDiffOf({ ...told, status: "deleted" })).toEqual({ ...told, status: "deleted" });
    expect(fileDiffOf({ ...told, status: "odd" })).toEqual({ ...told, status: "modified" });
    const renamed = { ...told, previousPath: "e", status: "renamed" };
    expect(fileDiffOf(renamed)).toEqual(renamed);
  });
});
