import type { EngineConnection } from "../engine/driver.ts";
import type { DriverEvent, DriverMessage } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { MockMemory } from "./mock-memory.ts";

export interface MockSessionsContext {
  readonly memory: MockMemory;
  readonly emit: (event: DriverEvent) => void;
  /** What was asked of the mock. */
  readonly calls: string[];
  readonly stop: (sessionId: string) => void;
}

type SessionMethods = Required<
  Pick<EngineConnection, "updateSession" | "deleteSession" | "forkSession" | "todo">
>;

/** What the mock engine does with sessions as a whole. */
export function mockSessions({ memory, emit, calls, stop }: MockSessionsContext): SessionMethods {
  const remove = (sessionId: string): void => {
    for (const { id, parentId } of memory.sessions()) if (parentId === sessionId) remove(id);
    emit({ type: "session_deleted", sessionId });
    stop(sessionId);
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
  const index = messages.findIndex(({ id }) => id === messageId);
  if (index >= 0) return messages.slice(0, index);
  const message = `Session ${sessionId} has no message ${messageId} to fork before.`;
  throw new EngineError("INVALID_REQUEST", message, { engine: "mock", sessionId });
}
