import type { ListedSession, SessionPage, SessionPageRequest } from "../../engine/driver-requests.ts";
import { matchesQuery, type SessionQuery } from "../../engine/session-query.ts";
import { decodeSession } from "./decode.ts";
import type { WireSession } from "./schema/session.ts";
import type { NativeSessions } from "./sessions.ts";

/** One page of the list of all directories; of older releases all sessions of one directory. */
export async function readSessionPage(
  { limit, cursor, signal, ...query }: SessionPageRequest,
  sessions: NativeSessions,
): Promise<SessionPage> {
  const { workingDirectory, search, includeArchived, rootsOnly } = query;
  const page = await sessions.page(
    {
      directory: workingDirectory,
      archived: includeArchived || undefined,
      roots: rootsOnly || undefined,
      search: forEngine(search),
    },
    limit,
    cursor,
    signal,
  );
  // The engine is asked for less, not for exactly these: it takes "_" in a search for any letter.
  const wanted = (page?.sessions ?? (await sessions.listDirectory(workingDirectory, signal))).filter((wire) =>
    matches(wire, query),
  );
  return { sessions: await withStatus(wanted, workingDirectory, sessions, signal), cursor: page?.cursor };
}

export async function withStatus(
  wires: readonly WireSession[],
  directory: string | undefined,
  sessions: NativeSessions,
  signal: AbortSignal | undefined,
): Promise<readonly ListedSession[]> {
  if (wires.length === 0) return [];
  // Asking makes the engine load a directory: no others than those in which something is known to go on.
  const directories = new Set([...sessions.directories(), ...(directory === undefined ? [] : [directory])]);
  const statuses = await Promise.all([...directories].map((one) => sessions.statuses(one, signal)));
  const running = new Map(statuses.flat());
  return wires.map((wire) => ({ session: decodeSession(wire), running: running.has(wire.id) }));
}

/** The directory is left to the engine, which reads it as it reads all others. */
function matches(wire: WireSession, { workingDirectory: _, ...query }: SessionQuery): boolean {
  return matchesQuery(decodeSession(wire), query);
}

/** The engine knows upper and lower case of plain letters only. */
function forEngine(search: string | undefined): string | undefined {
  return search !== undefined && /^[\x20-\x5b\x5d-\x7e]+$/.test(search) ? search : undefined;
}
