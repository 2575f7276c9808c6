import { parsePatch } from "diff/lib/patch/parse.js";
import type { DiffHunk, DiffLine } from "../engine/diff.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import type { FileDiff } from "../engine/message.ts";

/** What a line begins with; `\` is a note about the line before it. */
const KINDS: Readonly<Record<string, DiffLine["kind"]>> = { "+": "added", "-": "deleted", " ": "context" };

/**
 * The change of a file, parsed: what a person has to see of it, line by line with its numbers. It is put together when
 * it is asked for, so that a diff which nobody looks at costs nothing, and a `FileDiff` stays plain, small data. Empty
 * where there is nothing to show: a binary file, an empty one, a renamed one.
 *
 * @example
 * ```ts
 * for (const { lines } of hunksOf(file)) {
 *   for (const { kind, text, oldLine, newLine } of lines) console.log(oldLine, newLine, kind, text);
 * }
 * ```
 * @throws EngineError `INVALID_RESPONSE` when the engine's `patch` is no unified diff
 */
export function hunksOf({ path, patch }: Pick<FileDiff, "path" | "patch">): readonly DiffHunk[] {
  try {
    return parsePatch(patch).flatMap(({ hunks }) => hunks.map(toHunk));
  } catch (cause) {
    const message = `The change of ${path} is told as no unified diff: ${reasonOf(cause)} Show its \`patch\` as it is.`;
    throw new EngineError("INVALID_RESPONSE", message, { cause });
  }
}

type ParsedHunk = ReturnType<typeof parsePatch>[number]["hunks"][number];

function toHunk({ lines: marked, ...place }: ParsedHunk): DiffHunk {
  let { oldStart: oldLine, newStart: newLine } = place;
  const lines: DiffLine[] = [];
  for (const [index, line] of marked.entries()) {
    // Editors and mails take away the space of an empty line.
    const kind = KINDS[line[0] ?? " "];
    if (kind === undefined) continue;
    lines.push({
      kind,
      text: line.slice(1),
      ...(kind === "added" ? {} : { oldLine: oldLine++ }),
      ...(kind === "deleted" ? {} : { newLine: newLine++ }),
      ...(marked[index + 1]?.startsWith("\\") ? { noNewline: true } : {}),
    });
  }
  return { ...place, lines };
}
