import type { EngineConnection, SessionSnapshot } from "../engine/driver.ts";
import type { SessionStore } from "./session-store.ts";

/** What the engine has on record now. */
export interface Truth {
  readonly snapshots: readonly SessionSnapshot[];
  /** Sessions of the store that the engine no longer has. */
  readonly gone: readonly string[];
}

/** Reads what may have been missed: the sessions of the store or all of the engine, with the messages of those at work. */
export async function readTruth(
  connection: EngineConnection,
  store: SessionStore,
  all: boolean,
  signal: AbortSignal,
): Promise<Truth> {
  const states = [...store.all()];
  const known = states.map(({ session }) => session.id);
  const busy = states
    .filter(({ openTurns, session }) => openTurns.size > 0 || session.status === "running")
    .map(({ session }) => session.id);
  const read = async (sessionIds: readonly string[] | undefined) => {
    if (sessionIds?.length === 0) return [];
    const withMessages = busy.filter((id) => sessionIds === undefined || sessionIds.includes(id));
    const snapshots = await connection.snapshot({ sessionIds, withMessages, signal });
    // The connection dropped again meanwhile: what a driver answers all the same is old.
    signal.throwIfAborted();
    return snapshots;
  };
  const missingIn = (snapshots: readonly SessionSnapshot[]) => {
    const told = new Set(snapshots.map(({ session }) => session.id));
    return known.filter((id) => !told.has(id));
  };
  const listed = await read(all ? undefined : known);
  // A list may not have everything (older releases list one directory): who is asked for by name and missing is gone.
  const named = all ? await read(missingIn(listed)) : [];
  const snapshots = [...listed, ...named];
  return { snapshots, gone: missingIn(snapshots) };
}
