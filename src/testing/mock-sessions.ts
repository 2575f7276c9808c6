import type { EngineConnection } from "../engine/driver.ts";
import type { DriverEvent, DriverMessage, DriverSession } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { SessionRevert } from "../engine/session.ts";
import type { MockMemory } from "./mock-memory.ts";

export interface MockSessionsContext {
  readonly memory: MockMemory;
  readonly emit: (event: DriverEvent) => void;
  /** What was asked of the mock. */
  readonly calls: string[];
  readonly stop: (sessionId: string) => void;
  readonly isRunning: (sessionId: string) => boolean;
}

type SessionMethods = Required<
  Pick<
    EngineConnection,
    "updateSession" | "deleteSession" | "forkSession" | "revertSession" | "unrevertSession" | "todo"
  >
>;

/** What the mock engine does with sessions as a whole. */
export function mockSessions({ memory, emit, calls, stop, isRunning }: MockSessionsContext): SessionMethods {
  const remove = (sessionId: string): void => {
    for (const { id, parentId } of memory.sessions()) if (parentId === sessionId) remove(id);
    emit({ type: "session_deleted", sessionId });
    stop(sessionId);
  };

  const setRevert = (sessionId: string, revert: SessionRevert | undefined): DriverSession => {
    if (isRunning(sessionId)) {
      throw new EngineError("SESSION_RUNNING", `Session ${sessionId} is at work.`, {
        engine: "mock",
        sessionId,
      });
    }
    const { revert: _, ...rest } = memory.session(sessionId);
    const session = revert === undefined ? rest : { ...rest, revert };
    emit({ type: "session_updated", session });
    return session;
  };

  return {
    async updateSession(sessionId, { title, archived, starred }) {
      calls.push(`update ${sessionId}`);
      const session = memory.session(sessionId);
      const { archived: wasArchived = false, starred: wasStarred = false, ...rest } = session;
      const changed = {
        ...rest,
        ...(title === undefined ? {} : { title }),
        ...((archived ?? wasArchived) ? { archived: true } : {}),
        ...((starred ?? wasStarred) ? { starred: true } : {}),
      };
      emit({ type: "session_updated", session: changed });
      return changed;
    },
    async deleteSession(sessionId) {
      calls.push(`delete ${sessionId}`);
      memory.session(sessionId);
      remove(sessionId);
    },
    async forkSession(sessionId, { messageId }) {
      calls.push(`fork ${sessionId}`);
      const { title, workingDirectory, model } = memory.session(sessionId);
      const copied = before(memory.messages(sessionId), sessionId, messageId);
      const session = memory.newSession({ title: `${title} (fork)`, workingDirectory, model });
      emit({ type: "session_created", session });
      const newIds = new Map(copied.map(({ id }) => [id, memory.newId("msg")]));
      const renamed = (id: string | undefined) => newIds.get(id ?? "") ?? id;
      for (const message of copied) {
        const { id, turnId } = message;
        const ids = { id: renamed(id) ?? id, turnId: renamed(turnId), sessionId: session.id };
        emit({ type: "message_updated", message: { ...message, ...ids } });
      }
      return session;
    },
    async revertSession(sessionId, { messageId, partId }) {
      calls.push(`revert ${sessionId}`);
      memory.session(sessionId);
      const { turnId = messageId } = find(memory.messages(sessionId), sessionId, messageId, "to take back");
      // There are no files.
      const revert = partId === undefined ? { messageId: turnId } : { messageId, partId };
      return setRevert(sessionId, { ...revert, filesRestored: false });
    },
    async unrevertSession(sessionId) {
      calls.push(`unrevert ${sessionId}`);
      return setRevert(sessionId, undefined);
    },
    async todo(sessionId) {
      memory.session(sessionId);
      return memory.todos(sessionId);
    },
  };
}

function before(
  messages: readonly DriverMessage[],
  sessionId: string,
  messageId: string | undefined,
): readonly DriverMessage[] {
  if (messageId === undefined) return messages;
  return messages.slice(0, messages.indexOf(find(messages, sessionId, messageId, "to fork before")));
}

function find(
  messages: readonly DriverMessage[],
  sessionId: string,
  messageId: string,
  purpose: string,
): DriverMessage {
  const found = messages.find(({ id }) => id === messageId);
  if (found !== undefined) return found;
  const message = `Session ${sessionId} has no message ${messageId} ${purpose}.`;
  throw new EngineError("INVALID_REQUEST", message, { engine: "mock", sessionId });
}

/** What was taken back goes for good when the next prompt comes. */
export function dropReverted(
  sessionId: string,
  { memory, emit }: Pick<MockSessionsContext, "memory" | "emit">,
): void {
  const { revert, ...session } = memory.session(sessionId);
  if (revert === undefined) return;
  const messages = memory.messages(sessionId);
  const from = messages.findIndex(({ id }) => id === revert.messageId);
  const parts = messages[from]?.parts ?? [];
  const kept = revert.partId === undefined ? 0 : 1;
  for (const { id } of messages.slice(from + kept))
    emit({ type: "message_removed", sessionId, messageId: id });
  const gone = kept === 0 ? [] : parts.slice(parts.findIndex(({ part }) => part.id === revert.partId));
  for (const { part } of gone) {
    emit({ type: "part_removed", sessionId, messageId: revert.messageId, partId: part.id });
  }
  emit({ type: "session_updated", session });
}
