import type { IncomingMessage, RequestOptions, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { asyncDispose } from "../../engine/async-dispose.ts";
import { Exchange } from "./exchange.ts";
import type { FaultRule } from "./fault.ts";
import { FaultRules, type InjectedFault } from "./fault-rules.ts";
import { createGate } from "./gate.ts";

export interface FaultProxyOptions {
  /** The server behind it: its base URL, `http:` only. A path is kept: it is part of the proxy's `url` too. */
  readonly target: string | URL;
  /** Where to listen on 127.0.0.1. Default: a free port. */
  readonly port?: number | undefined;
}

/** A proxy between a client and an HTTP server, with the strings to pull while a test runs. */
export interface FaultProxy extends AsyncDisposable {
  /** The base URL for the client. */
  readonly url: string;
  /** How many connections of clients are open. */
  readonly connections: number;
  /** How many bytes of answers have come from the target and are held back by `stall`, `hang` or `hangAll()`. */
  readonly held: number;
  /**
   * From now on this goes wrong, with exchanges that begin after it. An exchange has one fault at the most: of several for it, the one that was injected
   * first. So what is injected with `times: 1`, one after the other, strikes one exchange after the other.
   *
   * @throws RangeError when a number in it makes no sense.
   */
  inject(rule: FaultRule): InjectedFault;
  /** Closes every open connection at once. New ones are welcome. */
  cutAll(): void;
  /** Every connection goes silent, open or new, in both directions: no byte, no FIN, until `heal()`. */
  hangAll(): void;
  /** Ends `hangAll()`: what was held goes on. Faults that were injected stay. */
  heal(): void;
  /**
   * Ends everything: resolves when every connection is closed and no timer is left. May be called again.
   *
   * @throws AggregateError then, with what functions of the rules (`on`, `transform`) have thrown; the clients only saw
   *   their connection closed.
   */
  close(): Promise<void>;
}

/**
 * Starts a proxy on a free port of the loopback, for tests of HTTP clients against broken connections. Without a fault it
 * passes every request and every answer on as it is. Node only.
 *
 * It speaks HTTP/1.1 on both sides. Each request goes to the target on a connection of its own; the client may keep its
 * connection, and the requests on it are served one after another. If the target breaks off an answer or can't be
 * reached, the client's connection is closed at the same byte. Upgrades (WebSocket), trailers and early hints are left
 * out.
 *
 * @throws TypeError when the target is not an `http:` URL.
 *
 * @example
 * ```ts
 * const proxy = await faults.createProxy({ target: "http://127.0.0.1:4096" });
 * const client = new OpenCodeClient({ baseUrl: proxy.url });
 *
 * // The event stream breaks after 1000 bytes, the reconnect meets a 503, then all is well.
 * const cut = proxy.inject({ on: "/global/event", type: "cut", after: 1000, times: 1 });
 * proxy.inject({ on: "/global/event", type: "respond", status: 503, headers: { "retry-after": "1" }, times: 1 });
 *
 * const session = await client.session.create();
 * const text = await client.session.prompt(session, "Hi").text();
 * assert.equal(cut.hits, 1);
 *
 * await client.dispose();
 * await proxy.close();
 * ```
 */
export async function createFaultProxy({ target, port = 0 }: FaultProxyOptions): Promise<FaultProxy> {
  const { protocol, hostname, port: targetPort, pathname } = new URL(target);
  if (protocol !== "http:") throw new TypeError(`The target must be an http: URL, got ${target}`);
  const [http, net] = await Promise.all([import("node:http"), import("node:net")]);

  const rules = new FaultRules();
  const gate = createGate();
  const exchanges = new Set<Exchange>();
  // Each with the exchange that it is busy with.
  const clients = new Map<Socket, Promise<void>>();
  const upstream = new Set<Socket>();

  const connect = (): Socket => {
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket = net.connect({ host, port: Number(targetPort || 80), noDelay: true });
    upstream.add(socket);
    return socket.on("error", () => {}).once("close", () => upstream.delete(socket));
  };

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    // The exchange before it may have been the last on this connection.
    if (!request.socket.writable) return;
    const { method = "", url: path = "", headers } = request;
    const ask = (options: RequestOptions) => http.request({ ...options, createConnection: connect });
    try {
      const claim = rules.claimExchange({ method, path, headers });
      const exchange = new Exchange({ request, response, claim, gate, ask });
      exchanges.add(exchange);
      await exchange.run();
      exchanges.delete(exchange);
    } catch {
      // A function of a rule has thrown; `close` tells.
      request.socket.destroy();
    }
  };

  const accept = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    const busy = clients.get(socket);
    if (busy)
      clients.set(
        socket,
        busy.then(() => serve(request, response)),
      );
  };

  // No limit of its own: what is slow or silent is the test's affair.
  const server = http.createServer({ keepAliveTimeout: 0, requestTimeout: 0, headersTimeout: 0 }, accept);
  server.on("checkContinue", accept);
  server.on("clientError", (_, socket) => socket.destroy());
  let isClosing = false;
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    // It was made before the port was given up, and is told of only now: nobody would close it.
    if (isClosing) return void socket.destroy();
    const refusal = rules.claimConnection();
    if (!refusal) {
      clients.set(socket, Promise.resolve());
      socket.once("close", () => clients.delete(socket));
      return;
    }
    refusal.hit();
    if (refusal.fault.reset) socket.resetAndDestroy();
    else socket.destroy();
  });

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  const listening = typeof address === "object" && address ? address.port : port;

  const cutAll = (): void => {
    for (const socket of [...clients.keys(), ...upstream]) socket.destroy();
    // They have nobody left to hold anything back from.
    for (const exchange of exchanges) exchange.release();
  };

  const close = async (): Promise<void> => {
    isClosing = true;
    const sockets = [...clients.keys(), ...upstream];
    const closed = sockets.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    closed.push(new Promise((resolve) => server.close(resolve)));
    cutAll();
    gate.open();
    await Promise.all(closed);
    if (rules.failures.length > 0) {
      throw new AggregateError(rules.failures, "A function of a fault has thrown");
    }
  };

  return {
    url: `http://127.0.0.1:${listening}${pathname.replace(/\/$/, "")}`,
    get connections() {
      return clients.size;
    },
    get held() {
      return [...exchanges].reduce((sum, exchange) => sum + exchange.held, 0);
    },
    inject: (rule) => rules.inject(rule),
    cutAll,
    hangAll: gate.shut,
    heal: gate.open,
    close,
    [asyncDispose]: close,
  };
}
