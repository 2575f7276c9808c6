import { parsePatch } from "diff/lib/patch/parse.js";
import type { FileDiff } from "../engine/message.ts";

/** What an engine says of a changed file. What it leaves out follows from the patch. */
export interface ToldDiff {
  readonly path: string;
  readonly previousPath?: string | undefined;
  readonly status?: string | undefined;
  readonly additions?: number | undefined;
  readonly deletions?: number | undefined;
  readonly patch: string;
}

/** The one place where a `FileDiff` is made of what an engine says. Its own numbers are believed. */
export function fileDiffOf({ path, previousPath, status, additions, deletions, patch }: ToldDiff): FileDiff {
  const isTold = isStatus(status) && additions !== undefined && deletions !== undefined;
  const read = isTold ? undefined : readPatch(patch);
  return {
    path,
    ...(previousPath === undefined ? {} : { previousPath }),
    status: isStatus(status) ? status : (read?.status ?? "modified"),
    additions: additions ?? read?.additions ?? 0,
    deletions: deletions ?? read?.deletions ?? 0,
    patch,
  };
}

const STATUSES: ReadonlySet<string | undefined> = new Set<FileDiff["status"]>([
  "added",
  "modified",
  "deleted",
  "renamed",
]);

function isStatus(status: string | undefined): status is FileDiff["status"] {
  return STATUSES.has(status);
}

/** `undefined`: it is no unified diff. The change is told all the same, a person may be waiting for it. */
function readPatch(patch: string): Pick<FileDiff, "status" | "additions" | "deletions"> | undefined {
  try {
    const hunks = parsePatch(patch).flatMap((file) => file.hunks);
    const count = (mark: string) =>
      hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.startsWith(mark)).length, 0);
    const [only] = hunks.length === 1 ? hunks : [];
    const status = only?.oldLines === 0 ? "added" : only?.newLines === 0 ? "deleted" : "modified";
    return { status, additions: count("+"), deletions: count("-") };
  } catch {
    return undefined;
  }
}
