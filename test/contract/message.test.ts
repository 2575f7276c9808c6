import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { PromptRequest } from "../../src/engine/driver-requests.ts";
import type { PromptOpts } from "../../src/engine/engine-client.ts";
import type { PromptContent } from "../../src/engine/prompt-content.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import { collect, fold } from "../hub/support.ts";
import { bytesOf, cutAt, frame, sse } from "./sse.ts";
import { itFails, oldHealth, plain, type Stage, type StageOptions, stage, withBody } from "./support.ts";

describe("GET /v1/session/:id/message", () => {
  const path = "/v1/session/ses_1/message";
  const least = {
    id: "msg_1",
    sessionId: "ses_1",
    role: "assistant",
    content: { type: "text", text: "Hello" },
    createdAt: 1,
  };
  const toolCall = { id: "call_1", name: "bash", input: { command: "ls" }, status: "success", output: "a" };

  it("reads the messages, oldest first", async () => {
    const { client, sent } = stage({ script: () => [{ text: "Hello" }] });
    const session = await client.session.create();
    const { turnId } = await client.session.prompt(session, "Hi").result();
    expect(await client.session.messages(session)).toMatchObject([
      { id: turnId, role: "user", content: { type: "text", text: "Hi" } },
      { turnId, role: "assistant", content: { type: "text", text: "Hello" }, stopReason: "stop" },
    ]);
    expect(sent("listMessages").at(-1)).toEqual(plain("GET", `/v1/session/${session.id}/message`));
  });

  it("takes messages that tell no parts: text, attachment, calls and their results", async () => {
    const { client, answer, sent } = stage();
    const running = { id: "call_2", name: "read", input: {}, status: "running" };
    answer("listMessages", () =>
      Response.json([
        least,
        { ...least, id: "msg_2", role: "user", content: { type: "image", url: "https://a.test/b.png" } },
        {
          ...least,
          id: "msg_3",
          toolCalls: [toolCall, running],
          toolResults: [{ toolCallId: "call_2", output: "No.", isError: true }],
        },
      ]),
    );
    expect(await client.session.messages("ses_1")).toMatchObject([
      { id: "msg_1", content: { type: "text", text: "Hello" }, parts: [{ type: "text", text: "Hello" }] },
      { id: "msg_2", content: { type: "image", url: "https://a.test/b.png" } },
      {
        id: "msg_3",
        content: { text: "Hello" },
        toolCalls: [toolCall, { ...running, status: "error", error: "No." }],
        toolResults: [
          { toolCallId: "call_1", output: "a" },
          { toolCallId: "call_2", output: "No.", isError: true },
        ],
      },
    ]);
    expect(sent("listMessages")).toEqual([plain("GET", path)]);
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const counts = {
      inputTokens: 1,
      outputTokens: 2,
      reasoningTokens: 3,
      cachedTokens: 4,
      cacheWriteTokens: 5,
    };
    const usage = { ...counts, costUsd: 0.5 };
    const parts = [
      { type: "reasoning", id: "prt_1", text: "Hm." },
      { type: "text", id: "prt_2", text: "Hello" },
      { type: "tool", id: "prt_3", toolCall },
    ];
    const whole = {
      ...least,
      turnId: "msg_0",
      completedAt: 2,
      model: "acme/large",
      usage,
      stopReason: "stop",
      error: { code: "PROVIDER_ERROR", message: "No." },
      summary: true,
      complete: true,
    };
    const nulls = Object.fromEntries(
      ["turnId", "completedAt", "toolCalls", "toolResults", "usage", "stopReason", "summary"].map((name) => [
        name,
        null,
      ]),
    );
    answer("listMessages", () =>
      Response.json([
        { ...whole, parts: [...parts, { type: "hologram", id: "prt_4", url: "x" }], mood: "fine" },
        { ...least, ...nulls, id: "msg_2", parts: null, model: null, error: null, complete: null },
      ]),
    );
    const [first, second] = await client.session.messages("ses_1");
    expect(first).toMatchObject(whole);
    expect(first?.parts).toMatchObject([parts[0], parts[1], { type: "tool", toolCall }]);
    expect(first).not.toHaveProperty("mood");
    const { parts: _, ...rest } = second ?? {};
    expect(rest).toEqual({ ...least, id: "msg_2" });
  });

  itFails("listMessages", { call: (client) => client.session.messages("ses_1") });
});

describe("POST /v1/session/:id/message", () => {
  const image = { type: "image", url: "data:image/png;base64,AA==", mimeType: "image/png" } as const;
  const bodies: readonly (readonly [name: string, content: PromptContent, PromptOpts, body: object])[] = [
    ["a text", "Hi", {}, { prompt: "Hi" }],
    ["one content", { type: "text", text: "Hi" }, {}, { content: [{ type: "text", text: "Hi" }] }],
    [
      "several contents",
      [{ type: "text", text: "What is it?" }, image],
      {},
      { content: [{ type: "text", text: "What is it?" }, image] },
    ],
    [
      "what is at addresses and on the server's disk, as it is, with its name and lines",
      ["Look", { path: "/src/a b.ts", lines: [3, 5] }, { url: "https://acme.test/b.png", name: "b" }],
      {},
      {
        content: [
          { type: "text", text: "Look" },
          { type: "file", url: "file:///src/a%20b.ts?start=3&end=5", name: "a b.ts" },
          { type: "file", url: "https://acme.test/b.png", name: "b" },
        ],
      },
    ],
    [
      "what the client has, as a data: address",
      [{ data: new Blob(["hi"], { type: "text/plain" }), name: "a.txt" }],
      {},
      {
        content: [
          { type: "file", url: "data:text/plain;base64,aGk=", mimeType: "text/plain", name: "a.txt" },
        ],
      },
    ],
    [
      "a system prompt of its own",
      "Hi",
      { systemPrompt: "Be brief." },
      { prompt: "Hi", systemPrompt: "Be brief." },
    ],
    [
      "options",
      "Hi",
      { model: "acme/large", maxTokens: 100, temperature: 0 },
      { prompt: "Hi", model: "acme/large", maxTokens: 100, temperature: 0 },
    ],
  ];
  it.each(bodies)("sends %s", async (_, content, options, body) => {
    const { client, sent, engine } = stage();
    const session = await client.session.create();
    const result = await client.session.prompt(session, content, options).result();
    expect(result).toMatchObject({ status: "completed", text: "Mock answer." });
    expect(sent("prompt")).toEqual([
      withBody(
        "POST",
        `/v1/session/${session.id}/message`,
        { ...body, messageId: expect.stringMatching(/^msg_[0-9a-f]{32}$/) },
        "text/event-stream",
      ),
    ]);
    expect(sent("prompt")[0]?.body).toMatchObject({ messageId: result.turnId });
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toHaveLength(1);
  });

  it("leaves the session's system prompt to the server, which has it", async () => {
    const { client, sent } = stage();
    const session = await client.session.create({ systemPrompt: "Be brief." });
    await client.session.prompt(session, "Hi").result();
    expect(sent("prompt")[0]?.body).not.toHaveProperty("systemPrompt");
  });

  it("answers with what fits a schema: it asks once more", async () => {
    const answers = ["Ada", '{"name":"Ada"}'];
    const { client, sent } = stage({ script: () => [{ text: answers.shift() ?? "" }] });
    const session = await client.session.create();
    const output = z.object({ name: z.string() });
    const result = await client.session.prompt(session, "Who?", { output }).result();
    expect(result.output).toEqual({ name: "Ada" });
    expect(sent("prompt")).toHaveLength(2);
  });

  it("names the turn as its caller does", async () => {
    const { client, sent } = stage();
    const session = await client.session.create();
    const result = await client.session.prompt(session, "Hi", { messageId: "mine" }).result();
    expect(sent("prompt")[0]?.body).toEqual({ prompt: "Hi", messageId: "mine" });
    expect(result).toMatchObject({ turnId: "mine", message: { turnId: "mine" } });
  });

  it("stores a message without running the model: noReply", async () => {
    const { client, sent, engine } = stage();
    const session = await client.session.create();
    const message = await client.message.create(session, "Note");
    expect(message).toMatchObject({ role: "user", content: { type: "text", text: "Note" } });
    expect(sent("prompt")).toEqual([
      withBody("POST", `/v1/session/${session.id}/message`, { prompt: "Note", noReply: true }),
    ]);
    expect(await client.session.messages(session)).toEqual([message]);
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toEqual([]);
  });

  it("is only acknowledged where the caller wants that: async", async () => {
    const { client, sent } = stage({
      client: { asyncPrompts: true },
      script: () => [{ text: "Hello there" }, { tool: "bash", output: "ok" }],
    });
    const session = await client.session.create();
    const events = await collect(client.session.prompt(session, "Hi"));
    expect(sent("prompt")).toEqual([
      withBody("POST", `/v1/session/${session.id}/message`, {
        prompt: "Hi",
        messageId: expect.any(String),
        async: true,
      }),
    ]);
    expect(fold(events)).toBe("Hello there");
    expect(events.at(-1)).toMatchObject({ type: "message_done", status: "completed" });
  });

  const endings: readonly (readonly [string, StageOptions, object])[] = [
    ["completed", { script: () => [{ reasoning: "Hm." }, { text: "Hello there" }] }, { text: "Hello there" }],
    [
      "error",
      { script: () => [{ text: "Hel" }, { error: { code: "CONTEXT_OVERFLOW", message: "Too long." } }] },
      { text: "Hel", error: { code: "CONTEXT_OVERFLOW" } },
    ],
  ];
  const servers = [
    ["with a bus", {}],
    ["with the six routes that every server has", { coreOnly: true }],
    ["asked with async: true", { client: { asyncPrompts: true } }],
  ] as const;
  for (const [server, options] of servers) {
    it.each(endings)(`tells a turn that ends as %s, ${server}`, async (status, script, result) => {
      const { client } = stage({ ...script, ...options });
      const call = client.session.prompt(await client.session.create(), "Hi");
      const events = await collect(call);
      expect(await call.settled()).toMatchObject({ status, ...result });
      expect(fold(events)).toBe((await call.settled()).text);
    });
  }

  itFails("prompt", {
    call: async (client) => client.session.prompt(await client.session.create(), "Hi").text(),
  });

  it("carries the agent, the variant and the tools that are off to the engine", async () => {
    const asked: PromptRequest[] = [];
    const { client, sent } = stage({
      script: (request) => {
        asked.push(request);
        return [];
      },
    });
    const session = await client.session.create();
    const options = { agent: "build", variant: "high", tools: { bash: false, edit: false } } as const;
    await client.session.prompt(session, "Hi", options).result();
    const told = { agent: "build", variant: "high", toolsOff: ["bash", "edit"] };
    expect(sent("prompt")[0]?.body).toMatchObject(told);
    expect(asked).toMatchObject([told]);
  });

  it("says nothing of what is not asked for: an older server would refuse the field", async () => {
    const { client, sent } = stage();
    const session = await client.session.create();
    await client.session.prompt(session, "Hi", { tools: {} }).result();
    const fields = Object.keys(Object(sent("prompt")[0]?.body));
    expect(fields.toSorted()).toEqual(["messageId", "prompt"]);
  });

  it.each([
    [{ agent: "build" }, "agents"],
    [{ variant: "high" }, "variants"],
    [{ tools: { bash: false } }, "promptTools"],
  ] as const)("is refused rather than forgotten, on an older server: %j", async (options, capability) => {
    const { client, answer, sent } = stage();
    answer("health", () => Response.json(oldHealth));
    const call = client.session.prompt(await client.session.create(), "Hi", options);
    await expect(call.text()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining(`"${capability}"`),
    });
    expect(sent("prompt")).toEqual([]);
  });

  describe("its stream, where the server has no bus", () => {
    const id = "ses_1";
    const toolCall = { id: "call_1", name: "bash", input: { command: "ls" }, status: "pending" };
    const said = "Grüße, 世界 🌍!";
    const message = {
      id: "msg_a",
      sessionId: id,
      role: "assistant",
      turnId: "mine",
      createdAt: 1,
      completedAt: 2,
      content: { type: "text", text: said },
      stopReason: "stop",
    };
    const text = (offset: number, delta: string) => ({
      type: "text_delta",
      messageId: "msg_a",
      partId: "prt_1",
      offset,
      delta,
    });
    const started = { type: "turn_started", sessionId: id, messageId: "mine" };
    const done = { type: "message_done", message, status: "completed" };
    const turn = [
      started,
      { type: "reasoning_delta", messageId: "msg_a", partId: "prt_0", offset: 0, delta: "Hm." },
      text(0, "Grüße, "),
      text(7, "世界 🌍!"),
      { type: "tool_call_start", messageId: "msg_a", toolCall },
      { type: "tool_call_update", messageId: "msg_a", toolCall: { ...toolCall, status: "running" } },
      { type: "tool_call_result", toolCallId: "call_1", result: "a b" },
      done,
    ];
    const wire = <Event extends { readonly type: string }>(events: readonly Event[]) =>
      events.map((event) => frame(event)).join("");

    /** A server without a bus whose turns are these chunks, each time anew. */
    function streaming(
      respond: () => Response,
    ): Stage & { prompt(): ReturnType<Stage["client"]["session"]["prompt"]> } {
      const given = stage();
      given.answer("events", () => new Response("not here", { status: 404 }));
      given.answer("prompt", respond);
      given.engine.emit({ type: "session_created", session: { id, title: "", createdAt: 1, updatedAt: 1 } });
      return { ...given, prompt: () => given.client.session.prompt(id, "Hi", { messageId: "mine" }) };
    }

    const shown = (events: readonly PromptEvent[]) => events.map(({ type }) => type);

    it("tells the whole turn", async () => {
      const { prompt } = streaming(() => sse(wire(turn)));
      const call = prompt();
      const events = await collect(call);
      expect(fold(events)).toBe(said);
      expect(shown(events)).toEqual([
        "reasoning_delta",
        "text_delta",
        "text_delta",
        "tool_call_start",
        "tool_call_update",
        "tool_call_result",
        "message_done",
      ]);
      expect(await call.result()).toMatchObject({
        status: "completed",
        turnId: "mine",
        text: said,
        toolCalls: [{ id: "call_1", status: "success", output: "a b" }],
      });
    });

    it.each([
      ["every byte is a chunk", bytesOf(wire(turn))],
      ["every byte is a chunk, and lines end with CRLF", bytesOf(wire(turn).replaceAll("\n", "\r\n"))],
      ["lines end with CR", [wire(turn).replaceAll("\n", "\r")]],
      ["there are comments between", [wire(turn).replaceAll("\n\n", "\n\n: heartbeat\n\n:\n\n")]],
      ["there is a byte order mark", [`\uFEFF${wire(turn)}`]],
      ["an unknown event comes", [wire([started, { type: "mood_changed" }, ...turn.slice(1)])]],
      ["nothing names the events", [wire(turn).replaceAll(/event: .*\n/g, "")]],
      ["it ends twice", [wire([...turn, done])]],
      ["it goes on after its end", [wire([...turn, text(11, " And more."), { type: "error", error: "x" }])]],
      ["a delta comes twice", [wire([...turn.slice(0, 3), ...turn.slice(2)])]],
    ])("means the same when %s", async (_, chunks) => {
      const { prompt, diagnostics } = streaming(() => sse(...chunks));
      const call = prompt();
      expect(fold(await collect(call))).toBe(said);
      expect(await call.result()).toMatchObject({ text: said, toolCalls: [{ output: "a b" }] });
      expect(diagnostics).toEqual([]);
    });

    it("means the same however it is cut", async () => {
      let chunks: readonly Uint8Array[] = [];
      const { prompt } = streaming(() => sse(...chunks));
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(2000), { maxLength: 40 }), fc.boolean(), async (places, crlf) => {
          const whole = crlf ? wire(turn).replaceAll("\n", "\r\n") : wire(turn);
          chunks = cutAt(whole, places);
          const call = prompt();
          expect(fold(await collect(call))).toBe(said);
          expect((await call.result()).toolCalls).toMatchObject([{ output: "a b" }]);
        }),
        { numRuns: 30 },
      );
    });

    it.each([
      ["no JSON", "event: text_delta\ndata: {broken\n\n"],
      ["a known event of another shape", frame({ ...text(0, ""), delta: 5 })],
      ["an event without its type", "event: text_delta\ndata: {}\n\n"],
    ])("goes on after %s, and says so", async (_, broken) => {
      const { prompt, diagnostics } = streaming(() =>
        sse(wire(turn.slice(0, 2)), broken, wire(turn.slice(2))),
      );
      expect(fold(await collect(prompt()))).toBe(said);
      expect(diagnostics).toMatchObject([{ level: "warning", code: "malformed_event" }]);
    });

    it.each([
      ["error", "PROVIDER_ERROR", "error"],
      ["aborted", "PROMPT_ABORTED", "aborted"],
      ["lost", "TURN_LOST", "lost"],
    ])("ends with the status %s", async (status, code, settled) => {
      const end = { type: "error", error: "No.", code, status };
      const { prompt } = streaming(() => sse(wire([...turn.slice(0, 4), end])));
      const call = prompt();
      expect((await collect(call)).at(-1)).toMatchObject({ type: "error", code, status });
      expect(await call.settled()).toMatchObject({ status: settled, text: said, error: { code } });
    });

    it("ends with an error that may go better the next time, where the server says so", async () => {
      const end = { type: "error", error: "502", code: "PROVIDER_ERROR", status: "error", retryable: true };
      const { prompt } = streaming(() => sse(wire([...turn.slice(0, 4), end])));
      expect((await prompt().settled()).error).toMatchObject({ code: "PROVIDER_ERROR", retryable: true });
    });

    it.each(["superseded", "rejected"])("ends with message_done and the status %s", async (status) => {
      const { prompt } = streaming(() => sse(wire([...turn.slice(0, 4), { ...done, status }])));
      expect(await prompt().settled()).toMatchObject({ status, text: said });
    });

    it("is asked for again with the same messageId when it ends early, and goes on where it was", async () => {
      const { answer, prompt, sent } = streaming(() => {
        answer("prompt", () => sse(wire(turn)));
        return sse(wire(turn.slice(0, 3)));
      });
      const call = prompt();
      expect(fold(await collect(call))).toBe(said);
      expect(await call.result()).toMatchObject({ text: said });
      const [first, second] = sent("prompt");
      expect(second?.body).toEqual(first?.body);
      expect(first?.body).toEqual({ prompt: "Hi", messageId: "mine" });
    });
  });
});
