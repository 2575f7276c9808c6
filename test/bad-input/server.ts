import { once } from "node:events";
import http, { type IncomingMessage, type ServerResponse } from "node:http";
import net, { type Socket } from "node:net";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/** One request as the server saw it. */
export interface Seen {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** The response ended, or the client went away. */
  readonly closed: Promise<unknown>;
}

export interface TestServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  /** Resolves with the first request of such a route (as in `"GET /session"`), as soon as it was seen. */
  request(route: string): Promise<Seen>;
  /**
   * Stops listening, and resolves when nobody holds anything open here: sockets without a request (idle keep-alive)
   * are closed from this side, every other one must be closed by the client.
   */
  left(): Promise<void>;
  /** Closes everything by force. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server on a port of its own that answers as it is told, and knows what is still open. */
export async function startServer(handler: Handler): Promise<TestServer> {
  const seen: Seen[] = [];
  const waiting = new Set<() => void>();
  /** Every socket, with the requests on it that are not over. */
  const sockets = new Map<Socket, Set<ServerResponse>>();
  const server = http.createServer((request, response) => {
    const { method = "", url = "", headers, socket } = request;
    sockets.get(socket)?.add(response);
    response.once("close", () => sockets.get(socket)?.delete(response));
    seen.push({ method, path: url, headers, closed: once(response, "close") });
    for (const look of waiting) look();
    handler(request, response);
  });
  server.on("connection", (socket: Socket) => {
    sockets.set(socket, new Set());
    socket.once("close", () => sockets.delete(socket));
  });
  const url = await listen(server);
  return {
    url,
    seen,
    request(route) {
      const { promise, resolve } = Promise.withResolvers<Seen>();
      const look = () => {
        const found = seen.find(({ method, path }) => `${method} ${path.split("?")[0]}` === route);
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
      return promise;
    },
    async left() {
      const done = closed(server);
      for (const [socket, open] of sockets) if (open.size === 0) socket.destroy();
      await done;
    },
    async [Symbol.asyncDispose]() {
      const done = closed(server);
      server.closeAllConnections();
      await done;
    },
  };
}

export interface RawServer {
  readonly url: string;
  /** So far. */
  readonly connections: number;
  /** Stops listening, and resolves when every connection was closed. */
  left(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server of another protocol, or of none. */
export async function startRawServer(onSocket: (socket: Socket) => void): Promise<RawServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = net.createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => {});
    onSocket(socket);
    // A socket that nobody reads does not see that the other end has gone.
    socket.resume();
  });
  const url = await listen(server);
  return {
    url,
    get connections() {
      return connections;
    },
    left: () => closed(server),
    async [Symbol.asyncDispose]() {
      const done = closed(server);
      for (const socket of sockets) socket.destroy();
      await done;
    },
  };
}

/** An address where nothing listens. */
export async function unusedUrl(): Promise<string> {
  const server = net.createServer();
  const url = await listen(server);
  await closed(server);
  return url;
}

async function listen(server: net.Server): Promise<string> {
  await once(server.listen(0, "127.0.0.1"), "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("A server without a port");
  return `http://127.0.0.1:${address.port}`;
}

/** As often as it is asked for. */
async function closed(server: net.Server): Promise<void> {
  await new Promise<void>((resolve) => server.close(() => resolve()));
}
