import type { DriverItem, EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { SessionSnapshot } from "../engine/driver-requests.ts";
import { hasNothingGoingOn } from "../lifecycle/session-state.ts";
import { sessionOf } from "./session-of.ts";
import type { SessionStore } from "./session-store.ts";

/** So many sessions are asked for one by one; where there are more, a list is cheaper. */
const MANY = 50;

/** What the engine has on record now. */
export interface Truth {
  /** The newest first. */
  readonly snapshots: readonly SessionSnapshot[];
  /** Sessions of the store that the engine no longer has. */
  readonly gone: readonly string[];
}

/** Which sessions are read: every one of the engine, those of the store, or those of the store that are at work. */
export type Extent = "all" | "known" | "at work";

/**
 * Reads what may have been missed, with the messages of the sessions in which something goes on, or went on before.
 * Sessions that began to run beside them, unheard of, are read as well.
 */
export async function readTruth(
  connection: EngineConnection,
  store: SessionStore,
  extent: Extent,
  signal: AbortSignal,
): Promise<Truth> {
  const busy = new Set<string>();
  for (const state of store.active()) if (!hasNothingGoingOn(state)) busy.add(state.session.id);
  const all = extent === "all";
  const known = extent === "at work" ? [...busy] : [...store.sessions].map(({ id }) => id);
  const read = async (
    sessionIds: readonly string[] | undefined,
    withMessages: readonly string[],
    withOthersAtWork = false,
  ) => {
    if (sessionIds?.length === 0) return [];
    const snapshots = await connection.snapshot({ sessionIds, withMessages, withOthersAtWork, signal });
    // The connection dropped again meanwhile: what a driver answers all the same is old.
    signal.throwIfAborted();
    return snapshots;
  };
  const found = new Map<string, SessionSnapshot>();
  const isWanted = new Set(known);
  const take = (snapshots: readonly SessionSnapshot[]) => {
    for (const snapshot of snapshots) {
      const { id } = snapshot.session;
      if (all || snapshot.running || isWanted.has(id)) found.set(id, snapshot);
    }
  };
  const missing = () => known.filter((id) => !found.has(id));

  const isList = all || known.length > MANY;
  take(await read(isList ? undefined : known, [...busy], !isList));
  // A list may not have everything (older releases list one directory): who is asked for by name and missing is gone.
  if (isList) {
    const unlisted = missing();
    take(
      await read(
        unlisted,
        unlisted.filter((id) => busy.has(id)),
      ),
    );
  }
  // Others began to run while nobody listened. Their messages are read now, or what they say would have a hole.
  const running = [...found.values()].filter(({ running, messages }) => running && messages === undefined);
  const unread = running.map(({ session }) => session.id);
  take(await read(unread, unread));
  const snapshots = [...found.values()].sort((a, b) => b.session.updatedAt - a.session.updatedAt);
  return { snapshots, gone: missing() };
}

/**
 * Which of the events that came in while the records were read are in the records already. Told by content: the ids of
 * engines do not sort, and a record does not say which event it is from.
 */
export function toldAlready(
  waiting: readonly DriverItem[],
  snapshots: readonly SessionSnapshot[],
  store: SessionStore,
): ReadonlySet<DriverEvent> {
  const told = new Set<DriverEvent>();
  const snapshotOf = new Map(snapshots.map((snapshot) => [snapshot.session.id, snapshot]));
  const statuses = new Map<string, DriverEvent[]>();
  const goOn = new Set<string>();
  const resolved = new Set<string>();
  for (const { event } of waiting.toReversed()) {
    const sessionId = sessionOf(event);
    const snapshot = sessionId === undefined ? undefined : snapshotOf.get(sessionId);
    if (sessionId === undefined || snapshot === undefined) continue;
    switch (event.type) {
      case "session_created":
      case "session_updated":
        if (event.session.updatedAt < snapshot.session.updatedAt) told.add(event);
        break;
      case "message_updated": {
        const { id, completedAt } = event.message;
        const known =
          store.get(sessionId)?.messages.get(id)?.info ?? snapshot.messages?.find((one) => one.id === id);
        // A message that is complete does not become incomplete again.
        if (known === undefined) goOn.add(sessionId);
        else if (known.completedAt !== undefined && completedAt === undefined) told.add(event);
        break;
      }
      case "session_status":
        statuses.set(sessionId, [...(statuses.get(sessionId) ?? []), event]);
        break;
      case "permission_resolved":
        resolved.add(event.permissionId);
        break;
      case "permission_requested":
        // Asked and answered while nobody could have heard it.
        if (resolved.has(event.request.permissionId)) told.add(event);
        break;
      default:
        break;
    }
  }
  // That an engine was at work is no news of a session that rests, unless it says something that is not on record.
  for (const [sessionId, events] of statuses) {
    const { running, messages } = snapshotOf.get(sessionId) ?? {};
    if (running || goOn.has(sessionId) || isUnanswered(messages)) continue;
    for (const event of events) if (event.type === "session_status" && event.running) told.add(event);
  }
  return told;
}

/** Then an engine that rests has not begun yet, or not ended. */
function isUnanswered(messages: SessionSnapshot["messages"]): boolean {
  const newest = messages?.at(-1);
  return newest !== undefined && (newest.role === "user" || newest.completedAt === undefined);
}
