import type { Server } from "srvx";
import { asyncDispose } from "../engine/async-dispose.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { createV1Handler, type V1HandlerOptions } from "./handler.ts";
import { isLoopback, LOOPBACK_HOSTS } from "./hosts.ts";

export interface ServeV1Options extends Omit<V1HandlerOptions, "signal"> {
  /** 0 takes a free one. Default: 4096, where `OpenCodeClient` looks. */
  readonly port?: number | undefined;
  /** Where to listen. Anything but the loopback needs a `password`. Default: `"127.0.0.1"`. */
  readonly hostname?: string | undefined;
  /** Default: on the loopback its names (`localhost`, `127.0.0.1`, `[::1]`), elsewhere every name. */
  readonly allowedHosts?: readonly string[] | undefined;
}

/** A running server of the `/v1` contract. */
export interface V1Server extends AsyncDisposable {
  /** For `OpenCodeClient`: with the prefix, without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /**
   * Ends the event streams, refuses what is still asked, and lets the port go. Resolves when every connection is
   * closed. The client stays its owner's. May be called again.
   */
  close(): Promise<void>;
}

/** How long a connection may take over its last bytes, in milliseconds. A reader that does not read never takes them. */
const GRACE_MS = 500;

/**
 * Serves any managed client under the `/v1` contract, on Node, Bun and Deno: for programs in other languages, in other
 * processes, in browsers. On the loopback of this machine, unless a password is given.
 *
 * @example
 * ```ts
 * const client = await createOpenCode();
 * const server = await serveV1(client, { port: 4097 });
 * console.log(`curl ${server.url}/v1/session`);
 * ```
 * @throws EngineError `CONFIG_INVALID` for an option that makes no sense, or a network without a password;
 *   `PROCESS_FAILED` when it can't listen there
 */
export async function serveV1(client: ManagedEngineClient, options: ServeV1Options = {}): Promise<V1Server> {
  const { port = 4096, hostname = "127.0.0.1" } = options;
  const place = checkPlace({ port, hostname, password: options.password });
  const { allowedHosts = isLoopback(hostname) ? LOOPBACK_HOSTS : undefined } = options;
  const [closing, forced] = [new AbortController(), new AbortController()];
  const handle = createV1Handler(client, { ...options, allowedHosts, signal: closing.signal });

  const server = await listen(place, forced.signal, async (request) => {
    const response = await handle(request);
    // Nothing comes after these on their connection: it would only stay open, and longer than the server.
    if (closing.signal.aborted || isLast(response)) response.headers.set("connection", "close");
    return response;
  });

  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    closing.abort();
    const end = server.close();
    const timer = setTimeout(() => {
      forced.abort();
      void server.close(true);
    }, GRACE_MS);
    await end.finally(() => clearTimeout(timer));
  };
  const closeOnce = () => {
    closed ??= close();
    return closed;
  };
  const { origin, port: taken } = addressOf(server, hostname);
  const prefix = (options.prefix ?? "").replace(/\/+$/, "");
  return { url: origin + prefix, port: taken, close: closeOnce, [asyncDispose]: closeOnce };
}

interface Place {
  readonly port: number;
  readonly hostname: string;
}

function checkPlace({ port, hostname, password }: Place & { password?: string | undefined }): Place {
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    const message = `The port of the server is ${port}; a whole number from 0 to 65535 is wanted.`;
    throw new EngineError("CONFIG_INVALID", message);
  }
  if (!isLoopback(hostname) && password === undefined) {
    const message = `Whoever reaches ${JSON.stringify(hostname)} could run tools on this machine: give the server a password, or let it listen on "127.0.0.1".`;
    throw new EngineError("CONFIG_INVALID", message);
  }
  return { port, hostname: hostname.replace(/^\[|\]$/g, "") };
}

async function listen(
  { port, hostname }: Place,
  forced: AbortSignal,
  fetch: (request: Request) => Promise<Response>,
): Promise<Server> {
  // Not before there is something to serve: the handler alone runs where no server can be started.
  const { serve } = await import("srvx");
  try {
    const server = serve({
      port,
      hostname,
      fetch,
      silent: true,
      // Signals are for the program to hear.
      gracefulShutdown: false,
      // Bun ends a connection that is silent for 10 s, just as long as a heartbeat takes.
      bun: { idleTimeout: 0 },
      deno: { signal: forced },
    });
    return await server.ready();
  } catch (cause) {
    throw cannotListen({ port, hostname }, cause);
  }
}

function cannotListen({ port, hostname }: Place, cause: unknown): EngineError {
  const message = isTaken(cause)
    ? `Port ${port} of ${hostname} is taken by another program: choose another port, or 0 for a free one.`
    : `Nothing can listen on port ${port} of ${hostname}: ${reasonOf(cause)}.`;
  return new EngineError("PROCESS_FAILED", message, { cause });
}

/** As Node and Bun say it, and as Deno does. */
function isTaken(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false;
  return cause.name === "AddrInUse" || ("code" in cause && cause.code === "EADDRINUSE");
}

/** An event stream, and what was not read to its end. */
function isLast({ status, headers }: Response): boolean {
  return status === 413 || headers.get("content-type") === "text/event-stream";
}

/** Where it is reached from this machine, also if it listens everywhere. */
function addressOf({ url = "" }: Server, hostname: string): Place & { readonly origin: string } {
  const { hostname: told, port } = new URL(url);
  const everywhere: Readonly<Record<string, string>> = { "0.0.0.0": "127.0.0.1", "[::]": "[::1]" };
  const host = everywhere[told] ?? told;
  const taken = port === "" ? 80 : Number(port);
  return { origin: `http://${host}:${taken}`, port: taken, hostname };
}
