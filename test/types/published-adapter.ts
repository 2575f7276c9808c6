import type { EngineClient, EngineEvent, Message, MessageEvent, Session } from "@quantumreef/engine-client";

/** A client as people write it by hand after the published reference: nothing of this package but its types. */
export class PublishedAdapter implements EngineClient {
  readonly id = "acme";
  readonly name = "Acme";
  readonly version = "1.0.0";
  readonly #handlers = new Set<(event: EngineEvent) => void>();
  readonly #sessions = new Map<string, Session>();

  async health() {
    return { ok: true, latencyMs: 1 };
  }

  async dispose() {
    this.#handlers.clear();
  }

  session = {
    list: async () => [...this.#sessions.values()],
    create: async (opts?: { title?: string | undefined; model?: string | undefined }) => {
      const now = Date.now();
      // Optionals may be given as `undefined`, also under `exactOptionalPropertyTypes`.
      const session: Session = {
        id: `s${this.#sessions.size}`,
        title: opts?.title ?? "",
        engineId: this.id,
        createdAt: now,
        updatedAt: now,
        status: "idle",
        model: opts?.model,
        workingDirectory: undefined,
      };
      this.#sessions.set(session.id, session);
      for (const handler of this.#handlers) handler({ type: "session_created", session });
      return session;
    },
    get: async (id: string) => {
      const session = this.#sessions.get(id);
      if (session === undefined) throw new Error(`no session ${id}`);
      return session;
    },
    messages: async (): Promise<Message[]> => [],
    async *prompt(id: string, prompt: string): AsyncGenerator<MessageEvent> {
      yield { type: "text_delta", delta: prompt };
      yield { type: "tool_call_start", toolCall: { id: "c", name: "ls", input: {}, status: "running" } };
      yield { type: "tool_call_result", toolCallId: "c", result: { files: 3 } };
      yield { type: "message_done", message: answer(id, prompt) };
    },
    abort: async () => {},
    summarize: async () => "",
  };

  message = {
    create: async (sessionId: string, content: { text?: string | undefined }) =>
      answer(sessionId, content.text ?? ""),
  };

  events = {
    subscribe: (handler: (event: EngineEvent) => void) => {
      this.#handlers.add(handler);
      return () => {
        this.#handlers.delete(handler);
      };
    },
  };

  permissions = { reply: async () => {} };
}

const answer = (sessionId: string, text: string): Message => ({
  id: "m",
  sessionId,
  role: "assistant",
  content: { type: "text", text },
  createdAt: 0,
});
