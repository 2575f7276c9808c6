import { isOutputFailure } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine();
const person = z.object({ name: z.string(), age: z.number() });

describe("structured output of the real engine", () => {
  it("is read behind tools and prose, and the history stays readable", async () => {
    const client = real.client();
    const session = await client.session.create();
    const answer = 'Done:\n```json\n{"name":"Ada","age":36}\n```';
    const prompt = script(say("I look. "), callTool("bash", { command: "echo {}" }), nextStep(), say(answer));
    const result = await client.session.prompt(session, prompt, { output: person }).result();
    expect(result.output).toEqual({ name: "Ada", age: 36 });
    expect(result.toolCalls).toMatchObject([{ name: "bash", status: "success" }]);
    const asked = JSON.stringify(real.engine.model.requests.at(-1)?.body);
    expect(asked).toContain("must fit this JSON Schema");
    // The engine's own way to ask for a format would leave a session that nobody can read any more.
    const messages = await client.session.messages(session);
    expect(messages.at(-1)?.content.text).toBe(answer);
    expect(await client.session.prompt(session, script(say("And on."))).text()).toBe("And on.");
  });

  it("that never fits is an error after exactly one repair, in a session that lives on", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Never" });
    const before = real.engine.model.requests.length;
    // A model without a script says "Hello there": no repair makes JSON of it.
    const call = client.session.prompt(session, "Who is it?", { output: person });
    const error = await call.result().catch((reason: unknown) => reason);
    expect(isOutputFailure(error)).toBe(true);
    expect(error).toMatchObject({
      code: "INVALID_RESPONSE",
      issues: [{ message: "There is no JSON in it." }],
      result: { status: "completed" },
    });
    expect(real.engine.model.requests.length - before).toBe(2);
    expect(await client.session.messages(session)).toHaveLength(4);
    expect(await call.text()).toContain("Hello");
  });
});

describe("system prompts", () => {
  const systemOf = () => real.engine.model.requests.at(-1)?.system ?? "";

  it("of a session are sent by every client, also by one that came later", async () => {
    const session = await real.client().session.create({ title: "P", systemPrompt: "Answer like a pirate." });
    expect(session.systemPrompt).toBe("Answer like a pirate.");
    const later = real.client();
    await later.session.prompt(session.id, script(say("Arr."))).text();
    expect(systemOf()).toContain("Answer like a pirate.");
    await later.session.update(session.id, { starred: true });
    expect((await later.session.get(session.id)).systemPrompt).toBe("Answer like a pirate.");
  });

  it("of a prompt stand in place of the session's, for that prompt", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "P", systemPrompt: "Answer like a pirate." });
    await client.session.prompt(session, script(say("1")), { systemPrompt: "Answer like a monk." }).text();
    expect(systemOf()).toContain("monk");
    expect(systemOf()).not.toContain("pirate");
    await client.session.prompt(session, script(say("2")), { systemPrompt: "" }).text();
    expect(systemOf()).not.toMatch(/monk|pirate/);
    await client.session.prompt(session, script(say("3"))).text();
    expect(systemOf()).toContain("pirate");
  });
});
