import type { PromptEvent } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { failWith, nextStep, overflow, say, script, think } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { collect, foldPrompt } from "./fold.ts";

const real = useRealEngine();
const typesOf = (events: readonly PromptEvent[]) => [...new Set(events.map(({ type }) => type))];

describe("a model that fails, and then does not", () => {
  it.each([
    [429, "Slow down"],
    [500, "Oops"],
  ])("is tried again after %i, and every wait is told", async (status, message) => {
    const client = real.client();
    const session = await client.session.create();
    const before = Date.now();
    const fails = failWith(status, { message, times: 2, retryAfterMs: 20 });
    const call = client.session.prompt(session, script(fails, say("At last.")));
    const events = await collect(call);
    const waits = events.filter((event) => event.type === "retrying");
    expect(waits.map(({ attempt }) => attempt)).toEqual([1, 2]);
    for (const wait of waits) {
      expect(wait.message).toContain(message);
      expect(wait.nextAt).toBeGreaterThanOrEqual(before);
    }
    expect(foldPrompt(events).text).toBe("At last.");
    expect(await call.settled()).toMatchObject({ status: "completed", text: "At last." });
    expect(typesOf(events)).toEqual(["retrying", "text_delta", "message_done"]);
  });
});

describe("a model that goes on failing", () => {
  it("limits requests: RATE_LIMITED, with the time that it asks for", async () => {
    const client = real.client();
    const session = await client.session.create();
    const fails = failWith(429, { message: "Slow down", retryAfterMs: 25 });
    const result = await client.session.prompt(session, script(fails)).settled();
    expect(result).toMatchObject({
      status: "error",
      error: { code: "RATE_LIMITED", retryAfterMs: 25, retryable: true },
    });
    expect(result.error?.message).toMatch(/"local" is limiting requests: .*Slow down/);
  });

  it("breaks down: PROVIDER_ERROR, in its words", async () => {
    const client = real.client();
    const session = await client.session.create();
    const fails = failWith(500, { message: "It burns", retryAfterMs: 20 });
    const call = client.session.prompt(session, script(fails));
    expect((await collect(call)).filter(({ type }) => type === "retrying").length).toBeGreaterThan(2);
    await expect(call.text()).rejects.toMatchObject({
      code: "PROVIDER_ERROR",
      message: expect.stringMatching(/"local" failed: .*It burns/),
    });
    expect((await client.session.get(session)).status).toBe("error");
  });
});

describe("a conversation that no longer fits the model", () => {
  it("is compacted by the engine, and the prompt gets the answer that follows", async () => {
    const client = real.client();
    const session = await client.session.create();
    await client.session.prompt(session, script(say("Something to compact."))).text();
    const call = client.session.prompt(session, script(overflow(), nextStep(), say("Never reached.")));
    const events = await collect(call);
    const result = await call.settled();
    expect(result.status).toBe("completed");
    expect(result.text).not.toBe("");
    expect(result.text).not.toContain("Scripted summary");
    expect(foldPrompt(events).text).toBe(result.text);
    const history = await client.session.messages(session);
    expect(history.at(-1)?.content.text).toBe(result.messages.at(-1)?.content.text);
    expect((await client.session.get(session)).status).toBe("completed");
  });
});

describe("a client whose clock is wrong", () => {
  it.each([
    ["an hour ahead", 3_600_000],
    ["an hour behind", -3_600_000],
  ])("by %s gets exactly one turn for each prompt", async (name, shift) => {
    const { now } = Date;
    Date.now = () => now() + shift;
    try {
      const client = real.client();
      const session = await client.session.create();
      for (const answer of [`${name}: first.`, `${name}: second.`, `${name}: third.`]) {
        const call = client.session.prompt(session, script(think("Hm."), say(answer)));
        const result = await call.settled();
        expect(result).toMatchObject({ status: "completed", text: answer, messages: { length: 1 } });
        const asked = real.engine.model.requests.filter(
          ({ kind, prompt }) => kind === "chat" && prompt.includes(answer),
        );
        expect(asked).toHaveLength(1);
      }
      const roles = (await client.session.messages(session)).map(({ role }) => role);
      expect(roles).toEqual(["user", "assistant", "user", "assistant", "user", "assistant"]);
    } finally {
      Date.now = now;
    }
  });
});
