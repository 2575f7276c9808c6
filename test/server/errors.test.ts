import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { stoppedClock, tampered } from "../hub/support.ts";
import { serve } from "./support.ts";

/** A server whose engine fails at everything. */
const failing = (error: Error) =>
  serve(
    tampered(createMockEngine(), () => ({
      snapshot: () => Promise.reject(error),
      createSession: () => Promise.reject(error),
    })),
  );

describe("an engine's failure", () => {
  it.each([
    ["INVALID_REQUEST", 400],
    ["AUTH_REQUIRED", 401],
    ["PERMISSION_DENIED", 403],
    ["SESSION_NOT_FOUND", 404],
    ["PERMISSION_NOT_FOUND", 404],
    ["SESSION_RUNNING", 409],
    ["CONTEXT_OVERFLOW", 413],
    ["RATE_LIMITED", 429],
    ["PROVIDER_ERROR", 500],
    ["A_NEW_ONE", 500],
    ["UNSUPPORTED", 501],
    ["ENGINE_UNAVAILABLE", 503],
    ["TIMEOUT", 504],
  ])("%s is answered with %d", async (code, status) => {
    const server = failing(new EngineError(code, "It says why.", { sessionId: "ses_1" }));
    const response = await server.ask("GET", "/v1/session");
    expect(response.status).toBe(status);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await response.json()).toEqual({ error: { code, message: "It says why.", sessionId: "ses_1" } });
    expect(server.diagnostics).toEqual([]);
  });

  it.each([
    [1500, "2"],
    [2000, "2"],
    [0, "0"],
  ])("says after %d ms to try again, in whole seconds", async (retryAfterMs, seconds) => {
    const server = failing(new EngineError("RATE_LIMITED", "Slow down.", { retryAfterMs }));
    const response = await server.ask("POST", "/v1/session", {});
    expect(response.headers.get("retry-after")).toBe(seconds);
    expect(await response.json()).toEqual({
      error: { code: "RATE_LIMITED", message: "Slow down.", retryAfterMs },
    });
  });

  it("that is a mistake of the program tells nothing of its inside, but to the diagnostics", async () => {
    const server = failing(new Error("secret of the inside"));
    const response = await server.ask("GET", "/v1/session");
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toContain("secret");
    expect(JSON.parse(text)).toMatchObject({ error: { code: "UNKNOWN" } });
    expect(server.diagnostics).toMatchObject([
      {
        level: "error",
        code: "request_failed",
        message: "GET /v1/session failed in the server: secret of the inside",
      },
    ]);
  });

  it.each([
    ["GET", "/v1/session/none"],
    ["GET", "/v1/session/none/message"],
    ["POST", "/v1/session/none/message"],
    ["DELETE", "/v1/session/none"],
    ["POST", "/v1/session/none/summarize"],
  ])("%s %s: there is no such session", async (method, path) => {
    const body = path.endsWith("message") && method === "POST" ? { prompt: "Hi" } : undefined;
    const response = await serve(createMockEngine()).ask(method, path, body);
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "SESSION_NOT_FOUND" } });
  });

  it("there is no such permission request", async () => {
    const response = await serve(createMockEngine()).ask("POST", "/v1/permission/none", {
      decision: "allow",
    });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ error: { code: "PERMISSION_NOT_FOUND" } });
  });
});

describe("a method that a path does not have", () => {
  it.each([
    ["PUT", "/v1/session", "GET, POST, HEAD, OPTIONS"],
    ["DELETE", "/v1/session", "GET, POST, HEAD, OPTIONS"],
    ["POST", "/v1/events", "GET, HEAD, OPTIONS"],
    ["TRACE-ME", "/v1/session/ses_1/summarize", "POST, OPTIONS"],
  ])("%s %s", async (method, path, allow) => {
    const response = await serve(createMockEngine()).ask(method, path);
    expect([response.status, response.headers.get("allow")]).toEqual([405, allow]);
    expect(await response.json()).toEqual({
      error: { code: "UNSUPPORTED", message: `There is no ${method} for ${path}, only ${allow}.` },
    });
  });

  it("is told to those who ask", async () => {
    const response = await serve(createMockEngine()).ask("OPTIONS", "/v1/session/ses_1");
    expect([response.status, response.headers.get("allow")]).toEqual([
      204,
      "GET, DELETE, PATCH, HEAD, OPTIONS",
    ]);
  });
});

describe("HEAD", () => {
  it("is answered as GET is, without the body", async () => {
    const server = serve(createMockEngine());
    const response = await server.ask("HEAD", "/v1/session");
    expect([response.status, response.body]).toEqual([200, null]);
    expect(response.headers.get("content-type")).toBe("application/json");
    expect((await server.ask("HEAD", "/v1/session/none")).status).toBe(404);
  });

  it("opens no event stream", async () => {
    stoppedClock();
    const server = serve(createMockEngine());
    await server.client.connect();
    const timers = vi.getTimerCount();
    const response = await server.ask("HEAD", "/v1/events");
    expect([response.status, response.body]).toEqual([200, null]);
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    expect(vi.getTimerCount()).toBe(timers);
  });
});

describe("a route that there is not", () => {
  it.each([
    ["GET", "/"],
    ["GET", "/v1"],
    ["GET", "/v2/session"],
    ["GET", "/v1/sessions"],
    ["GET", "/v1/session/"],
    ["OPTIONS", "/v1/sessions"],
    ["GET", "/v1/session/a/b"],
    ["GET", "/v1/session/%"],
    ["GET", "/other/v1/session"],
  ])("%s %s", async (method, path) => {
    const response = await serve(createMockEngine()).ask(method, path);
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual({
      error: { code: "UNSUPPORTED", message: `There is no route ${method} ${path} here.` },
    });
  });

  it("is every one that does not stand under the prefix", async () => {
    const server = serve(createMockEngine(), { prefix: "/engines/acme" });
    expect((await server.ask("GET", "/engines/acme/v1/session")).status).toBe(200);
    expect((await server.ask("GET", "/v1/session")).status).toBe(404);
    expect((await server.ask("GET", "/engines/acmev1/session")).status).toBe(404);
  });

  it("is not one whose id has to be encoded", async () => {
    const engine = createMockEngine();
    const id = "ses/ä ?";
    engine.emit({ type: "session_created", session: { id, title: "Odd", createdAt: 1, updatedAt: 1 } });
    const response = await serve(engine).ask("GET", `/v1/session/${encodeURIComponent(id)}`);
    expect(await response.json()).toMatchObject({ id, title: "Odd" });
  });
});
