import type { RequestHandler } from "msw";
import { createEngineClient } from "../create-engine-client.ts";
import type { EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { createV1Handler } from "../server/handler.ts";
import { type V1Route, v1Routes } from "../v1/paths.ts";

// Handlers are made at once, so it must be here by then; but who wants only the mock engine need not have it.
const msw = await import("msw").catch((cause: unknown) => ({ http: undefined, cause }));

export interface HandlersOptions {
  /** Where the server seems to be; a path prefix is allowed. Default: `"http://127.0.0.1:4096"`. */
  readonly baseUrl?: string | undefined;
  /**
   * Only the six routes that every server must have; the others are missing, as in a small server in another language.
   * Default: false.
   */
  readonly coreOnly?: boolean | undefined;
  /** The longest silence on an event stream, in milliseconds. Default: 10000. */
  readonly heartbeatMs?: number | undefined;
}

/**
 * Makes [MSW](https://mswjs.io) request handlers that answer as a server of the `/v1` contract does, so that an
 * application can be tested with its real client and no server. Behind them is any engine: mostly
 * `createMockEngine(script)`, which plays what the test wants to see. They work in Node and in browsers, and keep no
 * process alive. `msw` is an optional peer dependency. A client that is passed instead of a driver stays the caller's: it
 * is not disposed of here.
 *
 * @example
 * ```ts
 * import { OpenCodeClient } from "@quantumreef/engine-client";
 * import { createHandlers, createMockEngine } from "@quantumreef/engine-client/testing";
 * import { setupServer } from "msw/node";
 *
 * const engine = createMockEngine(() => [{ text: "Hello" }]);
 * const server = setupServer(...createHandlers(engine));
 * server.listen();
 *
 * const client = new OpenCodeClient({ protocol: "v1" });
 * const session = await client.session.create();
 * assert.equal(await client.session.prompt(session, "Hi").text(), "Hello");
 *
 * await client.dispose();
 * server.close();
 * ```
 * @throws EngineError `UNSUPPORTED` where `msw` is not installed
 */
export function createHandlers(
  engine: EngineDriver | ManagedEngineClient,
  options: HandlersOptions = {},
): RequestHandler[] {
  if (msw.http === undefined) {
    const message =
      "createHandlers() makes handlers for MSW, which is not installed: npm install --save-dev msw";
    throw new EngineError("UNSUPPORTED", message, { cause: msw.cause });
  }
  const { http } = msw;
  const methods = { GET: http.get, POST: http.post, PATCH: http.patch, DELETE: http.delete };
  const { coreOnly = false, heartbeatMs } = options;
  const baseUrl = (options.baseUrl ?? "http://127.0.0.1:4096").replace(/\/+$/, "");
  // Nothing of it is left when nobody asks any more: an engine in memory has neither sockets nor timers.
  const client = "connect" in engine && "session" in engine ? engine : createEngineClient(engine);
  const prefix = new URL(baseUrl).pathname.replace(/\/$/, "");
  const handle = createV1Handler(client, { prefix, heartbeatMs });
  const routes: readonly V1Route[] = Object.values(v1Routes);
  const served = routes.filter(({ optional = false }) => !(optional && coreOnly));
  return [
    ...served.map(({ method, path }) => methods[method](baseUrl + path, ({ request }) => handle(request))),
    http.all(`${baseUrl}/*`, ({ request }) => (coreOnly ? notFound() : handle(request))),
  ];
}

/** As servers answer that know nothing of the contract's errors. */
function notFound(): Response {
  return new Response("404 page not found", { status: 404 });
}
