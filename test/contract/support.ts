import { http } from "msw";
import { setupServer } from "msw/node";
import { expect, it, onTestFinished } from "vitest";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { OpenCodeClient, type OpenCodeClientOptions } from "../../src/opencode/client.ts";
import { createHandlers, type HandlersOptions } from "../../src/testing/handlers.ts";
import {
  createMockEngine,
  type MockEngine,
  type MockEngineOptions,
  type MockScript,
} from "../../src/testing/mock-engine.ts";
import { type V1Route, type V1RouteName, v1Routes } from "../../src/v1/paths.ts";

export const BASE_URL = "http://engine.test:4096";

/** A request as the server got it. */
export interface Sent {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;
  /** The JSON; `undefined` where there is none. */
  readonly body: unknown;
}

export interface Stage {
  readonly client: ManagedEngineClient;
  readonly engine: MockEngine;
  readonly diagnostics: Diagnostic[];
  /** The requests for one route, oldest first. */
  sent(route: V1RouteName): readonly Sent[];
  /** Exchanges the answer of one route. */
  answer(route: V1RouteName, respond: () => Response | Promise<Response>): void;
}

export interface StageOptions extends HandlersOptions {
  readonly script?: MockScript | undefined;
  /** Besides what `offers` has. */
  readonly engine?: MockEngineOptions | undefined;
  readonly client?: OpenCodeClientOptions | undefined;
}

/** What the engine behind the server has, so that it can do whatever the contract carries. */
export const offers = {
  models: [{ id: "acme/large", name: "Large", isDefault: true, variants: ["high"] }],
  providers: [{ id: "acme", name: "Acme", credentials: { source: "login", variables: ["ACME_KEY"] } }],
  agents: [{ id: "build", role: "primary", isDefault: true }],
  commands: [{ name: "review", placeholders: ["$1"] }],
  diff: [{ path: "a.ts", status: "modified", additions: 1, deletions: 0, patch: "+a" }],
  mcpServers: [{ name: "files", status: "connected", toolPrefix: "files_" }],
  capabilities: { reviewEdits: true },
} as const satisfies MockEngineOptions;

/** A server of the contract that answers by a mock engine, and the real client. Both end with the test. */
export function stage({ script, client: clientOptions, ...options }: StageOptions = {}): Stage {
  const requests: Sent[] = [];
  const diagnostics: Diagnostic[] = [];
  const engine = createMockEngine(script, { ...offers, ...options.engine });
  // Looks at every request, and leaves the answer to the others.
  const look = http.all("*", async ({ request }) => {
    requests.push(await readRequest(request));
  });
  const server = setupServer(look, ...createHandlers(engine, { baseUrl: BASE_URL, ...options }));
  server.listen({ onUnhandledFrame: "error" });
  onTestFinished(() => server.close());
  const client = new OpenCodeClient({
    baseUrl: BASE_URL,
    protocol: "v1",
    onDiagnostic: (told) => diagnostics.push(told),
    ...clientOptions,
  });
  onTestFinished(() => client.dispose());
  return {
    client,
    engine,
    diagnostics,
    sent: (route) => requests.filter((request) => isFor(route, request)),
    answer(route, respond) {
      const { method, path } = v1Routes[route];
      const exchange = { GET: http.get, POST: http.post, PATCH: http.patch, DELETE: http.delete }[method];
      server.use(look, exchange(BASE_URL + path, respond));
    },
  };
}

/** What a request without a body is, to the last field; of the headers those that mean something. */
export function plain(method: string, path: string, query: Sent["query"] = {}): Sent {
  const headers = expect.objectContaining({ accept: "application/json" });
  return { method, path, query, headers, body: undefined };
}

/** The same of one that has a body. */
export function withBody(method: string, path: string, body: unknown, accept = "application/json"): Sent {
  const headers = expect.objectContaining({ accept, "content-type": "application/json" });
  return { method, path, query: {}, headers, body };
}

async function readRequest(request: Request): Promise<Sent> {
  const { pathname, searchParams } = new URL(request.url);
  const text = await request.clone().text();
  return {
    method: request.method,
    path: pathname,
    query: Object.fromEntries(searchParams),
    headers: Object.fromEntries(request.headers),
    body: text === "" ? undefined : JSON.parse(text),
  };
}

function isFor(route: V1RouteName, { method, path }: Sent): boolean {
  const pattern = v1Routes[route].path.replaceAll(".", "\\.").replace(/:\w+/, "[^/]+");
  return method === v1Routes[route].method && new RegExp(`^${pattern}$`).test(path);
}

/** The documented failures. */
export const refusals = [
  [400, "INVALID_REQUEST"],
  [401, "AUTH_REQUIRED"],
  [403, "PERMISSION_DENIED"],
  [404, "SESSION_NOT_FOUND"],
  [404, "PERMISSION_NOT_FOUND"],
  [404, "QUESTION_NOT_FOUND"],
  [409, "SESSION_RUNNING"],
  [413, "CONTEXT_OVERFLOW"],
  [413, "INVALID_REQUEST"],
  [429, "RATE_LIMITED"],
  [501, "UNSUPPORTED"],
  [503, "ENGINE_UNAVAILABLE"],
] as const;

const page = "<!doctype html><title>Somewhere else</title>";
const html = { "content-type": "text/html" };
const json = { "content-type": "application/json" };

/** Answers that are none of the contract's. */
export const malformed: readonly (readonly [name: string, make: () => Response])[] = [
  ["a page with 200", () => new Response(page, { headers: html })],
  ["broken JSON", () => new Response('{"id": "ses_1", "tit', { headers: json })],
  ["an empty body", () => new Response("", { headers: json })],
  ["another shape", () => Response.json([{ unexpected: true }])],
  ["another content type", () => new Response("[]", { headers: { "content-type": "text/plain" } })],
  ["an error of another shape", () => Response.json({ message: "No." }, { status: 400 })],
  ["an error without its code", () => Response.json({ error: { message: "No." } }, { status: 409 })],
  ["an error that is a page", () => new Response(page, { status: 500, headers: html })],
];

/** How servers answer that have no such route. */
export const missingRoute: readonly (readonly [name: string, make: () => Response])[] = [
  ["404 and some text", () => new Response("404 page not found", { status: 404 })],
  ["404 and a page", () => new Response(page, { status: 404, headers: html })],
  ["404 and JSON of its own", () => Response.json({ detail: "Not Found" }, { status: 404 })],
  ["405", () => new Response(null, { status: 405 })],
  ["501", () => new Response(null, { status: 501 })],
  ["a page with 200", () => new Response(page, { headers: html })],
  ["some text with 200", () => new Response("hello")],
  [
    "501 as the contract says",
    () => Response.json({ error: { code: "UNSUPPORTED", message: "Not here." } }, { status: 501 }),
  ],
];
/** What of an optional route's answers is no failure: it is missing. */
export const meansMissing = ["UNSUPPORTED", "a page with 200", "another content type"];

export interface FailureOptions {
  /** What a user calls; it must reject. */
  readonly call: (client: ManagedEngineClient) => Promise<unknown>;
  /** Where the answer is not what the call rejects with: other tests say what happens then. */
  readonly except?: readonly string[] | undefined;
}

/** What the health of a server tells that knows nothing of what came to the contract later. */
export const oldHealth = {
  ok: true,
  version: "old",
  capabilities: { storeMessage: true, permissions: true, summarize: true },
};

/** Tests that a route is asked for only where the server says that it has it. Belongs in the route's `describe`. */
export function itIsAnnounced(route: V1RouteName, { call }: Pick<FailureOptions, "call">): void {
  const { capability = "storeMessage" }: V1Route = v1Routes[route];
  const refusal = { code: "UNSUPPORTED", message: expect.stringContaining(`"${capability}"`) };

  it.each([
    ["has the core alone", { coreOnly: true }, undefined],
    ["is an older one, by its health", {}, oldHealth],
    ["says nothing of what it can do", {}, { ok: true }],
    ["says that it can't", {}, { ok: true, capabilities: { [capability]: false } }],
  ])("is UNSUPPORTED and not asked for where the server %s", async (_, options, health) => {
    const { client, answer, sent } = stage(options);
    if (health !== undefined) answer("health", () => Response.json(health));
    await expect(call(client)).rejects.toMatchObject(refusal);
    expect(client.capabilities).toMatchObject({ [capability]: false });
    expect(sent(route)).toEqual([]);
  });

  it.each(missingRoute.filter(([name]) => !name.includes("as the contract says")))(
    "is UNSUPPORTED when the server says that it has it, and answers %s; it is not asked again",
    async (_, make) => {
      const { client, answer, sent } = stage();
      answer(route, make);
      await expect(call(client)).rejects.toMatchObject(refusal);
      await expect(call(client)).rejects.toMatchObject(refusal);
      expect(sent(route)).toHaveLength(1);
    },
  );
}

/** Tests of how a route's failures, and answers that are none, reach the user. Belongs in the route's `describe`. */
export function itFails(route: V1RouteName, { call, except = [] }: FailureOptions): void {
  const stays = (code: string) => !except.includes(code);

  it.each(refusals.filter(([, code]) => stays(code)))("refused with %d: %s", async (status, code) => {
    const { client, answer } = stage();
    const error = { code, message: "The reason in the body.", sessionId: "ses_told" };
    answer(route, () => Response.json({ error }, { status }));
    await expect(call(client)).rejects.toMatchObject({
      name: "EngineError",
      code,
      status,
      message: expect.stringContaining("The reason in the body."),
    });
  });

  it("refused with 429: says when to try again, and does not wait for it", async () => {
    const { client, answer, sent } = stage();
    const error = { code: "RATE_LIMITED", message: "Slow down." };
    const headers = { "retry-after": "3600" };
    answer(route, () => Response.json({ error }, { status: 429, headers }));
    await expect(call(client)).rejects.toMatchObject({ code: "RATE_LIMITED", retryAfterMs: 3_600_000 });
    expect(sent(route)).toHaveLength(1);
  });

  it.each(malformed.filter(([name]) => stays(name)))(
    "answered with %s: INVALID_RESPONSE",
    async (_, make) => {
      const { client, answer } = stage();
      answer(route, make);
      await expect(call(client)).rejects.toMatchObject({ name: "EngineError", code: "INVALID_RESPONSE" });
    },
  );
}
