import { describe, expect, it } from "vitest";
import { OpenCodeClient, type OpenCodeClientOptions } from "../../src/index.ts";
import { failure } from "../bad-input/failure.ts";
import { body, empty, json, type Routes, session, silent } from "../bad-input/fake-open-code.ts";
import { type Handler, startServer, type TestServer, unusedUrl } from "../bad-input/server.ts";

const page = body(200, "text/html", "<!doctype html><title>OpenCode</title>");
const proxyError = json({ name: "UnknownError", data: { message: "fetch failed" } }, 500);
const v1Session = { id: "s1", title: "One", engineId: "acme", createdAt: 1, updatedAt: 2, status: "idle" };

/** A server of these routes, and what it answers to all others. */
const serving = (routes: Routes, others: Handler) =>
  startServer((request, response) => {
    const { method, url = "" } = request;
    (routes[`${method} ${url.split("?")[0]}`] ?? others)(request, response);
  });

const native: Routes = {
  "GET /global/health": json({ healthy: true, version: "1.18.33" }),
  "GET /experimental/session": json([session]),
  "GET /session/status": json({}),
  "GET /permission": json([]),
};
const { "GET /global/health": _, ...olderNative } = native;
const v1Core: Routes = { "GET /v1/session": json([v1Session]) };
const health = { ok: true, version: "7.1", capabilities: { summarize: false, flying: true } };

const clientOf = (server: Pick<TestServer, "url">, options: OpenCodeClientOptions = {}) =>
  new OpenCodeClient({ baseUrl: server.url, ...options });
const asked = (server: TestServer) => server.seen.map(({ path }) => path.split("?")[0]);

describe("a server is recognised", () => {
  it.each<[string, Routes, Handler, readonly string[], string]>([
    ["as OpenCode by its health", native, page, ["/global/health"], "1.18.33"],
    [
      "as OpenCode 1.0 by its document, where other routes are a web page",
      { ...olderNative, "GET /doc": json({ info: { title: "opencode", version: "1.0.185" } }) },
      page,
      ["/global/health", "/doc"],
      "1.0.185",
    ],
    [
      "as OpenCode 1.0 by its document, where other routes fail in its proxy",
      { ...olderNative, "GET /doc": json({ info: { title: "opencode", version: "1.0.185" } }) },
      proxyError,
      ["/global/health", "/doc"],
      "1.0.185",
    ],
    [
      "as one of /v1 by its health",
      { ...v1Core, "GET /v1/health": json(health), "GET /v1/permission": json([]) },
      empty(404),
      ["/global/health", "/doc", "/v1/health"],
      "7.1",
    ],
    [
      "as one of /v1 by its list, if that is all there is",
      v1Core,
      empty(404),
      ["/global/health", "/doc", "/v1/health", "/v1/session"],
      "unknown",
    ],
    [
      "as one of /v1 behind web pages",
      v1Core,
      page,
      ["/global/health", "/doc", "/v1/health", "/v1/session"],
      "unknown",
    ],
  ])("%s", async (_name, routes, others, probes, version) => {
    await using server = await serving(routes, others);
    await using client = clientOf(server);
    expect(await client.session.list()).toMatchObject([{ title: "One", engineId: "opencode" }]);
    expect(client.version).toBe(version);
    expect(asked(server).slice(0, probes.length)).toEqual(probes);
    expect(asked(server).slice(probes.length)).not.toContain("/global/health");
  });

  it("not by a document of another program, nor by a list of something else", async () => {
    const doc = json({ info: { title: "pet store", version: "1" } });
    await using server = await serving({ "GET /doc": doc, "GET /v1/session": json([{ id: 1 }]) }, page);
    const error = await failure(clientOf(server).session.list());
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", retryable: false, status: 200 });
    expect(asked(server)).toEqual(["/global/health", "/doc", "/v1/health", "/v1/session"]);
  });
});

describe("protocol", () => {
  it("v1 asks nothing of the other dialect", async () => {
    await using server = await serving({ ...native, ...v1Core }, page);
    await using client = clientOf(server, { protocol: "v1" });
    await client.session.list();
    expect(asked(server).filter((path) => !path?.startsWith("/v1/"))).toEqual([]);
  });

  it("native asks nothing of the other dialect", async () => {
    await using server = await serving(v1Core, page);
    const error = await failure(clientOf(server, { protocol: "native" }).session.list());
    expect(error).toMatchObject({ code: "INVALID_RESPONSE" });
    expect(error.message).toContain("The answers of /doc did not fit either.");
    expect(asked(server)).toEqual(["/global/health", "/doc"]);
  });

  it("decides what the client can do before the server was reached, and the server afterwards", async () => {
    await using server = await serving({ ...v1Core, "GET /v1/health": json(health) }, empty(404));
    await using client = clientOf(server, { protocol: "v1" });
    expect(client.capabilities).toMatchObject({ summarize: true, reviewEdits: false, diff: false });
    await client.session.list();
    expect(client.capabilities).toMatchObject({ summarize: false, reviewEdits: false, permissions: true });
    expect(client.capabilities).not.toHaveProperty("flying");
    expect(await failure(client.session.summarize("s1"))).toMatchObject({ code: "UNSUPPORTED" });
    expect(clientOf(server).capabilities).toMatchObject({ reviewEdits: true, diff: true });
  });

  it("that does not exist is refused at once, naming those that do", () => {
    const protocol = "v2" as "v1";
    expect(() => new OpenCodeClient({ protocol })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: 'There is no protocol "v2": it is one of auto, native, v1.',
      }),
    );
  });

  it("v1 can't promise to review edits, and says so before anything is edited", async () => {
    await using server = await serving(v1Core, empty(404));
    const error = await failure(clientOf(server, { reviewEdits: true }).session.create());
    expect(error).toMatchObject({ code: "UNSUPPORTED" });
    expect(error.message).toContain("reviewEdits");
  });

  it("v1 can't look for a preferred model, and tells once that it does not", async () => {
    await using server = await serving(v1Core, empty(404));
    const told: string[] = [];
    const onDiagnostic = ({ code }: { code: string }) => told.push(code);
    await using client = clientOf(server, { preferredModel: "acme/best", onDiagnostic });
    await client.session.list();
    await client.session.list();
    expect(told).toEqual(["option_ignored"]);
  });
});

describe("nothing is concluded", () => {
  it.each<[string, Handler, string]>([
    ["from a refused password", empty(401), "AUTH_REQUIRED"],
    ["from a forbidden address", empty(403), "AUTH_REQUIRED"],
    ["from too many requests", empty(429), "RATE_LIMITED"],
    ["from a gateway whose engine is down", empty(502), "ENGINE_UNAVAILABLE"],
    ["from a server that is not ready", empty(503), "ENGINE_UNAVAILABLE"],
  ])("%s: one question, and its error", async (_name, handler, code) => {
    await using server = await startServer(handler);
    expect(await failure(clientOf(server).session.list())).toMatchObject({ code });
    expect(asked(server)).toEqual(["/global/health"]);
  });

  it("from a server that hangs: one deadline, not one for each question", async () => {
    await using server = await startServer(silent);
    const error = await failure(clientOf(server, { timeout: 200 }).session.list());
    expect(error).toMatchObject({ code: "TIMEOUT" });
    expect(asked(server)).toEqual(["/global/health"]);
  });

  it("from a port where nothing listens", async () => {
    const error = await failure(clientOf({ url: await unusedUrl() }).session.list());
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  });

  it("for later: who was not let in is recognised when the password is right", async () => {
    let password = "wrong";
    const right = `Basic ${btoa("opencode:right")}`;
    await using server = await startServer((request, response) => {
      const { authorization } = request.headers;
      const route = native[`${request.method} ${request.url?.split("?")[0]}`] ?? page;
      (authorization === right ? route : empty(401))(request, response);
    });
    const headers = () => ({ authorization: `Basic ${btoa(`opencode:${password}`)}` });
    await using client = clientOf(server, { headers });
    expect(await failure(client.session.list())).toMatchObject({ code: "AUTH_REQUIRED" });
    password = "right";
    expect(await client.session.list()).toHaveLength(1);
  });
});

it("what is told of web pages, and of errors, for everything says what each question got", async () => {
  for (const [handler, status] of [
    [page, 200],
    [proxyError, 500],
  ] as const) {
    await using server = await startServer(handler);
    const error = await failure(clientOf(server).session.list());
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status });
    const { errors } = error.cause as AggregateError;
    expect(errors.map(({ message }) => message)).toEqual(
      ["/global/health", "/doc", "/v1/health", "/v1/session"].map((path) =>
        expect.stringContaining(`GET ${server.url}${path} `),
      ),
    );
  }
});
