/**
 * An adapter for another engine is one driver. This engine lives in memory and says what it is told.
 *
 *     node --conditions=@quantumreef/source examples/adapter.ts
 */
import {
  type Channel,
  createChannel,
  createEngineClient,
  type DriverEvent,
  type DriverItem,
  type DriverMessage,
  type DriverSession,
  type EngineDriver,
  EngineError,
  type PromptRequest,
} from "@quantumreef/engine-client";

export function echoDriver(): EngineDriver {
  const sessions = new Map<string, { session: DriverSession; messages: DriverMessage[] }>();
  const listeners = new Set<Channel<DriverItem>>();
  const emit = (event: DriverEvent) => {
    for (const listener of listeners) listener.push({ event });
  };
  const find = (id: string) => {
    const found = sessions.get(id);
    if (found === undefined) throw new EngineError("SESSION_NOT_FOUND", `There is no session ${id}.`);
    return found;
  };

  /** One turn, in the order in which an engine tells it. */
  const answer = ({ sessionId, content }: PromptRequest, turnId: string) => {
    const text = typeof content === "string" ? content : "";
    const part = { type: "text", id: crypto.randomUUID(), text } as const;
    const createdAt = Date.now();
    const user: DriverMessage = {
      id: turnId,
      turnId,
      sessionId,
      role: "user",
      createdAt,
      parts: [{ part, complete: true }],
    };
    const assistant: DriverMessage = {
      id: crypto.randomUUID(),
      turnId,
      sessionId,
      role: "assistant",
      createdAt,
    };
    const spoken = { ...part, id: crypto.randomUUID() };
    const where = { sessionId, messageId: assistant.id };
    // Without a stop reason a finished message would count as aborted.
    const done: DriverMessage = { ...assistant, completedAt: Date.now(), stopReason: "stop" };
    find(sessionId).messages.push(user, { ...done, parts: [{ part: spoken, complete: true }] });

    emit({ type: "session_status", sessionId, running: true });
    emit({ type: "message_updated", message: user });
    emit({ type: "message_updated", message: assistant });
    emit({ type: "part_updated", ...where, part: { ...spoken, text: "" }, complete: false });
    for (const delta of text.split(/(?<= )/))
      emit({ type: "part_delta", ...where, partId: spoken.id, delta });
    emit({ type: "part_updated", ...where, part: spoken, complete: true });
    emit({ type: "message_updated", message: done });
    emit({ type: "session_status", sessionId, running: false });
  };

  return {
    id: "echo",
    name: "Echo",
    capabilities: {
      storeMessage: false,
      urlAttachments: false,
      permissions: false,
      reviewEdits: false,
      promptTools: false,
      diff: false,
      summarize: false,
      questions: false,
      updateSession: false,
      unarchive: false,
      deleteSession: false,
      fork: false,
      revert: false,
      todo: false,
      mcp: false,
      models: false,
      commands: false,
      providers: false,
      agents: false,
      variants: false,
      request: false,
    },
    connect: async () => ({
      version: "1.0.0",
      async events({ signal }) {
        // It listens now, not at the first `next()`: what is told in between would be missed.
        const stream = createChannel<DriverItem>({ signal, onReturn: () => listeners.delete(stream) });
        listeners.add(stream);
        return stream;
      },
      close: async () => {},
      health: async () => ({ ok: true, latencyMs: 0 }),
      snapshot: async ({ sessionIds = [...sessions.keys()], withMessages }) =>
        sessionIds.flatMap((id) => {
          const { session, messages } = sessions.get(id) ?? {};
          // One that is not there is left out.
          if (session === undefined) return [];
          const wanted = withMessages.includes(id) ? { messages } : {};
          return [{ session, running: false, permissions: [], ...wanted }];
        }),
      async createSession({ title = "" }) {
        const now = Date.now();
        const session: DriverSession = { id: crypto.randomUUID(), title, createdAt: now, updatedAt: now };
        sessions.set(session.id, { session, messages: [] });
        return session;
      },
      messages: async (sessionId) => find(sessionId).messages,
      async prompt(request) {
        const turnId = crypto.randomUUID();
        const accepted = Promise.resolve();
        // After the receipt was handed out: before that nobody knows the turn.
        setTimeout(answer, 0, request, turnId);
        return { turnId, accepted };
      },
      abort: async () => {},
    }),
  };
}

const client = createEngineClient(echoDriver());
const session = await client.session.create({ title: "Echo" });
for await (const event of client.session.prompt(session, "What you say is what you get.")) {
  if (event.type === "text_delta") process.stdout.write(event.delta);
  if (event.type === "message_done") console.log(`\n${event.status}`);
}
await client.dispose();
