import { createTwoFilesPatch } from "diff/lib/patch/create.js";
import type { FileDiff } from "../engine/message.ts";
import { fileDiffOf } from "./file-diff.ts";

/** Lines that differ, at most, where it is looked for which: what that costs grows with its square. */
const MOST_EDITS = 4_000;
const CONTEXT = 3;

/** The change of a file from a text to another. `before: undefined`: there was no file. */
export function diffOfTexts(path: string, before: string | undefined, after: string): FileDiff {
  const options = { context: CONTEXT, maxEditLength: MOST_EDITS };
  const found = createTwoFilesPatch(path, path, before ?? "", after, undefined, undefined, options);
  const patch = found ?? replacedWhole(path, before ?? "", after);
  const diff = fileDiffOf({ path, patch });
  return before === undefined ? { ...diff, status: "added" } : diff;
}

/** All lines of the one go, and all of the other come: true, only not short. */
function replacedWhole(path: string, before: string, after: string): string {
  const old = linesOf(before);
  const now = linesOf(after);
  const header = `--- ${path}\n+++ ${path}\n@@ -${range(old)} +${range(now)} @@\n`;
  return header + marked("-", old, before) + marked("+", now, after);
}

function linesOf(text: string): readonly string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

function range(lines: readonly string[]): string {
  return `${lines.length === 0 ? 0 : 1},${lines.length}`;
}

function marked(mark: string, lines: readonly string[], text: string): string {
  if (lines.length === 0) return "";
  const end = text.endsWith("\n") ? "" : "\\ No newline at end of file\n";
  return `${lines.map((line) => mark + line).join("\n")}\n${end}`;
}
