import { fileDiffOf } from "../../diff/file-diff.ts";
import type { FileDiff } from "../../engine/message.ts";
import {
  patchedFilesSchema,
  turnSummarySchema,
  type WireFileDiff,
  type WirePatchedFile,
} from "./schema/diff.ts";
import type { WireMessageInfo } from "./schema/message.ts";
import { isFileDiff } from "./shapes.ts";

/** Of `/session/:id/diff`, of the event that says the same, and of what a tool did to one file. */
export function decodeFileDiff({ file, patch = "", ...told }: WireFileDiff): FileDiff {
  return fileDiffOf({ ...told, path: file, patch });
}

/** What the turn of this prompt changed: the engine notes it on the prompt. */
export function diffOfTurn({ role, summary }: WireMessageInfo): readonly FileDiff[] {
  if (role !== "user") return [];
  const read = turnSummarySchema.safeParse(summary);
  return read.success ? read.data.diffs.map(decodeFileDiff) : [];
}

/** What a tool is about to change, or has changed: it stands in what it notes besides its output. */
export function diffOfMetadata(
  metadata: Readonly<Record<string, unknown>> | null | undefined,
): readonly FileDiff[] | undefined {
  if (metadata == null) return undefined;
  const { filediff, files, filepath, diff } = metadata;
  if (isFileDiff(filediff)) return [decodeFileDiff(filediff)];
  if (files !== undefined) {
    // Other tools note other things under this name.
    const read = patchedFilesSchema.safeParse(files);
    if (read.success) return read.data.map(decodePatchedFile);
  }
  if (typeof diff !== "string" || typeof filepath !== "string") return undefined;
  return [fileDiffOf({ path: filepath, patch: diff })];
}

/** Of the tool that changes several files at once. */
function decodePatchedFile({ filePath, movePath, type, ...told }: WirePatchedFile): FileDiff {
  if (movePath) return fileDiffOf({ ...told, path: movePath, previousPath: filePath, status: "renamed" });
  return fileDiffOf({ ...told, path: filePath, status: PATCH_STATUS[type] });
}

const PATCH_STATUS: Readonly<Record<string, FileDiff["status"]>> = {
  add: "added",
  update: "modified",
  delete: "deleted",
};
