// #region errors
import {
  createChannel,
  createEngineClient,
  type DriverCall,
  type DriverEvent,
  type DriverItem,
  type DriverMessage,
  type DriverSession,
  type EngineConnection,
  type EngineDriver,
  EngineError,
  noCapabilities,
} from "@quantumreef/engine-client";
import type { Chat, Ending, Entry, News } from "./engine.ts";

export interface ParrotOptions {
  readonly url: string;
}

/** One call, with the two errors that callers act on. */
async function ask(url: string, { signal, body }: DriverCall & { body?: object } = {}): Promise<Response> {
  const post = body && { method: "POST", body: JSON.stringify(body) };
  const response = await fetch(url, { signal: signal ?? null, ...post }).catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new EngineError("ENGINE_UNAVAILABLE", `${url} can't be reached. Start the engine.`, { cause });
  });
  if (response.ok) return response;
  const { status } = response;
  const code = status === 404 ? "SESSION_NOT_FOUND" : "INVALID_REQUEST";
  throw new EngineError(code, `${url} was refused with ${status}: ${await response.text()}`, { status });
}
// #endregion

// #region decode
const sessionOf = ({ id, title, created, updated }: Chat): DriverSession => ({
  id,
  title,
  createdAt: created,
  updatedAt: updated,
});

const endings = {
  said: { stopReason: "stop" },
  stopped: { error: { code: "PROMPT_ABORTED", message: "It was stopped." } },
  failed: { error: { code: "PROVIDER_ERROR", message: "The engine failed." } },
} as const satisfies Record<Ending, Partial<DriverMessage>>;

const messageOf = ({ id, chat, question, who, text, created, done, ending }: Entry): DriverMessage => ({
  id,
  sessionId: chat,
  turnId: question,
  role: who === "person" ? "user" : "assistant",
  createdAt: created,
  parts: [{ part: { type: "text", id: `${id}.text`, text }, complete: done !== undefined }],
  ...(ending && { completedAt: done, ...endings[ending] }),
});

const restingOf = ({ last }: Chat) => (last === "said" ? "completed" : last === "failed" ? "error" : "idle");

function* eventsOf(news: News): Iterable<DriverEvent> {
  if (news.kind === "chat") {
    yield { type: "session_updated", session: sessionOf(news.chat) };
    yield { type: "session_status", sessionId: news.chat.id, running: news.chat.busy };
  } else if (news.kind === "entry") {
    yield { type: "message_updated", message: messageOf(news.entry) };
  } else if (news.kind === "word") {
    const { chat, entry, word } = news;
    yield { type: "part_delta", sessionId: chat, messageId: entry, partId: `${entry}.text`, delta: word };
  }
}
// #endregion

// #region connection
function connection(
  { url }: ParrotOptions,
  version: string,
  report: { alive(): void; beat(): void },
): EngineConnection {
  const entries = async (id: string, call: DriverCall) => {
    const read: Entry[] = await (await ask(`${url}/chats/${id}/entries`, call)).json();
    return read.map(messageOf);
  };
  return {
    version,
    async events({ signal }) {
      const response = await ask(`${url}/feed`, { signal });
      const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
      const channel = createChannel<DriverItem>({ signal, onReturn: () => void reader?.cancel() });
      const listen = async () => {
        let rest = "";
        for (let read = await reader?.read(); read?.value !== undefined; read = await reader?.read()) {
          report.alive();
          const lines = (rest + read.value).split("\n");
          rest = lines.pop() ?? "";
          for (const line of lines) {
            const news: News = JSON.parse(line);
            if (news.kind === "beat") report.beat();
            for (const event of eventsOf(news)) channel.push({ event });
          }
        }
      };
      listen().then(
        () => channel.close(),
        (error: unknown) => channel.fail(error),
      );
      return channel;
    },
    close: async () => {},
    async health(call) {
      const start = performance.now();
      await ask(`${url}/info`, call);
      return { ok: true, latencyMs: performance.now() - start };
    },
    async snapshot({ sessionIds, withMessages, signal }) {
      const chats: Chat[] = await (await ask(`${url}/chats`, { signal })).json();
      const wanted = chats.filter(({ id }) => sessionIds?.includes(id) ?? true);
      return Promise.all(
        wanted.map(async (chat) => ({
          session: sessionOf(chat),
          running: chat.busy,
          ...(!chat.busy && { resting: restingOf(chat) }),
          ...(withMessages.includes(chat.id) && { messages: await entries(chat.id, { signal }) }),
        })),
      );
    },
    async createSession({ title, signal }) {
      return sessionOf(await (await ask(`${url}/chats`, { signal, body: { title } })).json());
    },
    messages: entries,
    async prompt({ sessionId, content, signal }) {
      const text = typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
      const take = async (): Promise<string> =>
        (await (await ask(`${url}/chats/${sessionId}/ask`, { signal, body: { text } })).json()).id;
      // How the turn is called the engine says when it has taken the prompt.
      return { accepted: take() };
    },
    async abort(sessionId, call) {
      await ask(`${url}/chats/${sessionId}/stop`, { ...call, body: {} });
    },
  };
}
// #endregion

// #region driver
export const parrotDriver = (options: ParrotOptions): EngineDriver => ({
  id: "parrot",
  name: "Parrot",
  capabilities: noCapabilities,
  async connect({ signal, report }) {
    const { version } = await (await ask(`${options.url}/info`, { signal })).json();
    return connection(options, version, report);
  },
});

export const createParrot = (options: ParrotOptions) => createEngineClient(parrotDriver(options));
// #endregion
