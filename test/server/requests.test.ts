import { describe, expect, it } from "vitest";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { restOf, serve } from "./support.ts";

describe("a request that is not as the contract says", () => {
  const prompt = "/v1/session/ses_1/message";
  const cases: readonly (readonly [path: string, body: unknown, says: string])[] = [
    ["/v1/session", [], "The body must be a JSON object."],
    ["/v1/session", null, "The body must be a JSON object."],
    ["/v1/session", { title: 5 }, '"title" must be a string.'],
    ["/v1/session", { name: "x" }, '"name" is not a field of this request.'],
    ["/v1/session", { title: null }, '"title" must be a string.'],
    [prompt, {}, '"prompt" must be a string.'],
    [prompt, "[]", "The body must be a JSON object."],
    [prompt, { prompt: "x", content: { type: "text" } }, '"content" is not a field of this request.'],
    [prompt, { prompt: "x", foo: 1 }, '"foo" is not a field of this request.'],
    [prompt, { prompt: "x", maxTokens: 1.5 }, '"maxTokens" must be a whole number.'],
    [prompt, { prompt: "x", maxTokens: 0 }, '"maxTokens" must be greater than 0.'],
    [prompt, { prompt: "x", temperature: -1 }, '"temperature" must be at least 0.'],
    [prompt, { prompt: "x", messageId: "" }, '"messageId" must not be empty.'],
    [prompt, { prompt: "x", async: "yes" }, '"async" must be true or false.'],
    [prompt, { content: [] }, '"content" must not be empty.'],
    [prompt, { content: [{ type: "text", text: 5 }] }, '"content.0.text" must be a string.'],
    [prompt, { content: { type: "audio" } }, '"content.type" must be one of "text", "image", "file".'],
    [prompt, { content: { type: "text", mime: "a" } }, '"content.mime" is not a field of this request.'],
    [
      "/v1/permission/per_1",
      { decision: "maybe" },
      '"decision" must be one of "allow", "deny", "allow_session".',
    ],
    ["/v1/permission/per_1", { decision: "allow", message: 1 }, '"message" must be a string.'],
    ["/v1/session", "{ broken", "The body is no JSON (8 characters); send one JSON object."],
    [prompt, "", '"prompt" must be a string.'],
  ];
  it.each(cases)("POST %s with %j: %s", async (path, body, message) => {
    const engine = createMockEngine();
    const response = await serve(engine).ask("POST", path, body);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { code: "INVALID_REQUEST", message } });
    expect(engine.calls).toEqual([]);
  });

  it.each([
    ["text/plain", 'The content type is "text/plain"; send "application/json".'],
    ["", 'The content type is ""; send "application/json".'],
  ])("has the content type %j", async (type, message) => {
    const headers = { "content-type": type };
    const response = await serve(createMockEngine()).ask("POST", "/v1/session", "{}", { headers });
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { code: "INVALID_REQUEST", message } });
  });

  it("may have no body where every field is optional", async () => {
    const response = await serve(createMockEngine()).ask("POST", "/v1/session", "");
    expect([response.status, await response.json()]).toMatchObject([201, { title: "" }]);
  });

  it("may have a content type with parameters, in any case", async () => {
    const headers = { "content-type": "Application/JSON; charset=utf-8" };
    const response = await serve(createMockEngine()).ask("POST", "/v1/session", "{}", { headers });
    expect(response.status).toBe(201);
  });
});

describe("the pages of a session's messages", () => {
  async function stored() {
    const server = serve(createMockEngine());
    const id = await server.create();
    const path = `/v1/session/${id}/message`;
    const ids: string[] = [];
    for (const prompt of ["a", "b", "c", "d"]) {
      const response = await server.ask("POST", path, { prompt, noReply: true });
      ids.push((await response.json()).id);
    }
    return { ids, read: (query: string) => server.ask("GET", path + query) };
  }

  it.each([
    ["", ["a", "b", "c", "d"]],
    ["?limit=2", ["c", "d"]],
    ["?limit=9", ["a", "b", "c", "d"]],
    ["?before=2", ["a", "b"]],
    ["?before=2&limit=1", ["b"]],
    ["?before=0", []],
  ])("%s", async (query, texts) => {
    const { ids, read } = await stored();
    const response = await read(query.replace(/before=(\d)/, (_, index) => `before=${ids[Number(index)]}`));
    const messages: readonly { content: { text: string } }[] = await response.json();
    expect(messages.map(({ content }) => content.text)).toEqual(texts);
  });

  it.each([
    ["?limit=0", '"limit" is not as the contract says.'],
    ["?limit=many", '"limit" is not as the contract says.'],
    ["?before=nothing", '"before" names the message "nothing", and the session has none such.'],
    ["?after=2", '"after" is not a field of this request.'],
  ])("%s is refused", async (query, message) => {
    const { read } = await stored();
    const response = await read(query);
    expect(response.status).toBe(400);
    expect(await response.json()).toEqual({ error: { code: "INVALID_REQUEST", message } });
  });
});

describe("the other routes", () => {
  it("create, list, get and abort sessions", async () => {
    const server = serve(createMockEngine());
    const body = { title: "One", model: "acme/large", workingDirectory: "/tmp/x", systemPrompt: "Be brief." };
    const created = await server.ask("POST", "/v1/session", body);
    expect(created.status).toBe(201);
    const session = await created.json();
    const { systemPrompt: _, ...kept } = body;
    expect(session).toMatchObject({ ...kept, engineId: "mock", status: "idle" });
    expect(await (await server.ask("GET", "/v1/session")).json()).toEqual([session]);
    expect(await (await server.ask("GET", `/v1/session/${session.id}`)).json()).toEqual(session);
    const aborted = await server.ask("DELETE", `/v1/session/${session.id}`);
    expect([aborted.status, aborted.body]).toEqual([204, null]);
  });

  it("tell the status that a session has by its last turn, also when nobody listened", async () => {
    const server = serve(createMockEngine());
    const id = await server.create();
    await restOf(await server.open("POST", `/v1/session/${id}/message`, { prompt: "Hi" }));
    expect(await (await server.ask("GET", "/v1/session")).json()).toMatchObject([{ status: "completed" }]);
  });

  it("give every prompt of a session its system prompt", async () => {
    const seen: unknown[] = [];
    const server = serve(
      createMockEngine(({ systemPrompt }) => {
        seen.push(systemPrompt);
        return [];
      }),
    );
    const { id } = await (await server.ask("POST", "/v1/session", { systemPrompt: "Be brief." })).json();
    await restOf(await server.open("POST", `/v1/session/${id}/message`, { prompt: "Hi" }));
    expect(seen).toEqual(["Be brief."]);
  });

  it("summarize a session", async () => {
    const server = serve(createMockEngine(undefined, { summary: "All of it." }));
    const response = await server.ask("POST", `/v1/session/${await server.create()}/summarize`);
    expect(await response.json()).toEqual({ summary: "All of it." });
  });

  it("tell health, and what the engine can do", async () => {
    const server = serve(createMockEngine(undefined, { capabilities: { summarize: false } }), {
      heartbeatMs: 7_000,
    });
    expect(await (await server.ask("GET", "/v1/health")).json()).toEqual({
      ok: true,
      version: "mock",
      heartbeatMs: 7_000,
      capabilities: { storeMessage: true, permissions: true, summarize: false },
    });
    expect((await server.ask("POST", `/v1/session/${await server.create()}/summarize`)).status).toBe(501);
  });

  it("hand out the OpenAPI document", async () => {
    const response = await serve(createMockEngine()).ask("GET", "/v1/openapi.json");
    expect(await response.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  });
});
