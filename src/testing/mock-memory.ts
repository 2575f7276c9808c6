import type { DriverEvent, DriverMessage, DriverPart, DriverSession } from "../engine/driver-events.ts";
import type { PromptRequest, SessionSnapshot } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import { toContentList } from "../engine/message.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import type { Todo } from "../engine/todo.ts";
import type { MockClock } from "./mock-clock.ts";

const isPrompt = ({ role }: DriverMessage) => role === "user";

/** What the mock engine has on record: the truth that a client reads again after a gap. */
export class MockMemory {
  readonly #sessions = new Map<string, DriverSession>();
  readonly #messages = new Map<string, Map<string, DriverMessage>>();
  readonly #permissions = new Map<string, PermissionRequest>();
  readonly #todos = new Map<string, readonly Todo[]>();
  readonly #clock: MockClock;

  constructor(clock: MockClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  newId(kind: string): string {
    return `${kind}_${this.now()}`;
  }

  newSession(given: Partial<DriverSession>): DriverSession {
    const createdAt = this.now();
    return { title: "", ...given, id: `ses_${createdAt}`, createdAt, updatedAt: createdAt };
  }

  session(sessionId: string): DriverSession {
    const session = this.#sessions.get(sessionId);
    if (session !== undefined) return session;
    throw new EngineError("SESSION_NOT_FOUND", `There is no session ${sessionId}.`, {
      engine: "mock",
      sessionId,
    });
  }

  has(sessionId: string): boolean {
    return this.#sessions.has(sessionId);
  }

  sessions(): readonly DriverSession[] {
    return [...this.#sessions.values()];
  }

  messages(sessionId: string): readonly DriverMessage[] {
    this.session(sessionId);
    return [...(this.#messages.get(sessionId)?.values() ?? [])];
  }

  /** A message that is there can't be sent again. */
  refuseKnown(sessionId: string, messageId: string): void {
    if (this.#messages.get(sessionId)?.has(messageId) !== true) return;
    const message = `The session has a message ${messageId} already.`;
    throw new EngineError("INVALID_REQUEST", message, { engine: "mock", sessionId });
  }

  todos(sessionId: string): readonly Todo[] {
    return this.#todos.get(sessionId) ?? [];
  }

  setTodos(sessionId: string, todos: readonly Todo[]): void {
    this.#todos.set(sessionId, todos);
  }

  permissions(): readonly PermissionRequest[] {
    return [...this.#permissions.values()];
  }

  /** Nobody waits for an answer to it any more. */
  dropPermission(permissionId: string): void {
    this.#permissions.delete(permissionId);
  }

  userMessage(
    { sessionId, content }: Pick<PromptRequest, "sessionId" | "content">,
    id: string,
  ): DriverMessage {
    this.session(sessionId);
    const parts = toContentList(content).map(({ type, text = "", url, mimeType }): DriverPart => {
      const id = this.newId("prt");
      const isText = type === "text" || url === undefined;
      return { part: isText ? { type: "text", id, text } : { type, id, url, mimeType }, complete: true };
    });
    return { id, sessionId, role: "user", turnId: id, createdAt: this.now(), parts };
  }

  snapshot(
    sessionIds: readonly string[] | undefined,
    withMessages: readonly string[],
    isRunning: (sessionId: string) => boolean,
  ): readonly SessionSnapshot[] {
    const wanted = sessionIds && new Set(sessionIds);
    return this.sessions()
      .filter(({ id }) => wanted === undefined || wanted.has(id))
      .map((session) => ({
        session,
        running: isRunning(session.id),
        permissions: this.permissions().filter(({ sessionId }) => sessionId === session.id),
        messages: withMessages.includes(session.id)
          ? this.messages(session.id)
          : this.#newestTurn(session.id),
      }));
  }

  /** Tells how the session rests. */
  #newestTurn(sessionId: string): readonly DriverMessage[] | undefined {
    const messages = this.messages(sessionId);
    return messages.length === 0 ? undefined : messages.slice(messages.findLastIndex(isPrompt));
  }

  remember(event: DriverEvent): void {
    switch (event.type) {
      case "session_created":
      case "session_updated":
        this.#sessions.set(event.session.id, event.session);
        break;
      case "session_deleted":
        this.#sessions.delete(event.sessionId);
        this.#messages.delete(event.sessionId);
        this.#todos.delete(event.sessionId);
        break;
      case "message_updated": {
        const { message } = event;
        const known = this.#messages.get(message.sessionId) ?? new Map<string, DriverMessage>();
        this.#messages.set(message.sessionId, known);
        known.set(message.id, { parts: known.get(message.id)?.parts ?? [], ...message });
        break;
      }
      case "part_updated": {
        const { part, complete } = event;
        const known = this.#messages.get(event.sessionId);
        const message = known?.get(event.messageId);
        if (known === undefined || message === undefined) break;
        const { parts = [] } = message;
        // It is mostly the last one.
        const index = parts.findLastIndex((told) => told.part.id === part.id);
        const told = { part, complete };
        known.set(message.id, { ...message, parts: index < 0 ? [...parts, told] : parts.with(index, told) });
        break;
      }
      case "message_removed":
        this.#messages.get(event.sessionId)?.delete(event.messageId);
        break;
      case "part_removed": {
        const known = this.#messages.get(event.sessionId);
        const message = known?.get(event.messageId);
        if (known === undefined || message === undefined) break;
        const parts = (message.parts ?? []).filter(({ part }) => part.id !== event.partId);
        known.set(message.id, { ...message, parts });
        break;
      }
      case "permission_requested":
        this.#permissions.set(event.request.permissionId, event.request);
        break;
      case "permission_resolved":
        this.#permissions.delete(event.permissionId);
        break;
    }
  }
}
