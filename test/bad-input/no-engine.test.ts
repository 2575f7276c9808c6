import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OpenCodeClient } from "../../src/index.ts";
import { failure } from "./failure.ts";
import { body, empty, json, reset, silent, stalled } from "./fake-open-code.ts";
import { operationNames, operations } from "./operations.ts";
import { startRawServer, startServer, unusedUrl } from "./server.ts";

/*
 * Something else listens at `baseUrl`, or nothing. Every call finds out with its first request, `GET /global/health`.
 */

const page = "<!doctype html><title>Oops</title><h1>An error";

const servers = {
  "web pages for everything": body(200, "text/html; charset=utf-8", page),
  "204 for everything": empty(204),
  "JSON that is cut short": body(200, "application/json", '{"healthy":true,"vers'),
  "JSON of the wrong shape": json({ healthy: "yes" }),
  "JSON that is null": json(null),
  "an event stream for everything": body(200, "text/event-stream", "data: {}\n\n"),
  "400": json({ message: "Bad" }, 400),
  "401": body(401, "text/plain", "Unauthorized"),
  "403": body(403, "text/html", page),
  "404": body(404, "text/plain", "404 page not found"),
  "429": empty(429),
  "500 with a web page": body(500, "text/html", page),
  "502 with a web page": body(502, "text/html", page),
  "503": empty(503),
  "a redirect": (_, response) => response.writeHead(302, { location: "/login" }).end(),
  "a reset": reset,
  "half a body and a reset": (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-length": "99" });
    response.write("{", () => response.destroy());
  },
} satisfies Record<string, Parameters<typeof startServer>[0]>;

const cases: readonly [server: keyof typeof servers, code: string, says: RegExp][] = [
  [
    "web pages for everything",
    "INVALID_RESPONSE",
    /answered text\/html instead of JSON\. Check that the engine/,
  ],
  ["204 for everything", "INVALID_RESPONSE", /answered 204 without a body where JSON was due\. Check/],
  [
    "JSON that is cut short",
    "INVALID_RESPONSE",
    /JSON that is broken or cut short \(21 characters\)\. Check/,
  ],
  ["JSON of the wrong shape", "INVALID_RESPONSE", /JSON of another shape \(healthy: .+\)\. Check/],
  ["JSON that is null", "INVALID_RESPONSE", /JSON of another shape \(the whole: .+\)\. Check/],
  [
    "an event stream for everything",
    "INVALID_RESPONSE",
    /answered text\/event-stream instead of JSON\. Check/,
  ],
  ["400", "INVALID_RESPONSE", /was refused with 400: /],
  [
    "401",
    "AUTH_REQUIRED",
    /was refused with 401: Unauthorized\. Check the password in baseUrl, or the headers/,
  ],
  ["403", "AUTH_REQUIRED", /was refused with 403: Oops\. Check the password/],
  [
    "404",
    "INVALID_RESPONSE",
    /was refused with 404: 404 page not found\. Check that the engine listens there/,
  ],
  ["429", "RATE_LIMITED", /was refused with 429: Too Many Requests\. Try again later\./],
  [
    "500 with a web page",
    "INVALID_RESPONSE",
    /was refused with 500: Oops\. Check that the engine listens there/,
  ],
  [
    "502 with a web page",
    "ENGINE_UNAVAILABLE",
    /was refused with 502: Oops\. Try again when the engine is up/,
  ],
  ["503", "ENGINE_UNAVAILABLE", /was refused with 503: Service Unavailable\. Try again/],
  ["a redirect", "INVALID_RESPONSE", /was redirected to \/login\. .* set it to the final address\./],
  ["a reset", "ENGINE_UNAVAILABLE", /failed: .+\. Check that the engine is running/],
  ["half a body and a reset", "ENGINE_UNAVAILABLE", /failed: .+\. Check that the engine is running/],
];

describe.each(cases)("a server that answers with %s", (name, code, says) => {
  it.each(operationNames)(`makes %s fail with ${code}`, async (operation) => {
    await using server = await startServer(servers[name]);
    const client = new OpenCodeClient({ baseUrl: server.url });
    const error = await failure(operations[operation](client));
    expect(error).toMatchObject({ code, engine: "opencode" });
    expect(error.message).toContain(`GET ${server.url}/global/health `);
    expect(error.message).toMatch(says);
    await client.dispose();
    await server.left();
  });

  it("is not well", async () => {
    await using server = await startServer(servers[name]);
    const client = new OpenCodeClient({ baseUrl: server.url });
    expect(await client.health()).toEqual({
      ok: false,
      latencyMs: expect.any(Number),
      error: expect.stringMatching(says),
    });
    await client.dispose();
    await server.left();
  });
});

it("says that what answers is not OpenCode", async () => {
  await using server = await startServer(servers["web pages for everything"]);
  const error = await failure(new OpenCodeClient({ baseUrl: server.url }).session.list());
  expect(error.message).toMatch(
    new RegExp(`^What answers at ${server.url} is no engine .* GET ${server.url}/global/health answered`),
  );
  expect(error.message).toContain(" The answers of /doc, /v1/health, /v1/session did not fit either.");
  expect(error).toMatchObject({ status: 200, retryable: false, cause: { errors: { length: 4 } } });
});

it("may pass when it is no answer of the engine's own", async () => {
  await using server = await startServer(servers["500 with a web page"]);
  const error = await failure(new OpenCodeClient({ baseUrl: server.url }).session.list());
  expect(error).toMatchObject({ code: "INVALID_RESPONSE", status: 500, retryable: true });
});

describe("another protocol on the port", () => {
  const chatter = {
    "a banner": "SSH-2.0-x\r\n",
    "a greeting": "220 mail.test ESMTP\r\n",
    zeros: "\0".repeat(64),
  };

  it.each(
    operationNames.flatMap((operation) =>
      Object.entries(chatter).map((says) => [operation, ...says] as const),
    ),
  )("makes %s fail: %s", async (operation, _, says) => {
    await using server = await startRawServer((socket) => socket.write(says));
    const client = new OpenCodeClient({ baseUrl: server.url });
    const error = await failure(operations[operation](client));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", retryable: false });
    expect(error.message).toMatch(
      /GET .+\/global\/health was answered by something that does not speak HTTP \(.+\)\. Check baseUrl\./,
    );
    expect(await client.health()).toMatchObject({ ok: false, error: error.message });
    await client.dispose();
    await server.left();
  });

  it.each(operationNames)("that hangs up makes %s fail", async (operation) => {
    await using server = await startRawServer((socket) => socket.end());
    const client = new OpenCodeClient({ baseUrl: server.url });
    const error = await failure(operations[operation](client));
    expect(error.code).toBe("ENGINE_UNAVAILABLE");
    expect(error.message).toMatch(/^GET .+\/global\/health failed: .+\. Check that the engine is running/);
    await client.dispose();
    await server.left();
  });
});

describe("nothing on the port", () => {
  it.each(operationNames)("makes %s fail", async (operation) => {
    const baseUrl = await unusedUrl();
    const client = new OpenCodeClient({ baseUrl });
    const error = await failure(operations[operation](client));
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE", retryable: true, engine: "opencode" });
    expect(error.message).toBe(
      `GET ${baseUrl}/global/health failed: connect ECONNREFUSED ${new URL(baseUrl).host}. Check that the engine is running, and that baseUrl is its address.`,
    );
    expect(await client.health()).toMatchObject({ ok: false, error: error.message });
    await client.dispose();
  });

  it("is asked once: that nobody listens must be known at once", async () => {
    let asked = 0;
    const fetch = async () => {
      asked += 1;
      throw new TypeError("fetch failed", { cause: Object.assign(new Error(), { code: "ECONNREFUSED" }) });
    };
    await failure(new OpenCodeClient({ fetch }).session.list());
    expect(asked).toBe(1);
  });
});

describe("a server that never answers", () => {
  // Time passes when the server has got the request, however slow the machine is.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  const mute = {
    "not at all": silent,
    "but with headers": stalled(200, "application/json", ""),
    "but with half a body": stalled(200, "application/json", '{"healthy":'),
    "but with half a page": stalled(500, "text/html", "<html>"),
  };
  const options = { timeout: 300, connectTimeout: 60_000 };

  it.each(
    operationNames.flatMap((operation) => Object.entries(mute).map((how) => [operation, ...how] as const)),
  )("makes %s fail: %s", async (operation, _, handler) => {
    await using server = await startServer(handler);
    const client = new OpenCodeClient({ baseUrl: server.url, ...options });
    const failed = failure(operations[operation](client));
    await server.request("GET /global/health");
    vi.advanceTimersByTime(300);
    const error = await failed;
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true, engine: "opencode" });
    expect(error.message).toBe(
      `GET ${server.url}/global/health was not answered within 300 ms. Check that it is the engine that listens there, or allow it more time.`,
    );
    await client.dispose();
    await server.left();
  });

  it.each([
    ["the first question's own deadline", {}],
    ["a longer timeout", { timeout: 600_000 }],
  ])("makes health() say so after 5 seconds: %s", async (_, longer) => {
    await using server = await startServer(silent);
    const client = new OpenCodeClient({ baseUrl: server.url, ...longer });
    const health = client.health();
    await server.request("GET /global/health");
    vi.advanceTimersByTime(5_000);
    expect(await health).toMatchObject({ ok: false, error: expect.stringMatching(/5000 ms/) });
    await client.dispose();
    await server.left();
  });
});

describe("a baseUrl that is none", () => {
  it.each(["ftp://x", "nonsense", "", "127.0.0.1:4096", "http://:0"])("%j", (baseUrl) => {
    expect(() => new OpenCodeClient({ baseUrl })).toThrow(
      expect.objectContaining({
        code: "CONFIG_INVALID",
        message: `baseUrl is ${JSON.stringify(baseUrl)}; it must be an http: or https: address such as "http://127.0.0.1:4096".`,
      }),
    );
  });
});
