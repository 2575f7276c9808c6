import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

export type FetchHandler = (request: Request) => Promise<Response>;

/** A server on a free port of this machine. */
export interface LocalServer extends AsyncDisposable {
  /** Without a slash at its end. */
  readonly url: string;
}

/** Puts a fetch handler behind node:http. Disposing of the server ends every connection, event streams too. */
export async function serveFetch(handle: FetchHandler): Promise<LocalServer> {
  const server = createServer((request, response) => {
    answer(handle, request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  handle: FetchHandler,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const left = new AbortController();
  // The handler has to hear of a reader who left: nothing else ends an event stream.
  response.once("close", () => left.abort());
  const { status, headers, body } = await handle(await toRequest(request, left.signal));
  response.writeHead(status, Object.fromEntries(headers)).flushHeaders();
  for await (const chunk of body ?? []) response.write(chunk);
  response.end();
}

async function toRequest(request: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const { method = "GET", url = "/", headersDistinct } = request;
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  const body = method === "GET" ? null : await text(request);
  return new Request(`http://${headers.get("host")}${url}`, { method, headers, body, signal });
}
