import { applyPatch } from "diff";
import fc from "fast-check";
import { expect, it } from "vitest";
import { diffOfTexts } from "../../src/diff/text-diff.ts";

it("says how one text becomes another", () => {
  const diff = diffOfTexts("/w/a.txt", "one\ntwo\n", "one\n2\nthree\n");
  expect(diff).toMatchObject({ path: "/w/a.txt", status: "modified", additions: 2, deletions: 1 });
  expect(diffOfTexts("/w/a.txt", undefined, "new")).toMatchObject({
    status: "added",
    additions: 1,
    deletions: 0,
  });
});

it("holds all that is needed to make the one of the other", () => {
  const text = fc.array(fc.constantFrom("a", "b", "c", "\n", "")).map((lines) => lines.join("\n"));
  fc.assert(
    fc.property(text, text, (before, after) => {
      const { patch } = diffOfTexts("a.txt", before, after);
      expect(before === after ? before : applyPatch(before, patch)).toBe(after);
    }),
  );
});

it("replaces the whole text where too much differs to look for what", () => {
  const before = Array.from({ length: 5_000 }, (_, line) => `old ${line}`).join("\n");
  const after = Array.from({ length: 5_000 }, (_, line) => `new ${line}`).join("\n");
  const diff = diffOfTexts("a.txt", before, after);
  expect(diff).toMatchObject({ additions: 5_000, deletions: 5_000 });
  expect(applyPatch(before, diff.patch)).toBe(after);
});
