import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import type { PromptRequest } from "../../src/engine/driver-requests.ts";
import { EngineError } from "../../src/engine/errors.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  fold,
  gate,
  rejection,
  settle,
  stage,
  tampered,
  unhandledRejections,
} from "./support.ts";

const answer = () => [
  { reasoning: "Let me think." },
  { text: "One two three." },
  { tool: "bash", input: { command: "ls" }, output: "a b" },
  { text: " Four five." },
];

describe("prompt: the ways to take it", () => {
  it("is iterated without being awaited", async () => {
    const { client, session } = await stage(answer);
    const events = await collect(client.session.prompt(session, "Hi"));
    expect(fold(events)).toBe("One two three. Four five.");
    expect(events.map((event) => event.type)).toEqual([
      ...Array(3).fill("reasoning_delta"),
      ...Array(3).fill("text_delta"),
      "tool_call_start",
      "tool_call_update",
      "tool_call_result",
      ...Array(2).fill("text_delta"),
      "message_done",
    ]);
    expect(events.at(-1)).toMatchObject({
      type: "message_done",
      status: "completed",
      message: { role: "assistant", content: { text: "One two three. Four five." } },
    });
  });

  it("is awaited, then iterated", async () => {
    const { client, session, engine } = await stage(answer);
    const stream = await client.session.prompt(session, "Hi");
    expect(engine.calls).toContain(`prompt ${session.id}`);
    expect(fold(await collect(stream))).toBe("One two three. Four five.");
  });

  it("gives text, result and settled, each as often as asked, and beside the iteration", async () => {
    const { client, session } = await stage(answer);
    const call = client.session.prompt(session, "Hi");
    const [events, text, again, result, settled] = await Promise.all([
      collect(call),
      call.text(),
      call.text(),
      call.result(),
      call.settled(),
    ]);
    expect(text).toBe("One two three. Four five.");
    expect(again).toBe(text);
    expect(fold(events)).toBe(text);
    expect(settled).toBe(result);
    expect(result).toMatchObject({
      status: "completed",
      sessionId: session.id,
      stopReason: "stop",
      text,
      toolCalls: [{ name: "bash", status: "success", output: "a b" }],
    });
    expect(result.turnId).toBe(result.message?.turnId);
    expect(result.error).toBeUndefined();
    expect(await (await call).text()).toBe(text);
  });

  it("is a web stream, which cancel() lets go of", async () => {
    const { client, session, engine } = await stage(answer);
    const events: PromptEvent[] = [];
    await client.session
      .prompt(session, "Hi")
      .toReadableStream()
      .pipeTo(new WritableStream({ write: (event) => void events.push(event) }));
    expect(fold(events)).toBe("One two three. Four five.");
    expect(events.at(-1)?.type).toBe("message_done");

    const call = client.session.prompt(session, "Hi");
    await call.toReadableStream().cancel();
    expect(await call.settled()).toMatchObject({ status: "completed" });
    expect(engine.calls).not.toContain(`abort ${session.id}`);
  });

  it("can be iterated once", async () => {
    const { client, session } = await stage(answer);
    const call = client.session.prompt(session, "Hi");
    await collect(call);
    const misuse = expect.objectContaining({ code: "INVALID_REQUEST" });
    await expect(collect(call)).rejects.toThrow(misuse);
    await expect(collect(await call)).rejects.toThrow(misuse);
    expect(() => call.toReadableStream()).toThrow(misuse);
    expect(await call.text()).toBe("One two three. Four five.");
  });

  it("takes a session or its id, and passes model, limits and content on", async () => {
    const asked: PromptRequest[] = [];
    const { client, session } = await stage((prompt) => {
      asked.push(prompt);
      return [{ text: "Yes." }];
    });
    const content = [{ type: "text", text: "Hi" } as const];
    await client.session.prompt(session.id, content, { model: "a/b", maxTokens: 5, temperature: 0 }).text();
    await client.session.prompt(session, "Again").text();
    expect(asked).toMatchObject([
      { sessionId: session.id, content, model: "a/b", maxTokens: 5, temperature: 0 },
      { sessionId: session.id, content: "Again" },
    ]);
    expect(asked[1]?.newestMessageId).toBeDefined();
  });

  it("reads the history of a session that it meets, and takes nothing of it for the turn", async () => {
    const engine = createMockEngine(() => [{ text: "Mine." }]);
    const other = clientOf(engine);
    const session = await other.session.create();
    await other.session.prompt(session, "Before").text();
    const client = clientOf(engine);
    expect(fold(await collect(client.session.prompt(session, "Now")))).toBe("Mine.");
  });

  it("runs several turns of several sessions at once, each with its own events", async () => {
    const { client } = await stage(({ content }) => [{ text: `You said ${content}.` }]);
    const sessions = await Promise.all([client.session.create(), client.session.create()]);
    const texts = await Promise.all(
      sessions.map(async ({ id }) => fold(await collect(client.session.prompt(id, id)))),
    );
    expect(texts).toEqual(sessions.map(({ id }) => `You said ${id}.`));
  });

  it("leaves no listener on the caller's signal, however the turn was taken", async () => {
    const { client, session } = await stage(answer);
    const { signal } = new AbortController();
    await client.session.prompt(session, "Hi", { signal }).text();
    await collect(client.session.prompt(session, "Hi", { signal }));
    for await (const _ of client.session.prompt(session, "Hi", { signal })) break;
    await client.session.prompt(session, "Hi", { signal }).settled();
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("prompt: when nobody looks", () => {
  it("fails without an unhandled rejection", async () => {
    const { client, engine, session } = await stage(() => [
      { error: { code: "RATE_LIMITED", message: "No." } },
    ]);
    const unhandled = await unhandledRejections(async () => {
      await client.session.prompt(session, "Hi").settled();
      await client.session.prompt("ses_none", "Hi").settled();
      client.session.prompt(session, "Hi", { signal: AbortSignal.abort(new Error("before")) });
      engine.drop();
      engine.refuse(new EngineError("AUTH_REQUIRED", "Who are you?"));
      client.session.prompt(session, "Hi");
    });
    expect(unhandled).toEqual([]);
  });

  it("rejects nowhere when it is refused after the client was disposed", async () => {
    const posting = gate();
    const refuse = Promise.withResolvers<void>();
    const client = clientOf(
      tampered(createMockEngine(), () => ({
        async prompt() {
          await posting.opened;
          return { turnId: "msg_t", accepted: refuse.promise };
        },
      })),
    );
    const session = await client.session.create();
    const unhandled = await unhandledRejections(async () => {
      const call = client.session.prompt(session, "Hi");
      await settle();
      await client.dispose();
      posting.open();
      await settle();
      refuse.reject(new Error("gone"));
      await call.settled();
    });
    expect(unhandled).toEqual([]);
  });

  it("rejects nowhere when the client is disposed under it", async () => {
    const { client, session } = await stage(() => [{ wait: new Promise(() => {}) }]);
    const unhandled = await unhandledRejections(async () => {
      await client.session.prompt(session, "Hi");
      client.session.prompt(session, "Hi");
      await client.dispose();
    });
    expect(unhandled).toEqual([]);
  });
});

describe("prompt: refused", () => {
  it("says that there is no such session, wherever it is asked", async () => {
    const { client, engine } = await stage();
    const call = client.session.prompt("ses_none", "Hi");
    const missing = { code: "SESSION_NOT_FOUND", sessionId: "ses_none" };
    expect(await rejection(call.text())).toMatchObject(missing);
    expect(await rejection(call.result())).toMatchObject(missing);
    expect(await rejection(call.then(() => {}))).toMatchObject(missing);
    expect(await collect(call)).toMatchObject([
      { type: "error", code: "SESSION_NOT_FOUND", status: "error" },
    ]);
    const settled = await call.settled();
    expect(settled).toMatchObject({ status: "error", text: "", messages: [], error: missing });
    expect(settled.turnId).toBeUndefined();
    expect(engine.calls).not.toContain("prompt ses_none");
  });

  it.each([
    ["the request", new EngineError("INVALID_REQUEST", "No such model."), "INVALID_REQUEST"],
    ["the request with something strange", new TypeError("odd"), "UNKNOWN"],
  ])("ends with the reason when the engine refuses %s", async (_, refusal, code) => {
    const engine = createMockEngine();
    const client = clientOf(
      tampered(engine, () => ({
        prompt: async () => ({ turnId: "msg_never", accepted: Promise.reject(refusal) }),
      })),
    );
    const call = client.session.prompt(await client.session.create(), "Hi");
    expect(await rejection(call.then(() => {}))).toMatchObject({ code });
    expect(await collect(call)).toMatchObject([{ type: "error", code, status: "error" }]);
    const failure = await rejection(call.text());
    expect(failure).toMatchObject({ code, result: { status: "error", turnId: "msg_never", text: "" } });
    expect(failure === refusal || failure.cause === refusal).toBe(true);
    // There is nothing to abort, and the client is as good as before.
    await settle();
    expect(engine.calls.filter((asked) => asked.startsWith("abort"))).toEqual([]);
    expect(await client.session.list()).toHaveLength(1);
  });

  it("ends with the reason when the driver can't even ask", async () => {
    const engine = createMockEngine();
    const refusal = new EngineError("SESSION_RUNNING", "Busy.");
    const client = clientOf(tampered(engine, () => ({ prompt: () => Promise.reject(refusal) })));
    const call = client.session.prompt(await client.session.create(), "Hi");
    expect(await rejection(call.text())).toBe(refusal);
    expect((await call.settled()).turnId).toBeUndefined();
  });
});
