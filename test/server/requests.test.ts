import { describe, expect, it } from "vitest";
import type { DriverMcp } from "../../src/engine/driver.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { tampered } from "../hub/support.ts";
import { restOf, serve, upTo } from "./support.ts";

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
    ["/v1/session", { reviewEdits: "yes" }, '"reviewEdits" must be true or false.'],
    [prompt, { prompt: "x", toolsOff: { bash: false } }, '"toolsOff" must be an array.'],
    [prompt, { prompt: "x", tools: { bash: true } }, '"tools" is not a field of this request.'],
    [prompt, { prompt: "x", agent: 1 }, '"agent" must be a string.'],
    ["/v1/session/ses_1/fork", { messageID: "x" }, '"messageID" is not a field of this request.'],
    ["/v1/session/ses_1/revert", {}, '"messageId" must be a string.'],
    ["/v1/session/ses_1/command", { arguments: "x" }, '"name" must be a string.'],
    [
      "/v1/session/ses_1/command",
      { name: "x", attachments: [{ type: "sound" }] },
      '"attachments.0.type" must be one of "text", "image", "file".',
    ],
    ["/v1/question/que_1", {}, '"answers" must be an array.'],
    ["/v1/question/que_1", { answers: [[1]] }, '"answers.0.0" must be a string.'],
    ["/v1/question/que_1", { reject: false }, '"reject" must be true.'],
    ["/v1/question/que_1", { answers: [], reject: true }, '"reject" is not a field of this request.'],
    ["/v1/mcp", { name: "x" }, '"config" must be a JSON object.'],
    ["/v1/mcp", { name: "x", config: { type: "local" } }, '"config.type" must be one of "stdio", "remote".'],
    ["/v1/mcp", { name: "x", config: { type: "stdio" } }, '"config.command" must be a string.'],
    [
      "/v1/mcp",
      { name: "x", config: { type: "remote", url: "https://a.test", oauth: true } },
      '"config.oauth" must be false.',
    ],
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

describe("the list of sessions", () => {
  async function listed() {
    const engine = createMockEngine();
    const server = serve(engine);
    const told = { createdAt: 1 };
    for (const session of [
      { ...told, id: "a", title: "Alpha", updatedAt: 4, workingDirectory: "/src" },
      { ...told, id: "b", title: "Beta", updatedAt: 3, archived: true },
      { ...told, id: "c", title: "Gamma", updatedAt: 2, parentId: "a" },
    ])
      engine.emit({ type: "session_created", session });
    return async (query: string) => (await server.ask("GET", `/v1/session${query}`)).json();
  }
  const idsOf = (sessions: readonly { readonly id: string }[]) => sessions.map(({ id }) => id);

  it.each([
    ["", ["a", "b", "c"]],
    ["?includeArchived=true", ["a", "b", "c"]],
    ["?includeArchived=false", ["a", "c"]],
    ["?rootsOnly=true&includeArchived=false", ["a"]],
    ["?rootsOnly=false", ["a", "b", "c"]],
    ["?search=AM", ["c"]],
    ["?workingDirectory=/src", ["a"]],
  ])("%s holds %j, whole and in pages", async (query, ids) => {
    const read = await listed();
    expect(idsOf(await read(query))).toEqual(ids);
    const found: string[] = [];
    let cursor: string | undefined = "";
    while (cursor !== undefined) {
      const page = new URLSearchParams(query);
      page.set("limit", "1");
      if (cursor !== "") page.set("cursor", cursor);
      const answer: { sessions: { id: string }[]; cursor?: string } = await read(`?${page}`);
      found.push(...idsOf(answer.sessions));
      cursor = answer.cursor;
    }
    expect(found).toEqual(ids);
  });

  it.each([
    ["?limit=0", '"limit" is not as the contract says.'],
    ["?rootsOnly=1", '"rootsOnly" must be one of "true", "false".'],
    ["?cursor=x", '"cursor" goes on with a page: send the "limit", too.'],
    ["?limit=1&cursor=x", 'The cursor "x" is not one of this list: send that of the page before.'],
    ["?sort=title", '"sort" is not a field of this request.'],
  ])("%s is refused", async (query, message) => {
    const read = await listed();
    expect(await read(query)).toEqual({ error: { code: "INVALID_REQUEST", message } });
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

  it("pass on what a session is created with", async () => {
    const asked: object[] = [];
    const engine = createMockEngine(undefined, { capabilities: { reviewEdits: true } });
    const server = serve(
      tampered(engine, (connection) => ({
        createSession: ({ signal: _, ...options }) => {
          asked.push(options);
          return connection.createSession(options);
        },
      })),
    );
    await server.ask("POST", "/v1/session", { reviewEdits: true });
    expect(asked).toMatchObject([{ reviewEdits: true }]);
    const lacking = await serve(createMockEngine()).ask("POST", "/v1/session", { reviewEdits: true });
    expect([lacking.status, await lacking.json()]).toMatchObject([501, { error: { code: "UNSUPPORTED" } }]);
  });

  it("change, fork, take back and delete sessions", async () => {
    const server = serve(createMockEngine());
    const id = await server.create();
    const path = `/v1/session/${id}`;
    const ask = async (method: string, route: string, body?: object) => {
      const response = await server.ask(method, path + route, body);
      return [response.status, response.status === 204 ? response.body : await response.json()];
    };
    expect(await ask("PATCH", "", { title: "Two" })).toMatchObject([200, { id, title: "Two" }]);
    const stored = await ask("POST", "/message", { prompt: "Hi", noReply: true });
    const messageId = Object(stored[1]).id;
    expect(await ask("POST", "/revert", { messageId })).toMatchObject([200, { revert: { messageId } }]);
    expect(await ask("POST", "/unrevert")).toMatchObject([200, { id }]);
    expect(await ask("POST", "/fork")).toMatchObject([201, { title: "Two (fork)" }]);
    expect(await ask("GET", "/todo")).toEqual([200, []]);
    expect(await ask("POST", "/delete")).toEqual([204, null]);
    expect(await ask("POST", "/delete")).toMatchObject([404, { error: { code: "SESSION_NOT_FOUND" } }]);
  });

  it("take a command once under its messageId", async () => {
    const commands = [{ name: "review", placeholders: [] }];
    const engine = createMockEngine(undefined, { commands });
    const server = serve(engine);
    const path = `/v1/session/${await server.create()}/command`;
    const body = { name: "review", arguments: "src", messageId: "mine" };
    const first = await restOf(await server.open("POST", path, body));
    expect(await restOf(await server.open("POST", path, body))).toEqual(first);
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toHaveLength(1);
    const accepted = await server.ask("POST", path, { ...body, async: true });
    expect([accepted.status, await accepted.json()]).toEqual([
      202,
      { messageId: Object(first[0]).messageId },
    ]);
  });

  it("answer what the model asks", async () => {
    const question = { question: "Which?", options: [{ label: "A" }] };
    const server = serve(createMockEngine(() => [{ question: [question] }, { text: "Thanks." }]));
    const path = `/v1/session/${await server.create()}/message`;
    const turn = await server.open("POST", path, { prompt: "Hi" });
    await upTo(turn, "question_asked");
    const [asked] = await (await server.ask("GET", "/v1/question")).json();
    const reply = (body: object) => server.ask("POST", `/v1/question/${asked.questionId}`, body);
    const several = await reply({ answers: ["A", "B"] });
    expect([several.status, await several.json()]).toMatchObject([
      400,
      { error: { code: "INVALID_REQUEST" } },
    ]);
    expect((await reply({ answers: ["A"] })).status).toBe(204);
    expect((await restOf(turn)).at(-1)).toMatchObject({ type: "message_done", status: "completed" });
    const late = await reply({ reject: true });
    expect([late.status, await late.json()]).toMatchObject([404, { error: { code: "QUESTION_NOT_FOUND" } }]);
  });

  it("tell MCP servers as they stand, also when one does not start", async () => {
    const files = { name: "files", status: "connected", toolPrefix: "files_" };
    const server = serve(createMockEngine(undefined, { mcpServers: [files] }));
    const config = { type: "stdio", command: "false" };
    const added = await server.ask("POST", "/v1/mcp", { name: "new", config });
    const failed = { name: "new", status: "failed", error: "It ended at once.", toolPrefix: "new_" };
    expect([added.status, await added.json()]).toEqual([200, [files, failed]]);
    const off = await server.ask("POST", "/v1/mcp/files/disconnect");
    expect([off.status, await off.json()]).toMatchObject([200, [{ status: "disabled" }, failed]]);
    const none = await server.ask("POST", "/v1/mcp/none/connect");
    expect([none.status, await none.json()]).toMatchObject([400, { error: { code: "INVALID_REQUEST" } }]);
  });

  it("tell an MCP server that wants a login: it is not this server that refuses a password", async () => {
    const locked = { name: "files", status: "needs_auth", toolPrefix: "files_" };
    const engine = createMockEngine(undefined, { mcpServers: [locked] });
    const mcp: DriverMcp = {
      status: async () => [locked],
      add: async () => [locked],
      connect: async () => [locked],
      disconnect: async () => [locked],
    };
    const server = serve(tampered(engine, () => ({ mcp })));
    const config = { type: "remote", url: "https://mcp.test" };
    for (const [path, body] of [["", { name: "files", config }], ["/files/connect"]] as const) {
      const response = await server.ask("POST", `/v1/mcp${path}`, body);
      expect([response.status, await response.json()]).toEqual([200, [locked]]);
    }
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
      capabilities: {
        ...{ storeMessage: true, permissions: true, summarize: false, questions: true },
        ...{
          updateSession: true,
          unarchive: true,
          deleteSession: true,
          fork: true,
          revert: true,
          todo: true,
        },
        ...{ diff: false, commands: true, models: false, providers: false, agents: false, variants: false },
        ...{ promptTools: true, reviewEdits: false, mcp: false, sessionPages: true },
      },
    });
    expect((await server.ask("POST", `/v1/session/${await server.create()}/summarize`)).status).toBe(501);
  });

  it("hand out the OpenAPI document", async () => {
    const response = await serve(createMockEngine()).ask("GET", "/v1/openapi.json");
    expect(await response.json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
  });
});
