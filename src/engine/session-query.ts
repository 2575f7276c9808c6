import type { Session } from "./session.ts";

/** Which sessions are wanted. Without any of it: all that are not archived. */
export interface SessionQuery {
  /** Only those of this directory. Absolute. Default: of every directory that the engine knows. */
  readonly workingDirectory?: string | undefined;
  /** Only those whose title holds this text, in upper or lower case. Default: all. */
  readonly search?: string | undefined;
  /** Archived ones too. Default: false. */
  readonly includeArchived?: boolean | undefined;
  /** Without those that other sessions started as subagents. Default: false. */
  readonly rootsOnly?: boolean | undefined;
}

/** Is it one of those that are wanted? */
export function matchesQuery(
  session: Pick<Session, "title" | "workingDirectory" | "archived" | "parentId">,
  { workingDirectory, search = "", includeArchived = false, rootsOnly = false }: SessionQuery,
): boolean {
  return (
    (includeArchived || !session.archived) &&
    (!rootsOnly || session.parentId === undefined) &&
    (workingDirectory === undefined || isSame(session.workingDirectory, workingDirectory)) &&
    session.title.toLowerCase().includes(search.toLowerCase())
  );
}

function isSame(a: string | undefined, b: string): boolean {
  return a !== undefined && withoutSlash(a) === withoutSlash(b);
}

function withoutSlash(directory: string): string {
  return directory.length > 1 ? directory.replace(/[\\/]+$/, "") : directory;
}
