import type { ListedSession } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { type Session, type SessionChanges, toSessionId } from "../engine/session.ts";
import type { EventHub } from "../hub/event-hub.ts";
import { insist } from "../hub/insist.ts";
import type { Link } from "../hub/link.ts";
import type { Registry } from "../hub/registry.ts";
import { followed } from "./follow.ts";
import { allSessions, listSessions, newestFirst } from "./listing.ts";
import type { OptionalCalls } from "./optional.ts";

export interface SessionCallsContext {
  readonly link: Link;
  readonly hub: EventHub;
  readonly registry: Registry;
  readonly optional: OptionalCalls;
  /** With what the mirror knows of it besides. */
  toSession(listed: Pick<ListedSession, "session"> & Partial<ListedSession>): Session;
}

type SessionCalls = Pick<
  ManagedEngineClient["session"],
  "list" | "all" | "update" | "delete" | "fork" | "children" | "todo"
>;

/** What is done with sessions as a whole. */
export function createSessionCalls(context: SessionCallsContext): SessionCalls {
  const { link, hub, registry, optional, toSession } = context;
  return {
    list: async (options = {}) => listSessions(link, toSession, options),
    all: (options = {}) => allSessions(link, toSession, options),
    update: async (session, changes, { signal } = {}) => {
      const id = toSessionId(session);
      checkChanges(changes);
      const told = await optional.call("updateSession", signal, (connection, scope) => {
        if (connection.updateSession === undefined) return undefined;
        return insist(scope, async () => {
          const updated = await connection.updateSession?.(id, changes, { signal: scope });
          await followed(hub, registry, scope, () => shows(registry.get(id), changes));
          return updated;
        });
      });
      if (told === undefined) throw optional.unsupported("updateSession");
      return toSession({ session: told });
    },
    delete: (session, { signal } = {}) => {
      const id = toSessionId(session);
      return optional.call("deleteSession", signal, (connection, scope) => {
        if (connection.deleteSession === undefined) return undefined;
        return insist(scope, async (attempt) => {
          try {
            await connection.deleteSession?.(id, { signal: scope });
          } catch (error) {
            // An attempt before this one was taken, and only its confirmation was lost.
            if (attempt === 0 || !EngineError.is(error, "SESSION_NOT_FOUND")) throw error;
          }
          await followed(hub, registry, scope, () => registry.get(id) === undefined);
        });
      });
    },
    fork: (session, { signal, messageId } = {}) =>
      optional.call("fork", signal, (connection, scope) =>
        connection.forkSession?.(toSessionId(session), { signal: scope, messageId }).then(async (forked) => {
          await followed(hub, registry, scope, () => registry.get(forked.id) !== undefined);
          return toSession({ session: forked });
        }),
      ),
    children: (session, { signal } = {}) =>
      link.use(signal, async (connection, scope) => {
        const id = toSessionId(session);
        if (connection.children !== undefined) {
          return newestFirst(await connection.children(id, { signal: scope })).map(toSession);
        }
        const snapshots = await connection.snapshot({ withMessages: [], signal: scope });
        if (snapshots.some((one) => one.session.id === id)) {
          return newestFirst(snapshots.filter((one) => one.session.parentId === id)).map(toSession);
        }
        throw new EngineError("SESSION_NOT_FOUND", `There is no session ${id}.`, { sessionId: id });
      }),
    todo: (session, { signal } = {}) =>
      optional.call("todo", signal, (connection, scope) =>
        connection.todo?.(toSessionId(session), { signal: scope }),
      ),
  };
}

/** Has it taken in the changes? What is not mirrored has nothing to take in. */
function shows(session: Session | undefined, changes: SessionChanges): boolean {
  if (session === undefined) return true;
  const { title = session.title, archived = session.archived, starred = session.starred } = changes;
  return (
    session.title === title &&
    Boolean(session.archived) === Boolean(archived) &&
    Boolean(session.starred) === Boolean(starred)
  );
}

/** @throws EngineError `INVALID_REQUEST`: code without types can pass anything */
function checkChanges(changes: SessionChanges): void {
  const kinds = { title: "string", archived: "boolean", starred: "boolean" } as const;
  for (const [name, kind] of Object.entries(kinds)) {
    const value: unknown = Reflect.get(Object(changes), name);
    if (value === undefined || typeof value === kind) continue;
    throw new EngineError("INVALID_REQUEST", `The change ${name} of a session must be a ${kind}.`);
  }
}
