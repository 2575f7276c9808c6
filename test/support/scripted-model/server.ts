import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { type Answer, answerTo } from "./answer.ts";
import { Gates } from "./gates.ts";
import { play } from "./play.ts";
import { Reply } from "./reply.ts";
import type { ModelTurn, Wire } from "./wire.ts";
import { wires } from "./wires.ts";

/** Where to listen, and what to answer without a script. */
export interface ScriptedModelOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** Default `127.0.0.1`. */
  readonly host?: string;
  /** The answer to requests for a summary of the conversation. Default `## Summary\nScripted summary.` */
  readonly summary?: string;
}

/** A request that an engine sent to the model. */
export interface ModelRequest extends ModelTurn, Pick<Answer, "kind" | "step" | "prompt"> {
  /** 0, 1, 2... in order of arrival. */
  readonly index: number;
  /** Which protocol it came in, such as `chat-completions`. */
  readonly wire: string;
  readonly headers: IncomingHttpHeaders;
  /** The JSON body as it came. */
  readonly body: unknown;
  /** Whether the connection was gone before the reply had ended. */
  readonly aborted: boolean;
}

/** A model server whose answers are scripted by the prompts themselves; see `script.ts`. */
export interface ScriptedModel extends AsyncDisposable {
  /** The base URL for a provider that speaks chat completions: `http://127.0.0.1:PORT/v1`. */
  readonly url: string;
  /** `http://127.0.0.1:PORT`; other wires have other paths, see `provider-wires.ts`. */
  readonly origin: string;
  readonly port: number;
  /** All requests so far. The list grows as they come. */
  readonly requests: readonly ModelRequest[];
  /** Lets the replies go on that wait at this gate, now and later. */
  openGate(name: string): void;
  /** Forgets requests, counted attempts (`times`) and open gates. */
  reset(): void;
  /** Ends all connections; resolves when the server and its replies are closed. May be called again. */
  close(): Promise<void>;
}

/** Starts a scripted model in this process. It keeps the process alive until it is closed. */
export async function startScriptedModel(options: ScriptedModelOptions = {}): Promise<ScriptedModel> {
  const { port: wanted = 0, host = "127.0.0.1", summary = "## Summary\nScripted summary." } = options;
  const requests: ModelRequest[] = [];
  const attempts = new Map<string, number>();
  const gates = new Gates();
  const playing = new Set<Promise<void>>();
  let replies = 0;

  const server = createServer((request, response) => {
    const done = handle(request, response).finally(() => playing.delete(done));
    playing.add(done);
  });
  // An engine reuses idle connections; closing one just as it does so would look like a network failure.
  server.keepAliveTimeout = 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const method = request.method ?? "GET";
    const wire = wires.find((candidate) => candidate.accepts(method, pathname));
    const reply = new Reply(response, wire?.contentType ?? "application/json");
    try {
      if (wire) await answer(wire, pathname, request, response, reply);
      else if (pathname === "/v1/models") reply.json(200, models);
      else reply.json(404, { error: { message: `No such route: ${method} ${pathname}` } });
    } catch (error) {
      // 400 and not 500: engines try again after a 500, and a wrong script stays wrong.
      if (!response.headersSent) reply.json(400, { error: { message: `scripted model: ${error}` } });
      else response.destroy();
    }
  }

  async function answer(
    wire: Wire,
    pathname: string,
    request: IncomingMessage,
    response: ServerResponse,
    reply: Reply,
  ) {
    const body: unknown = JSON.parse((await text(request)) || "{}");
    const turn = wire.read(body, pathname);
    const { directives, ...asked } = answerTo(turn, summary);
    const record = {
      ...turn,
      ...asked,
      index: requests.length,
      wire: wire.id,
      headers: request.headers,
      body,
      aborted: false,
    };
    requests.push(record);
    response.once("close", () => {
      record.aborted = !response.writableEnded;
    });

    const head = { number: ++replies, model: turn.model };
    if (!turn.streamed) {
      const said = directives.map((directive) => (directive.type === "text" ? directive.text : ""));
      return reply.json(200, wire.inOnePiece(head, said.join("")));
    }
    const attempt = (use: string) => {
      const key = `${use} ${asked.step}\n${asked.prompt}`;
      const count = (attempts.get(key) ?? 0) + 1;
      attempts.set(key, count);
      return count;
    };
    await play(directives, { wire, encoder: wire.encode(head), reply, gates, attempt });
  }

  async function close(): Promise<void> {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
    await Promise.all(playing);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wanted, host, resolve);
  });
  // `address()` is a string for pipes only.
  const { port } = server.address() as AddressInfo;

  const origin = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  return {
    url: `${origin}/v1`,
    origin,
    port,
    requests,
    openGate: (name) => gates.open(name),
    reset() {
      requests.length = 0;
      attempts.clear();
      gates.reset();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

const models = { object: "list", data: [{ id: "scripted", object: "model" }] };
