// A consumer of the browser-safe entry, compiled against the published types with nothing but `es2022` and `dom`.
import {
  createEngineClient,
  type EngineClient,
  type EngineDriver,
  EngineError,
  type EngineEvent,
  type ManagedEngineClient,
  type Message,
  OpenCodeClient,
  type PromptEvent,
  type MessageEvent as PromptMessageEvent,
  type Session,
  sessionMachine,
} from "@quantumreef/engine-client";

const now = Date.now();
const session: Session = {
  id: "s1",
  title: "One",
  engineId: "acme",
  createdAt: now,
  updatedAt: now,
  status: "idle",
};
const answer: Message = {
  id: "m1",
  sessionId: "s1",
  role: "assistant",
  content: { type: "text", text: "Hello" },
  createdAt: now,
};

/** An adapter written by hand, in the published shape: `prompt` is an async generator. */
export class AcmeClient implements EngineClient {
  readonly id = "acme";
  readonly name = "Acme";
  readonly version = "1.0.0";
  readonly session = {
    list: async (): Promise<Session[]> => [session],
    create: async (opts?: { title?: string; model?: string }): Promise<Session> => ({
      ...session,
      title: opts?.title ?? session.title,
    }),
    get: async (id: string): Promise<Session> => ({ ...session, id }),
    messages: async (_id: string): Promise<Message[]> => [answer],
    async *prompt(id: string, prompt: string): AsyncGenerator<PromptMessageEvent> {
      yield { type: "text_delta", delta: prompt };
      yield { type: "message_done", message: { ...answer, sessionId: id } };
    },
    abort: async (_id: string): Promise<void> => {},
    summarize: async (_id: string): Promise<string> => "",
  };
  readonly message = { create: async (): Promise<Message> => answer };
  readonly events = {
    subscribe(handler: (event: EngineEvent) => void) {
      handler({ type: "session_created", session });
      return () => {};
    },
  };
  readonly permissions = { reply: async (): Promise<void> => {} };
  async health() {
    return { ok: true, latencyMs: 1 };
  }
  async dispose() {}
}

export const acme: EngineClient = new AcmeClient();
export const managed = (driver: EngineDriver): ManagedEngineClient => createEngineClient(driver);

export async function converse(): Promise<string> {
  const client = new OpenCodeClient({ baseUrl: "http://127.0.0.1:4096" });
  const core: EngineClient = client;
  const stop = core.events.subscribe((event) => {
    if (event.type === "permission_requested") void client.permissions.reply(event, "allow_session");
  });
  try {
    const created = await client.session.create({ title: "Validation", workingDirectory: undefined });
    let text = "";
    for await (const event of client.session.prompt(created, "Add input validation")) text += textOf(event);
    const { status, usage } = await client.session.prompt(created.id, "And tests").settled();
    return `${text} ${status} ${usage?.outputTokens ?? 0} ${await client.session.prompt(created, "Sum up").text()}`;
  } catch (error) {
    if (EngineError.is(error, "SESSION_NOT_FOUND")) return `gone: ${error.sessionId ?? ""}`;
    throw error;
  } finally {
    stop();
    await client.dispose();
  }
}

function textOf(event: PromptEvent): string {
  switch (event.type) {
    case "text_delta":
      return event.delta;
    case "tool_call_result":
      return event.toolCall.name;
    case "error":
      return event.cause.message;
    default:
      return "";
  }
}

export const next: "running" = sessionMachine.transition("idle", "prompt_started");

/** A store for a user interface: what `useSyncExternalStore` takes. */
export const store = ({ registry }: ManagedEngineClient) =>
  [registry.subscribe, registry.getSnapshot] as const;
