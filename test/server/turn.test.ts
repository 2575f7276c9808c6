import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine, type MockEngine } from "../../src/testing/mock-engine.ts";
import { turnEventSchema } from "../../src/v1/schema/turn-event.ts";
import { gate, idle, tampered, until } from "../hub/support.ts";
import { nextOf, restOf, serve, upTo } from "./support.ts";

const path = (id: string) => `/v1/session/${id}/message`;
const prompts = ({ calls }: MockEngine) => calls.filter((call) => call.startsWith("prompt"));

describe("the answer to a prompt", () => {
  it("tells the turn from its start to its end, in events of the contract", async () => {
    const server = serve(
      createMockEngine(() => [{ reasoning: "Hm." }, { text: "Hello there" }, { tool: "bash", output: "ok" }]),
    );
    const id = await server.create();
    const response = await server.ask("POST", path(id), { prompt: "Hi" });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = await restOf(await server.open("POST", path(id), { prompt: "Hi" }));
    for (const event of events) expect(turnEventSchema.safeParse(event).success).toBe(true);
    // Deltas that waited for their reader are one.
    const kinds = events.map(({ type }) => type).filter((type, index, all) => type !== all[index - 1]);
    expect(kinds).toEqual([
      "turn_started",
      "reasoning_delta",
      "text_delta",
      "tool_call_start",
      "tool_call_update",
      "tool_call_result",
      "message_done",
    ]);
    const [started] = events;
    expect(started).toEqual({ type: "turn_started", sessionId: id, messageId: expect.any(String) });
    expect(events.at(-2)).toEqual({
      type: "tool_call_result",
      toolCallId: expect.any(String),
      result: "ok",
      isError: false,
    });
    expect(events.at(-1)).toMatchObject({
      status: "completed",
      message: { turnId: started?.messageId, content: { type: "text", text: "Hello there" } },
    });
  });

  it("ends with an error that says code and status", async () => {
    const error = { code: "RATE_LIMITED", message: "Slow down.", retryAfterMs: 1500 };
    const server = serve(createMockEngine(() => [{ error }]));
    const id = await server.create();
    const events = await restOf(await server.open("POST", path(id), { prompt: "Hi" }));
    expect(events.at(-1)).toEqual({
      type: "error",
      error: "Slow down.",
      code: "RATE_LIMITED",
      status: "error",
      retryAfterMs: 1500,
    });
  });

  it.each([
    [true, { code: "PROVIDER_ERROR", message: "502", retryable: true }],
    [false, { code: "RATE_LIMITED", message: "For good.", retryable: false }],
    [undefined, { code: "RATE_LIMITED", message: "Slow down." }],
  ])("says whether to try again where the code does not: %s", async (retryable, error) => {
    const server = serve(createMockEngine(() => [{ error }]));
    const id = await server.create();
    const events = await restOf(await server.open("POST", path(id), { prompt: "Hi" }));
    expect(events.at(-1)).toMatchObject({ type: "error", code: error.code });
    expect(events.at(-1)?.retryable).toBe(retryable);
  });

  it("says that a turn was aborted, and that a denied permission ended it", async () => {
    const server = serve(createMockEngine(idle));
    const id = await server.create();
    const frames = await server.open("POST", path(id), { prompt: "Hi" });
    expect(await nextOf(frames)).toMatchObject({ type: "turn_started" });
    expect((await server.ask("DELETE", `/v1/session/${id}`)).status).toBe(204);
    expect(await restOf(frames)).toMatchObject([
      { type: "error", code: "PROMPT_ABORTED", status: "aborted" },
    ]);
  });

  it("names the turn as the sender does", async () => {
    const server = serve(createMockEngine());
    const id = await server.create();
    const events = await restOf(await server.open("POST", path(id), { prompt: "Hi", messageId: "mine" }));
    expect(events[0]).toMatchObject({ messageId: "mine" });
    expect(events.at(-1)).toMatchObject({ message: { turnId: "mine" } });
    const messages = await (await server.ask("GET", path(id))).json();
    expect(messages).toMatchObject([
      { id: "mine", role: "user" },
      { turnId: "mine", role: "assistant" },
    ]);
  });

  it("hands the options to the engine, and the content as it is", async () => {
    const asked: object[] = [];
    const server = serve(
      createMockEngine(({ signal: _, newestMessageId: __, toolsOff: ___, ...request }) => {
        asked.push(request);
        return [];
      }),
    );
    const id = await server.create();
    const content = [
      { type: "text", text: "What is it?" },
      { type: "image", url: "https://images.test/a.png", mimeType: "image/png" },
    ];
    const options = { model: "acme/large", maxTokens: 10, temperature: 0.5, messageId: "mine" };
    await restOf(await server.open("POST", path(id), { content, ...options }));
    expect(asked).toEqual([{ sessionId: id, content, ...options }]);
  });

  it("beats while the turn is silent", async () => {
    const server = serve(createMockEngine(idle), { heartbeatMs: 5 });
    const id = await server.create();
    const response = await server.ask("POST", path(id), { prompt: "Hi" });
    const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await text?.read())?.value).toContain("turn_started");
    expect((await text?.read())?.value).toBe(": heartbeat\n\n");
    expect((await text?.read())?.value).toBe(": heartbeat\n\n");
    await text?.cancel();
  });

  it("goes on when the one who asked leaves", async () => {
    const hold = gate();
    const engine = createMockEngine(() => [{ wait: hold.opened }, { text: "Done." }]);
    const server = serve(engine);
    const id = await server.create();
    const leaving = new AbortController();
    const frames = await server.open(
      "POST",
      path(id),
      { prompt: "Hi", messageId: "mine" },
      { signal: leaving.signal },
    );
    await nextOf(frames);
    leaving.abort();
    expect(await restOf(frames)).toEqual([]);
    hold.open();
    const again = await restOf(await server.open("POST", path(id), { prompt: "Hi", messageId: "mine" }));
    expect(again.at(-1)).toMatchObject({ type: "message_done", message: { content: { text: "Done." } } });
    expect(engine.calls.filter((call) => call.startsWith("abort"))).toEqual([]);
  });

  it("waits with a request for permission for whoever answers, also when nobody is there", async () => {
    const engine = createMockEngine(() => [{ tool: "bash", ask: { description: "Run it" } }]);
    const server = serve(engine);
    const id = await server.create();
    const response = await server.ask("POST", path(id), { prompt: "Hi", messageId: "mine" });
    await response.body?.cancel();
    const [asked] = await pending();
    expect(asked).toMatchObject({ sessionId: id, description: "Run it", tool: "bash" });
    const reply = await server.ask("POST", `/v1/permission/${asked.permissionId}`, { decision: "allow" });
    expect(reply.status).toBe(204);
    const events = await restOf(await server.open("POST", path(id), { prompt: "Hi", messageId: "mine" }));
    expect(events.map(({ type }) => type)).toContain("permission_requested");
    expect(events.at(-1)).toMatchObject({ type: "message_done", status: "completed" });

    async function pending() {
      while (true) {
        const list = await (await server.ask("GET", "/v1/permission")).json();
        if (list.length > 0) return list;
      }
    }
  });
});

describe("the same prompt again", () => {
  it("gets the same turn from its beginning, while it runs and when it is over", async () => {
    const hold = gate();
    const engine = createMockEngine(() => [{ text: "One " }, { wait: hold.opened }, { text: "two" }]);
    const server = serve(engine);
    const id = await server.create();
    const body = { prompt: "Hi", messageId: "mine" };
    const first = await server.open("POST", path(id), body);
    const begun = await upTo(first, "text_delta");
    const second = await server.open("POST", path(id), body);
    hold.open();
    const whole = [...begun.map(({ id: _, ...event }) => event), ...(await restOf(first))];
    expect(await restOf(second)).toEqual(whole);
    expect(await restOf(await server.open("POST", path(id), body))).toEqual(whole);
    expect(prompts(engine)).toHaveLength(1);
  });

  it("is no second prompt either when both come at once, or with the id that the answer told", async () => {
    const engine = createMockEngine();
    const server = serve(engine);
    const id = await server.create();
    const body = { prompt: "Hi", messageId: "mine" };
    const [one, two] = await Promise.all([
      server.open("POST", path(id), body).then(restOf),
      server.open("POST", path(id), body).then(restOf),
    ]);
    expect(one).toEqual(two);
    expect(prompts(engine)).toHaveLength(1);
    const unnamed = await restOf(await server.open("POST", path(id), { prompt: "Hi" }));
    const again = { prompt: "Hi", messageId: unnamed[0]?.messageId };
    expect(await restOf(await server.open("POST", path(id), again))).toEqual(unnamed);
    expect(prompts(engine)).toHaveLength(2);
  });

  it("is one of its own in another session", async () => {
    const engine = createMockEngine();
    const server = serve(engine);
    for (const id of [await server.create(), await server.create()]) {
      await restOf(await server.open("POST", path(id), { prompt: "Hi", messageId: "mine" }));
    }
    expect(prompts(engine)).toHaveLength(2);
  });

  it("is sent to the engine again if that refused it", async () => {
    let busy = true;
    const refusing = tampered(createMockEngine(), (connection) => ({
      async prompt(request) {
        if (busy) throw new EngineError("SESSION_RUNNING", "Something runs there.");
        return connection.prompt(request);
      },
    }));
    const server = serve(refusing);
    const id = await server.create();
    const body = { prompt: "Hi", messageId: "mine" };
    const refused = await server.ask("POST", path(id), body);
    expect(refused.status).toBe(409);
    expect(await refused.json()).toEqual({
      error: { code: "SESSION_RUNNING", message: "Something runs there." },
    });
    busy = false;
    expect((await restOf(await server.open("POST", path(id), body))).at(-1)).toMatchObject({
      type: "message_done",
    });
  });

  it("stores no second message", async () => {
    const server = serve(createMockEngine());
    const id = await server.create();
    const body = { prompt: "Note", messageId: "mine", noReply: true };
    const first = await (await server.ask("POST", path(id), body)).json();
    const second = await (await server.ask("POST", path(id), body)).json();
    expect(first).toMatchObject({ role: "user", content: { type: "text", text: "Note" } });
    expect(second).toEqual(first);
    expect(await (await server.ask("GET", path(id))).json()).toHaveLength(1);
  });

  it("is forgotten only when it is over and a hundred others came after it", async () => {
    const hold = gate();
    const engine = createMockEngine(({ content }) => (content === "wait" ? [{ wait: hold.opened }] : []));
    const server = serve(engine);
    const running = await server.create();
    const id = await server.create();
    const send = async (sessionId: string, prompt: string, messageId: string) =>
      restOf(await server.open("POST", path(sessionId), { prompt, messageId }));
    const slow = send(running, "wait", "slow");
    await until(() => prompts(engine).length === 1);
    for (let n = 0; n < 101; n += 1) await send(id, "Hi", `mine_${n}`);
    await send(id, "Hi", "mine_100");
    expect(prompts(engine)).toHaveLength(102);
    hold.open();
    expect(await send(running, "wait", "slow")).toEqual(await slow);
    expect(prompts(engine)).toHaveLength(102);
  });
});

describe("async: true", () => {
  it("answers at once, and the turn is told on the bus alone", async () => {
    const server = serve(createMockEngine(() => [{ text: "Hello" }]));
    const id = await server.create();
    const bus = await server.open("GET", "/v1/events");
    const response = await server.ask("POST", path(id), { prompt: "Hi", messageId: "mine", async: true });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ messageId: "mine" });
    const events = await upTo(bus, "session_updated", (event) => JSON.stringify(event).includes("completed"));
    expect(events.filter(({ type }) => type === "message_created")).toMatchObject([
      { message: { id: "mine", role: "user" } },
      { message: { turnId: "mine", role: "assistant" } },
    ]);
  });
});
