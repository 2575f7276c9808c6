/**
 * A small engine of its own kind, as a server: what it is asked decides what it says. It knows nothing of this package.
 *
 *     node examples/custom-adapter/engine.ts
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

export interface Chat {
  readonly id: string;
  readonly title: string;
  readonly created: number;
  updated: number;
  busy: boolean;
  /** How its last answer ended. */
  last?: Ending;
}

export type Ending = "said" | "stopped" | "failed";

export interface Entry {
  readonly id: string;
  readonly chat: string;
  /** The entry of the person that it answers; of a person's, itself. */
  readonly question: string;
  readonly who: "person" | "engine";
  text: string;
  readonly created: number;
  done?: number;
  ending?: Ending;
}

/** What its feed tells, one line of JSON each. */
export type News =
  | { readonly kind: "beat" }
  | { readonly kind: "chat"; readonly chat: Chat }
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "word"; readonly chat: string; readonly entry: string; readonly word: string };

/** Listens on a free port of this machine. */
export async function startEngine(port = 0): Promise<{ readonly url: string; close(): Promise<void> }> {
  const chats = new Map<
    string,
    { chat: Chat; entries: Entry[]; queue: Promise<void>; stop: AbortController }
  >();
  const listeners = new Set<ServerResponse>();
  const tell = (news: News) => {
    for (const listener of listeners) listener.write(`${JSON.stringify(news)}\n`);
  };

  const answer = async (id: string, question: Entry) => {
    const { chat, entries, stop } = chats.get(id) ?? {};
    if (chat === undefined || entries === undefined || stop === undefined) return;
    const [, act, said = ""] = /^(\w+) ?(.*)$/s.exec(question.text) ?? [];
    const entry: Entry = {
      id: crypto.randomUUID(),
      chat: id,
      question: question.id,
      who: "engine",
      text: "",
      created: Date.now(),
    };
    Object.assign(chat, { busy: true, updated: Date.now() });
    tell({ kind: "chat", chat });
    entries.push(question, entry);
    tell({ kind: "entry", entry: question });
    tell({ kind: "entry", entry });
    for (const word of said.match(/\s*\S+\s*/g) ?? []) {
      if (stop.signal.aborted) break;
      entry.text += word;
      tell({ kind: "word", chat: id, entry: entry.id, word });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    if (act === "wait" && !stop.signal.aborted)
      await new Promise((resolve) => stop.signal.addEventListener("abort", resolve, { once: true }));
    entry.ending = stop.signal.aborted ? "stopped" : act === "fail" ? "failed" : "said";
    entry.done = Date.now();
    tell({ kind: "entry", entry });
    Object.assign(chat, { busy: false, last: entry.ending, updated: Date.now() });
    tell({ kind: "chat", chat });
  };

  const route = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [, place, id = "", what] = (request.url ?? "").split("/");
    const reply = (status: number, body: unknown): void => {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    };
    const body = request.method === "POST" ? JSON.parse((await text(request)) || "{}") : {};
    if (place === "info") return reply(200, { version: "1.0.0" });
    if (place === "feed") {
      response.writeHead(200, { "content-type": "application/x-ndjson" });
      listeners.add(response.on("close", () => listeners.delete(response)));
      response.write('{"kind":"beat"}\n');
      return;
    }
    if (place === "chats" && id === "") {
      if (request.method === "GET")
        return reply(
          200,
          [...chats.values()].map(({ chat }) => chat),
        );
      const now = Date.now();
      const chat: Chat = {
        id: crypto.randomUUID(),
        title: body.title ?? "",
        created: now,
        updated: now,
        busy: false,
      };
      chats.set(chat.id, { chat, entries: [], queue: Promise.resolve(), stop: new AbortController() });
      tell({ kind: "chat", chat });
      return reply(201, chat);
    }
    const found = chats.get(id);
    if (found === undefined) return reply(404, { problem: `There is no chat ${id}.` });
    if (what === "entries") return reply(200, found.entries);
    if (what === "stop") {
      if (found.chat.busy) found.stop.abort();
      return reply(200, {});
    }
    const question: Entry = {
      id: crypto.randomUUID(),
      chat: id,
      question: "",
      who: "person",
      text: body.text,
      created: Date.now(),
    };
    Object.assign(question, { question: question.id, done: question.created });
    reply(202, { id: question.id });
    found.queue = found.queue.then(() => {
      found.stop = new AbortController();
      return answer(id, question);
    });
  };

  const server = createServer((request, response) => {
    route(request, response).catch((error: unknown) => response.writeHead(400).end(String(error)));
  });
  const beats = setInterval(tell, 2_000, { kind: "beat" } satisfies News);
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address();
  const url = `http://127.0.0.1:${typeof address === "object" && address !== null ? address.port : port}`;
  return {
    url,
    async close() {
      clearInterval(beats);
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

if (import.meta.main) console.log(`The engine listens on ${(await startEngine(5000)).url}`);
