import type { OpenCodeClient, PromptEvent } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { providerWires, wireProviders } from "../support/provider-wires.ts";
import { scripted } from "../support/scripted-config.ts";
import {
  callTool,
  callToolWith,
  failInStream,
  failWith,
  finish,
  nextStep,
  overflow,
  say,
  sayMuch,
  script,
  think,
  usage,
} from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { foldPrompt } from "./fold.ts";
import { plainMessage, plainTurn } from "./plain-turn.ts";

const real = useRealEngine({
  config: (model) => ({ permission: { bash: "ask" }, provider: wireProviders(model, scripted) }),
});

/** Runs the prompts one after the other in a new session; what comes back is of the last. */
async function run(client: OpenCodeClient, provider: string, ...prompts: string[]) {
  const session = await client.session.create({ model: `${provider}/scripted`, title: "Wires" });
  const turns = [];
  for (const prompt of prompts) {
    const events: PromptEvent[] = [];
    const call = client.session.prompt(session, prompt);
    for await (const event of call) {
      events.push(event);
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
    }
    turns.push({ session, events, result: await call.settled() });
  }
  const last = turns.at(-1);
  if (last === undefined) throw new Error("There is nothing to run.");
  return last;
}

const answer = (...parts: object[]) => ({
  role: "assistant",
  model: "PROVIDER/scripted",
  stopReason: "stop",
  parts,
});
const toolStep = (...parts: object[]) => ({ ...answer(...parts), stopReason: "tool_calls" });
const text = (said: string) => ({ type: "text", text: said });
const reasoning = (said: string) => ({ type: "reasoning", text: said });

// Every wire is held against the same literals, so that all are equal; what a wire can't say is in `counts`.
describe.each(providerWires)("$name", ({ provider, wire, counts }) => {
  it("gives text, reasoning, a tool that asks first, and what they cost", async () => {
    const client = real.client();
    const tokens = usage({ input: 100, output: 40, cached: 30, reasoning: 10 });
    const input = { command: "echo hi", description: "Greets" };
    const look = [think("Let me see."), say("I will look. "), callTool("bash", input, { size: 7 }), tokens];
    const prompt = script(...look, nextStep(), think("Greeted."), say("Done."));
    const { events, result, session } = await run(client, provider, prompt);

    const reasoningTokens = counts.reasoning ? 10 : 0;
    const cachedTokens = counts.cached ? 30 : 0;
    expect(plainTurn(result, provider)).toEqual({
      status: "completed",
      text: "I will look. Done.",
      stopReason: "stop",
      error: undefined,
      usage: {
        inputTokens: 110 - cachedTokens,
        outputTokens: 45 - reasoningTokens,
        reasoningTokens,
        cachedTokens,
        // A dollar for a million in, two for a million out, reasoning included; the cache is free.
        costUsd: expect.closeTo((110 - cachedTokens + 2 * 45) / 1e6, 9),
      },
      messages: [
        toolStep(reasoning("Let me see."), text("I will look. "), {
          type: "tool",
          name: "bash",
          status: "success",
          input,
          output: "hi\n",
          title: "echo hi",
          error: undefined,
        }),
        answer(reasoning("Greeted."), text("Done.")),
      ],
    });
    const types = [...new Set(events.map(({ type }) => type))].sort();
    expect(types).toEqual([
      "message_done",
      "permission_requested",
      "reasoning_delta",
      "text_delta",
      "tool_call_result",
      "tool_call_start",
      "tool_call_update",
    ]);
    const folded = foldPrompt(events);
    expect(folded).toEqual({
      text: result.text,
      reasoning: "Let me see.Greeted.",
      toolCalls: result.toolCalls,
    });
    const history = (await client.session.messages(session)).slice(1);
    const plain = history.map((message) => plainMessage(message, provider));
    expect(plain).toEqual(plainTurn(result, provider).messages);
    // And it was this wire that all of it came over.
    const asked = real.engine.model.requests.filter(({ prompt: sent }) => sent.includes(prompt));
    expect(asked.map((request) => request.wire)).toContain(wire);
    expect(real.engine.model.requests.filter(({ model }) => model !== "scripted")).toEqual([]);
  });

  it("gives parallel tools, long answers, and pairs that are cut in the middle", async () => {
    const client = real.client();
    const call = (word: string) => callTool("bash", { command: `echo ${word}`, description: "Says it" });
    const parallel = await run(client, provider, script(call("a"), call("b"), nextStep(), say("Both.")));
    expect(parallel.result).toMatchObject({ status: "completed", text: "Both.", messages: { length: 2 } });
    expect(parallel.result.toolCalls.map(({ output }) => output)).toEqual(["a\n", "b\n"]);
    expect(new Set(parallel.result.toolCalls.map(({ id }) => id)).size).toBe(2);

    const long = await run(client, provider, script(sayMuch(20_000), say("a😀b", { size: 2 })));
    expect(long.result.text).toMatch(/^[.\d\n]{20000}a😀b$/u);
    expect(foldPrompt(long.events).text).toBe(long.result.text);
  });

  it("gives calls that the engine can't make sense of", async () => {
    const client = real.client();
    const wrong = await run(client, provider, script(callTool("bash", { x: 1 }), nextStep(), say("Oh.")));
    expect(wrong.result.text).toBe("Oh.");
    expect(wrong.result.toolCalls).toMatchObject([
      { name: "bash", status: "error", error: expect.stringContaining("invalid arguments") },
    ]);
    const absent = await run(client, provider, script(callTool("nosuch"), nextStep(), say("Oh.")));
    expect(absent.result.toolCalls).toMatchObject([{ name: "invalid", input: { tool: "nosuch" } }]);
    // Google has objects for arguments, and no way to send what is no JSON.
    if (wire === "generate-content") return;
    const garbled = await run(
      client,
      provider,
      script(callToolWith("bash", "{oops"), nextStep(), say("Oh.")),
    );
    expect(garbled.result.toolCalls).toMatchObject([{ name: "invalid", input: { tool: "bash" } }]);
  });

  it.each([
    ["length", "completed", undefined],
    [
      "content_filter",
      "error",
      {
        code: "PROVIDER_ERROR",
        message: expect.stringMatching(/^The provider "PROVIDER" withheld the answer/),
      },
    ],
  ])("says that it stopped for %s", async (reason, status, error) => {
    const { result } = await run(real.client(), provider, script(say("As far as"), finish(reason)));
    expect(plainTurn(result, provider)).toMatchObject({
      status,
      stopReason: reason,
      text: "As far as",
      ...(error && { error }),
    });
  });

  it("goes on after a conversation that no longer fits", async () => {
    const prompts = [script(say("Something.")), script(overflow(), nextStep(), say("Never."))];
    const { result } = await run(real.client(), provider, ...prompts);
    expect(result).toMatchObject({ status: "completed", text: "Hello there from the scripted model." });
  });

  it.each([
    [400, "Not like this", "PROVIDER_ERROR", "failed: Not like this"],
    // Google and others refuse a key so.
    [400, "API key not valid.", "AUTH_REQUIRED", "refused its credentials: API key not valid."],
    [401, "Not like this", "AUTH_REQUIRED", "refused its credentials: Not like this."],
    [403, "Not like this", "AUTH_REQUIRED", "refused its credentials: Not like this."],
    [404, "Not like this", "PROVIDER_ERROR", "failed: Not like this"],
  ])("fails with %i, %j: %s", async (status, message, code, sentence) => {
    const { result, events } = await run(real.client(), provider, script(failWith(status, { message })));
    expect(plainTurn(result, provider)).toMatchObject({
      status: "error",
      text: "",
      error: {
        code,
        message: expect.stringContaining(`The provider "PROVIDER" ${sentence}`),
        retryAfterMs: undefined,
      },
    });
    expect(events.map(({ type }) => type)).toEqual(["error"]);
  });

  it("fails with 429: RATE_LIMITED, with the time that it asks for", async () => {
    const fails = failWith(429, { message: "Slow down", retryAfterMs: 25 });
    const { result, events } = await run(real.client(), provider, script(fails));
    expect(plainTurn(result, provider).error).toEqual({
      code: "RATE_LIMITED",
      message: 'The provider "PROVIDER" is limiting requests: Slow down',
      retryAfterMs: 25,
    });
    expect(events.map(({ type }) => type)).toEqual([...Array(5).fill("retrying"), "error"]);
  });

  it("fails for a time, and is asked again when it said", async () => {
    const asked = Date.now();
    const fails = failWith(429, { message: "Slow down", retryAfter: 1, times: 1 });
    const { result, events } = await run(real.client(), provider, script(fails, say("At last."), provider));
    expect(events[0]).toMatchObject({ type: "retrying", attempt: 1 });
    expect(events[0]).toHaveProperty(
      "nextAt",
      expect.toSatisfy((at: number) => at >= asked + 1_000),
    );
    expect(result).toMatchObject({ status: "completed", text: "At last." });
  });
});

describe("a failure in the middle of an answer", () => {
  const prompt = script(failInStream("It burns"));

  // Google has no form for it.
  const able = providerWires.filter(({ wire }) => wire !== "generate-content");
  it.each(able)("is told in the provider's own words: $name", async ({ provider, asksAgain }) => {
    const client = real.client();
    const session = await client.session.create({ model: `${provider}/scripted`, title: "Wires" });
    const call = client.session.prompt(session, prompt);
    const retries: string[] = [];
    for await (const event of call) {
      if (event.type !== "retrying") continue;
      retries.push(event.message);
      await call.abort();
    }
    expect(retries).toEqual(asksAgain ? ["It burns"] : []);
    const failed = { code: "PROVIDER_ERROR", message: 'The provider "PROVIDER" failed: It burns' };
    const error = asksAgain ? { code: "PROMPT_ABORTED" } : failed;
    expect(plainTurn(await call.settled(), provider).error).toMatchObject(error);
  });

  it("passes the engine by where its provider is Google: it asks again without end, until the time is up", async () => {
    const client = real.client();
    const session = await client.session.create({ model: "gemini/scripted", title: "Wires" });
    const result = await client.session.prompt(session, prompt, { timeouts: { total: 3_000 } }).settled();
    expect(result).toMatchObject({ status: "error", text: "", error: { code: "TIMEOUT" } });
    await client.registry.waitFor(session, ({ status }) => status !== "running", { timeout: 20_000 });
    expect(
      real.engine.model.requests.filter((asked) => asked.prompt.includes(prompt)).length,
    ).toBeGreaterThan(5);
  });
});
