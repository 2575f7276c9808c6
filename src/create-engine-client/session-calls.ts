import type { RevertOptions } from "../engine/call-options.ts";
import type { EngineConnection } from "../engine/driver.ts";
import type { DriverSession } from "../engine/driver-events.ts";
import type { ListedSession } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { Message } from "../engine/message.ts";
import { type Session, type SessionChanges, type SessionRevert, toSessionId } from "../engine/session.ts";
import { readToolCalls } from "../engine/tool-calls.ts";
import type { EventHub } from "../hub/event-hub.ts";
import { insist } from "../hub/insist.ts";
import type { Link } from "../hub/link.ts";
import type { Registry } from "../hub/registry.ts";
import { messageOf } from "../lifecycle/message-state.ts";
import { restoreMessages } from "../lifecycle/restore-messages.ts";
import { followed } from "./follow.ts";
import { allSessions, listSessions, newestFirst, sessionPage } from "./listing.ts";
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
  | "list"
  | "all"
  | "page"
  | "update"
  | "delete"
  | "fork"
  | "revert"
  | "unrevert"
  | "children"
  | "todo"
  | "messages"
  | "toolCalls"
>;

/** What is done with sessions as a whole. */
export function createSessionCalls(context: SessionCallsContext): SessionCalls {
  const { link, hub, registry, optional, toSession } = context;
  /** When the mirror has it too. */
  const shown = (id: string, signal: AbortSignal) => async (session: DriverSession) => {
    await followed(hub, registry, signal, () => {
      const known = registry.get(id);
      return known === undefined || sameRevert(known.revert, session.revert);
    });
    return toSession({ session });
  };
  return {
    list: async (options = {}) => listSessions(link, toSession, options),
    all: (options = {}) => allSessions(link, toSession, options),
    page: async (options = {}) => sessionPage(link, toSession, options),
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
    revert: async (session, options) => {
      const id = toSessionId(session);
      const { signal, messageId, partId } = checkRevert(options);
      return optional.call("revert", signal, (connection, scope) =>
        // Done twice it is the same.
        insistIf(connection.revertSession?.bind(connection), scope, (revert) =>
          revert(id, { signal: scope, messageId, partId }).then(shown(id, scope)),
        ),
      );
    },
    unrevert: async (session, { signal } = {}) => {
      const id = toSessionId(session);
      return optional.call("revert", signal, (connection, scope) =>
        insistIf(connection.unrevertSession?.bind(connection), scope, (unrevert) =>
          unrevert(id, { signal: scope }).then(shown(id, scope)),
        ),
      );
    },
    children: (session, { signal } = {}) =>
      link.use(signal, async (connection, scope) => {
        const children = await childrenOf(toSessionId(session), connection, scope);
        return newestFirst(children).map(toSession);
      }),
    messages: (session, { signal } = {}) =>
      link.use(signal, (connection, scope) => messagesOf(toSessionId(session), connection, scope)),
    toolCalls: (session, { signal, tree = false } = {}) =>
      link.use(signal, (connection, scope) =>
        readToolCalls(toSessionId(session), tree, {
          messages: (id) => messagesOf(id, connection, scope),
          children: async (id) => (await childrenOf(id, connection, scope)).map((child) => child.session),
        }),
      ),
    todo: (session, { signal } = {}) =>
      optional.call("todo", signal, (connection, scope) =>
        connection.todo?.(toSessionId(session), { signal: scope }),
      ),
  };
}

async function messagesOf(
  sessionId: string,
  connection: EngineConnection,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  return restoreMessages(await connection.messages(sessionId, { signal })).map(messageOf);
}

async function childrenOf(
  sessionId: string,
  connection: EngineConnection,
  signal: AbortSignal,
): Promise<readonly ListedSession[]> {
  if (connection.children !== undefined) return connection.children(sessionId, { signal });
  const snapshots = await connection.snapshot({ withMessages: [], signal });
  if (snapshots.some(({ session }) => session.id === sessionId)) {
    return snapshots.filter(({ session }) => session.parentId === sessionId);
  }
  throw new EngineError("SESSION_NOT_FOUND", `There is no session ${sessionId}.`, { sessionId });
}

/** `undefined`: the driver has no such call. */
function insistIf<Call, T>(
  call: Call | undefined,
  signal: AbortSignal,
  work: (call: Call) => Promise<T>,
): Promise<T> | undefined {
  return call && insist(signal, () => work(call));
}

/** @throws EngineError `INVALID_REQUEST`: code without types can leave out what is to be taken back */
function checkRevert(options: RevertOptions | undefined): RevertOptions {
  if (typeof options?.messageId === "string") return options;
  const message = "What is taken back begins with a message: revert(session, { messageId }).";
  throw new EngineError("INVALID_REQUEST", message);
}

function sameRevert(a: SessionRevert | undefined, b: SessionRevert | undefined): boolean {
  return a?.messageId === b?.messageId && a?.partId === b?.partId;
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
