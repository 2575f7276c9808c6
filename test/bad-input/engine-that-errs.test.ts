import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { OpenCodeClient } from "../../src/index.ts";
import { failure } from "./failure.ts";
import {
  body,
  empty,
  json,
  reset,
  silent,
  stalled,
  startAlmostOpenCode,
  startOpenCode,
} from "./fake-open-code.ts";
import { type Operation, operationNames, operations } from "./operations.ts";
import type { Handler } from "./server.ts";

/*
 * It is OpenCode by its `GET /global/health`, and misbehaves from there on.
 */

const page = "<!doctype html><title>Oops</title><h1>An error";
const NOT_JSON = { list: "GET /session", create: "POST /session" };
const LISTED = { list: "GET /experimental/session", create: "POST /session" };
const STREAM = { prompt: "GET /global/event", connect: "GET /global/event", events: "GET /global/event" };

/** `asked`: at which route each operation finds out. */
const cases: readonly [string, Handler, string, Partial<Record<Operation, string>>][] = [
  ["a web page", body(200, "text/html", page), "INVALID_RESPONSE", { ...NOT_JSON, ...STREAM }],
  ["204", empty(204), "INVALID_RESPONSE", { ...NOT_JSON, ...STREAM }],
  [
    "truncated JSON",
    body(200, "application/json", '[{"id":'),
    "INVALID_RESPONSE",
    { ...NOT_JSON, ...STREAM },
  ],
  ["the wrong shape", json([{ id: 7 }]), "INVALID_RESPONSE", { ...NOT_JSON, ...STREAM }],
  ["null", json(null), "INVALID_RESPONSE", { ...NOT_JSON, ...STREAM }],
  ["401", body(401, "text/plain", "Who?"), "AUTH_REQUIRED", { ...LISTED, ...STREAM }],
  ["403 with a page", body(403, "text/html", page), "AUTH_REQUIRED", { ...LISTED, ...STREAM }],
  ["429", empty(429), "RATE_LIMITED", { ...LISTED, ...STREAM }],
  ["500 with a page", body(500, "text/html", page), "INVALID_RESPONSE", { ...NOT_JSON, ...STREAM }],
  ["503", empty(503), "ENGINE_UNAVAILABLE", { ...LISTED, ...STREAM }],
  ["504 with a page", body(504, "text/html", page), "TIMEOUT", { ...LISTED, ...STREAM }],
  ["a reset", reset, "ENGINE_UNAVAILABLE", { ...LISTED, ...STREAM }],
];

describe.each(cases)("an engine that answers with %s", (_, handler, code, asked) => {
  it.each(operationNames)(`makes %s fail with ${code}`, async (operation) => {
    await using server = await startAlmostOpenCode(handler);
    const client = new OpenCodeClient({ baseUrl: server.url });
    const error = await failure(operations[operation](client));
    expect(error).toMatchObject({ code, engine: "opencode" });
    const [method, path] = asked[operation]?.split(" ") ?? [];
    expect(error.message).toMatch(new RegExp(`^${method} ${server.url}${path} [^.].*[.?!] \\w.*\\.$`));
    await client.dispose();
    await server.left();
  });
});

describe("an engine's own errors", () => {
  it.each([
    [404, { name: "NotFoundError", data: { message: "Session not found: ses_1" } }, "SESSION_NOT_FOUND"],
    [
      400,
      { name: "ConfigInvalidError", data: { path: "/work/opencode.json", message: "bad" } },
      "CONFIG_INVALID",
    ],
    [400, { name: "BadRequest", data: {} }, "INVALID_REQUEST"],
    [500, { name: "UnknownError", data: { message: "It broke" } }, "UNKNOWN"],
    [500, { _tag: "SomethingNew", message: "It broke" }, "UNKNOWN"],
    [400, { success: false, errors: [] }, "INVALID_REQUEST"],
    [400, { name: "constructor" }, "UNKNOWN"],
    [400, { name: "toString", data: { message: 7 } }, "UNKNOWN"],
    [400, null, "INVALID_REQUEST"],
  ])("%i %j is %s", async (status, told, code) => {
    await using server = await startOpenCode({ "GET /session/ses_1": json(told, status) });
    const client = new OpenCodeClient({ baseUrl: server.url });
    const error = await failure(client.request("GET", "/session/ses_1"));
    expect(error).toMatchObject({ code, status });
    expect(error.message).toContain(`GET ${server.url}/session/ses_1 was refused with ${status}: `);
    await client.dispose();
    await server.left();
  });
});

describe("an event stream that misbehaves while all else is well", () => {
  const listeners: readonly Operation[] = ["prompt", "connect", "events"];
  const streams: readonly [string, Handler, string, RegExp][] = [
    [
      "is a web page",
      body(200, "text/html", page),
      "INVALID_RESPONSE",
      /text\/html instead of an event stream\. Check/,
    ],
    ["is JSON", json({}), "INVALID_RESPONSE", /application\/json instead of an event stream\. Check/],
    ["is 204", empty(204), "INVALID_RESPONSE", /instead of an event stream\. Check/],
    ["ends at once", body(200, "text/event-stream", ""), "ENGINE_UNAVAILABLE", /ended.*\. \w/],
    ["says only a comment", body(200, "text/event-stream", ": hi\n\n"), "ENGINE_UNAVAILABLE", /ended.*\. \w/],
    ["is 401", empty(401), "AUTH_REQUIRED", /401: Unauthorized\. Check the password/],
    ["is 500", empty(500), "INVALID_RESPONSE", /500: Internal Server Error\. Check/],
    ["is 503", empty(503), "ENGINE_UNAVAILABLE", /503: Service Unavailable\. Try again/],
    ["is reset", reset, "ENGINE_UNAVAILABLE", /failed: read ECONNRESET\. Check/],
  ];

  it.each(streams.flatMap((stream) => listeners.map((operation) => [operation, ...stream] as const)))(
    "makes %s fail when it %s",
    async (operation, _, handler, code, says) => {
      await using server = await startOpenCode({ "GET /global/event": handler });
      const client = new OpenCodeClient({ baseUrl: server.url });
      const error = await failure(operations[operation](client));
      expect(error.code).toBe(code);
      expect(error.message).toContain(`GET ${server.url}/global/event `);
      expect(error.message).toMatch(says);
      expect(await client.session.list()).toEqual([]);
      await client.dispose();
      await server.left();
    },
  );
});

describe("an engine that stops answering", () => {
  // Time passes when the server has got the request, however slow the machine is. A prompt is sent again a few times.
  beforeEach(
    () => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"], shouldAdvanceTime: true }),
  );
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["list", "GET", "/experimental/session", silent],
    ["list", "GET", "/experimental/session", stalled(200, "application/json", "[")],
    ["create", "POST", "/session", silent],
    ["create", "POST", "/session", stalled(200, "application/json", "{")],
    ["create", "POST", "/session", stalled(500, "text/html", "<html>")],
    ["connect", "GET", "/experimental/session", silent],
    ["prompt", "GET", "/session/ses_1/message", silent],
    ["prompt", "POST", "/session/ses_1/prompt_async", silent],
    ["prompt", "POST", "/session/ses_1/prompt_async", stalled(200, "application/json", "{")],
  ] as const)("makes %s fail at %s %s", async (operation, method, path, handler) => {
    await using server = await startOpenCode({ [`${method} ${path}`]: handler });
    const client = new OpenCodeClient({ baseUrl: server.url, timeout: 300, connectTimeout: 60_000 });
    const failed = failure(operations[operation](client));
    await server.request(`${method} ${path}`);
    vi.advanceTimersByTime(300);
    const error = await failed;
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true, engine: "opencode" });
    expect(error.message).toMatch(
      new RegExp(`^${method} ${server.url}${path} was not answered within 300 ms\\. Check`),
    );
    await client.dispose();
    await server.left();
  });

  it.each([
    ["prompt", silent],
    ["prompt", stalled(200, "text/event-stream", ": hi\n\n")],
    ["connect", silent],
    ["connect", stalled(200, "text/event-stream", ": hi\n\n")],
    ["events", silent],
    ["events", stalled(200, "text/event-stream", ": hi\n\n")],
  ] as const)("makes %s fail when the stream never begins", async (operation, handler) => {
    await using server = await startOpenCode({ "GET /global/event": handler });
    const client = new OpenCodeClient({ baseUrl: server.url, connectTimeout: 300 });
    const failed = failure(operations[operation](client));
    await server.request("GET /global/event");
    await vi.waitFor(() => vi.advanceTimersByTime(300));
    const error = await failed;
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true });
    expect(error.message).toMatch(/ 300 ms\b/);
    await client.dispose();
    await server.left();
  });
});
