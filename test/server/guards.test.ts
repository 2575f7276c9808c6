import { describe, expect, it, vi } from "vitest";
import { createV1Handler, type V1HandlerOptions } from "../../src/server/handler.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf } from "../hub/support.ts";
import { serve } from "./support.ts";

const guarded = (options: V1HandlerOptions) => {
  const engine = createMockEngine();
  const server = serve(engine, options);
  const ask = (headers: Readonly<Record<string, string>>, method = "GET", path = "/v1/session") =>
    server.ask(method, path, undefined, { headers });
  return { engine, server, ask };
};
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString("base64")}`;

describe("the password", () => {
  const password = "pass:wörd";

  it.each([
    ["with any user name", basic(`anybody:${password}`)],
    ["without a user name", basic(`:${password}`)],
    ["in any case of the scheme", basic(`x:${password}`).replace("Basic", "bAsIc")],
  ])("opens by HTTP Basic, %s", async (_, authorization) => {
    const { ask } = guarded({ password });
    expect((await ask({ authorization })).status).toBe(200);
  });

  it("opens as a bearer token", async () => {
    const { ask } = guarded({ password: "s3cret" });
    expect((await ask({ authorization: "Bearer s3cret" })).status).toBe(200);
    expect((await ask({ authorization: "bearer  s3cret" })).status).toBe(200);
  });

  it.each([
    ["nothing", undefined],
    ["an empty header", ""],
    ["another password", basic("x:pass:word")],
    ["the beginning of it", basic("x:pass:wör")],
    ["more than it", basic(`x:${password}s`)],
    ["only a user name", basic("pass")],
    ["the password as user name", basic(`${password}:`)],
    ["no base64", "Basic %%%"],
    ["an empty Basic", "Basic"],
    ["another scheme", `Digest ${password}`],
    ["a very long one", `Bearer ${"x".repeat(1_000_000)}`],
    ["the digest of it", "Bearer 7c4a8d09ca3762af61e59520943dc26494f8941b"],
  ])("does not open for %s", async (_, authorization) => {
    const { ask, engine } = guarded({ password });
    const response = await ask(authorization === undefined ? {} : { authorization });
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toMatch(/^Bearer realm="engine", Basic realm="engine"/);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: "AUTH_REQUIRED" } });
    expect(text).not.toContain(password);
    expect(engine.calls).toEqual([]);
  });

  it("is wanted of every path, also of those that there are not", async () => {
    const { ask } = guarded({ password });
    for (const path of ["/", "/v1/health", "/v1/openapi.json", "/v1/events", "/v1/nothing"]) {
      expect((await ask({}, "GET", path)).status).toBe(401);
    }
    expect((await ask({}, "PUT", "/v1/session")).status).toBe(401);
    expect((await ask({}, "OPTIONS", "/v1/session")).status).toBe(401);
  });

  it("is none when it is empty", () => {
    expect(() => guarded({ password: "" })).toThrow("The password of the server is empty");
  });
});

describe("the host", () => {
  const allowedHosts = ["localhost", "127.0.0.1", "::1", "Engine.example.com"];

  it.each(["localhost", "LocalHost:4096", "127.0.0.1:80", "[::1]:4096", "[::1]", "engine.example.com"])(
    "%s is answered",
    async (host) => expect((await guarded({ allowedHosts }).ask({ host })).status).toBe(200),
  );

  it.each([
    "evil.test",
    "evil.test:4096",
    "localhost.evil.test",
    "127.0.0.1.evil.test",
    "localhost@evil.test",
    "evil.test#localhost",
    "localhost, evil.test",
    "localhost:4096:80",
    "[::2]",
    "",
    "x".repeat(100_000),
  ])("%s is not", async (host) => {
    const { ask, engine } = guarded({ allowedHosts, password: "s3cret" });
    const response = await ask({ host, authorization: "Bearer s3cret" });
    expect(response.status).toBe(403);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ error: { code: "PERMISSION_DENIED" } });
    expect(text.length).toBeLessThan(400);
    expect(engine.calls).toEqual([]);
  });

  it("is that of the address where no header tells it", async () => {
    expect((await guarded({ allowedHosts: ["server.test"] }).ask({})).status).toBe(200);
    expect((await guarded({ allowedHosts: ["other.test"] }).ask({})).status).toBe(403);
  });

  it("may be any by default", async () => {
    expect((await guarded({}).ask({ host: "anything.test" })).status).toBe(200);
  });

  it.each(["https://a.test", "a.test:80", "a.test/", "", "a b"])("%j is no name", (name) => {
    expect(() => guarded({ allowedHosts: [name] })).toThrow(`"allowedHosts" has ${JSON.stringify(name)}`);
  });
});

describe("the origin", () => {
  const allowedOrigins = ["https://app.example.com", "http://localhost:3000"];
  const page = "https://app.example.com";

  it("that is allowed may read the answer, whatever it is", async () => {
    const { ask } = guarded({ allowedOrigins, password: "s3cret" });
    for (const [path, status] of [
      ["/v1/session", 200],
      ["/v1/events", 200],
      ["/v1/nothing", 404],
    ] as const) {
      const { headers, ...response } = await told(
        ask({ origin: page, authorization: "Bearer s3cret" }, "GET", path),
      );
      expect(response.status).toBe(status);
      expect(headers).toMatchObject({
        "access-control-allow-origin": page,
        "access-control-allow-credentials": "true",
        vary: "origin",
      });
    }
    const refused = await told(ask({ origin: page }));
    expect(refused).toMatchObject({ status: 401, headers: { "access-control-allow-origin": page } });
  });

  it("that is allowed is told what it may send, without a password", async () => {
    const { ask, engine } = guarded({ allowedOrigins, password: "s3cret" });
    const asking = {
      origin: page,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization,content-type",
    };
    const { status, headers } = await told(ask(asking, "OPTIONS", "/v1/session/ses_1/message"));
    expect(status).toBe(204);
    expect(headers).toMatchObject({
      "access-control-allow-origin": page,
      "access-control-allow-methods": "GET, POST, HEAD, OPTIONS",
      "access-control-allow-headers": "authorization,content-type",
      "access-control-max-age": "600",
      vary: "access-control-request-headers, origin",
    });
    expect(engine.calls).toEqual([]);
  });

  it.each([
    "https://evil.test",
    "http://app.example.com",
    "https://app.example.com.evil.test",
    "https://app.example.com:8443",
    "http://localhost:3001",
    "null",
    "*",
    "",
    "nonsense",
  ])("%s may do nothing", async (origin) => {
    const { ask, engine } = guarded({ allowedOrigins });
    const preflight = { "access-control-request-method": "POST" };
    for (const response of [
      await told(ask({ origin }, "POST")),
      await told(ask({ origin })),
      await told(ask({ origin, ...preflight }, "OPTIONS")),
    ]) {
      expect(response.status).toBe(403);
      expect(response.headers).not.toHaveProperty("access-control-allow-origin");
      expect(response.headers.vary).toContain("origin");
    }
    expect(engine.calls).toEqual([]);
  });

  it("that is the server's own may use it, and is told nothing", async () => {
    const { ask } = guarded({});
    const { status, headers } = await told(
      ask({ origin: "http://server.test", host: "server.test" }, "POST"),
    );
    expect(status).toBe(201);
    expect(headers).not.toHaveProperty("access-control-allow-origin");
    expect((await ask({ origin: "http://server.test:3000", host: "server.test" }, "POST")).status).toBe(403);
  });

  it.each(["*", "null", "app.example.com", "https://app.example.com/", ""])("%j is none", (origin) => {
    expect(() => guarded({ allowedOrigins: [origin] })).toThrow(
      `"allowedOrigins" has ${JSON.stringify(origin)}`,
    );
  });
});

describe("a body", () => {
  const chunks = (count: number) => {
    let pulled = 0;
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        pulled += 1;
        if (pulled > count) controller.close();
        else controller.enqueue(new TextEncoder().encode(`"${"x".repeat(98)}"`));
      },
    });
    return { body, pulled: () => pulled };
  };
  const tooLarge = {
    error: {
      code: "INVALID_REQUEST",
      message: "The body is too large: this server takes 1000 bytes at the most.",
    },
  };

  it("over the limit is refused by its length alone", async () => {
    const { server, engine } = guarded({ maxBodyBytes: 1000 });
    const { body, pulled } = chunks(1_000_000);
    const headers = { "content-type": "application/json", "content-length": "1001" };
    const response = await server.ask("POST", "/v1/session", undefined, {
      body,
      headers,
      ...{ duplex: "half" },
    });
    expect([response.status, await response.json()]).toEqual([413, tooLarge]);
    expect(pulled()).toBeLessThan(3);
    expect(engine.calls).toEqual([]);
  });

  it.each(["absent", "0", "a lie"])(
    "is read no further than the limit when its length is %s",
    async (length) => {
      const { server } = guarded({ maxBodyBytes: 1000 });
      const { body, pulled } = chunks(1_000_000);
      const headers = {
        "content-type": "application/json",
        ...(length === "absent" ? {} : { "content-length": length }),
      };
      const response = await server.ask("POST", "/v1/session", undefined, {
        body,
        headers,
        ...{ duplex: "half" },
      });
      expect([response.status, await response.json()]).toEqual([413, tooLarge]);
      expect(pulled()).toBeLessThan(15);
    },
  );

  it("may have just as much", async () => {
    const { server } = guarded({ maxBodyBytes: 30 });
    expect((await server.ask("POST", "/v1/session", { title: "x".repeat(18) })).status).toBe(201);
    expect((await server.ask("POST", "/v1/session", { title: "x".repeat(19) })).status).toBe(413);
    // What counts is bytes.
    expect((await server.ask("POST", "/v1/session", { title: "é".repeat(10) })).status).toBe(413);
  });

  it("that breaks off is nobody's fault but the sender's", async () => {
    const { server } = guarded({});
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new Error("gone"));
      },
    });
    const headers = { "content-type": "application/json" };
    const left = AbortSignal.abort();
    const init = { body, headers, ...{ duplex: "half" } };
    expect((await server.ask("POST", "/v1/session", undefined, init)).status).toBe(500);
    expect(server.diagnostics).toMatchObject([{ code: "request_failed" }]);
    void left;
  });
});

describe("the prefix", () => {
  it.each([
    ["/engines/acme", "/engines/acme"],
    ["/engines/acme/", "/engines/acme"],
    ["/a b", "/a%20b"],
    ["/", ""],
  ])("%j", async (prefix, path) => {
    const { ask } = guarded({ prefix });
    expect((await ask({}, "GET", `${path}/v1/session`)).status).toBe(200);
    const document = await (await ask({}, "GET", `${path}/v1/openapi.json`)).json();
    expect(document).toMatchObject({ servers: [{ url: path === "" ? "/" : path }] });
    expect(document).not.toHaveProperty("security");
  });

  it.each(["engines", "//evil.test", "/a?b", "http://x/y", "/a/../b#"])("%j is none", (prefix) => {
    expect(() => guarded({ prefix })).toThrow(`The prefix is ${JSON.stringify(prefix)}`);
  });
});

it("tells in its OpenAPI document that it wants a password", async () => {
  const { ask } = guarded({ password: "s3cret" });
  const response = await ask({ authorization: "Bearer s3cret" }, "GET", "/v1/openapi.json");
  expect(await response.json()).toMatchObject({
    security: [{ bearer: [] }, { basic: [] }],
    components: {
      schemas: { Session: {} },
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer" },
        basic: { type: "http", scheme: "basic" },
      },
    },
  });
});

it("ends its streams, lets go of the client and refuses the rest when its signal aborts", async () => {
  const engine = createMockEngine();
  const client = clientOf(engine, { idleTimeout: 0 });
  const subscribe = vi.spyOn(client.events, "subscribe");
  const left = vi.fn();
  subscribe.mockReturnValue(left);
  const ending = new AbortController();
  const handle = createV1Handler(client, { signal: ending.signal });
  const bus = await handle(new Request("http://server.test/v1/events"));
  const text = bus.text();
  expect(subscribe).toHaveBeenCalledOnce();
  ending.abort();
  expect(await text).toContain("event: ready");
  await expect.poll(() => left.mock.calls.length).toBe(1);
  const late = await handle(new Request("http://server.test/v1/session"));
  expect(late.status).toBe(503);
  await client.session.list();
});

/** An answer whose stream is left. */
async function told(answer: Promise<Response>) {
  const { status, headers, body } = await answer;
  await body?.cancel();
  return { status, headers: Object.fromEntries(headers) };
}
