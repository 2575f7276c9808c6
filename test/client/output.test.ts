import { isOutputFailure } from "@quantumreef/engine-client";
import { toStandardJsonSchema } from "@valibot/to-json-schema";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { toContentList } from "../../src/engine/message.ts";
import type { MockStep } from "../../src/testing/mock-steps.ts";
import { stage } from "../hub/support.ts";

const person = z.object({ name: z.string(), age: z.number().int().default(3) });

/** An engine that gives these answers in turn, and what it was asked. */
async function answering(...answers: (string | readonly MockStep[])[]) {
  const asked: string[] = [];
  const staged = await stage(({ content }) => {
    asked.push(
      toContentList(content)
        .map(({ text = "" }) => text)
        .join("\n"),
    );
    const answer = answers[asked.length - 1] ?? "?";
    return typeof answer === "string" ? [{ text: answer }] : answer;
  });
  return { ...staged, asked };
}

describe("structured output", () => {
  it("is the answer as the schema gives it, and the model is told the schema", async () => {
    const { client, session, asked } = await answering('Sure:\n```json\n{"name":"Ada"}\n```');
    const call = client.session.prompt(session, "Who?", { output: person });
    const result = await call.result();
    expect(result.output).toEqual({ name: "Ada", age: 3 });
    expect(result).toMatchObject({ status: "completed", text: 'Sure:\n```json\n{"name":"Ada"}\n```' });
    expect(result).not.toHaveProperty("repaired");
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatch(/^Who\?\n.*one JSON value.*"name"/s);
    // Asked for again it is the same, and so it is by the awaited stream.
    expect(await call.result()).toBe(result);
    expect(await (await call).result()).toBe(result);
  });

  it.each([
    ["zod", person],
    ["arktype", type({ name: "string", age: "number = 3" })],
    [
      "valibot, with its JSON Schema",
      toStandardJsonSchema(v.object({ name: v.string(), age: v.optional(v.number(), 3) })),
    ],
    [
      "valibot, described",
      {
        schema: v.object({ name: v.string(), age: v.optional(v.number(), 3) }),
        description: "A person's name and age.",
      },
    ],
    ["zod, with another JSON Schema", { schema: person, jsonSchema: { title: "A person's name" } }],
  ])("takes schemas of %s", async (_, output) => {
    const { client, session, asked } = await answering('{"name":"Ada"}');
    const result = await client.session.prompt(session, "Who?", { output }).result();
    expect(result.output).toEqual({ name: "Ada", age: 3 });
    expect(asked[0]).toMatch(/name/);
  });

  it("is asked for once more when it does not fit, with what is wrong", async () => {
    const { client, session, asked } = await answering('{"name":7}', '{"name":"Ada","age":36}');
    const result = await client.session.prompt(session, "Who?", { output: person }).result();
    expect(result.output).toEqual({ name: "Ada", age: 36 });
    expect(result.repaired).toMatchObject({ status: "completed", text: '{"name":7}' });
    expect(result.repaired?.turnId).not.toBe(result.turnId);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toMatch(/does not fit:\n- name: .*string.*one JSON value/s);
  });

  it("that never fits is an error with the issues and the turn, after exactly one repair", async () => {
    const { client, session, asked } = await answering("Ada", '{"name":8}');
    const call = client.session.prompt(session, "Who?", { output: person });
    const error = await call.result().catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "INVALID_RESPONSE",
      message: expect.stringMatching(/does not fit the schema, also after .*: name: /),
      issues: [{ path: ["name"] }],
      result: { status: "completed", text: '{"name":8}' },
    });
    expect(isOutputFailure(error)).toBe(true);
    // Who prints it does not want the turn.
    expect(Object.keys(error as object)).not.toContain("result");
    await expect(call.result()).rejects.toBe(error);
    expect(asked).toHaveLength(2);
    expect(asked[1]).toContain("There is no JSON in it.");
  });

  it("leaves the other ways to the turn as they are: no repair unless somebody asks for the result", async () => {
    const { client, session, asked } = await answering("Ada");
    const call = client.session.prompt(session, "Who?", { output: person });
    const types: string[] = [];
    for await (const event of call) types.push(event.type);
    expect(types).toEqual(["text_delta", "message_done"]);
    expect(await call.text()).toBe("Ada");
    expect(await call.settled()).toMatchObject({ status: "completed", text: "Ada" });
    expect(asked).toHaveLength(1);
  });

  it("is read from the last message first: what was said before tools is no answer", async () => {
    const early: readonly MockStep[] = [
      { text: 'I will write {"name":"Draft"} and more. ' },
      { text: '{"name":"Ada"}' },
    ];
    const { client, session } = await answering(early);
    const result = await client.session.prompt(session, "Who?", { output: person }).result();
    expect(result.output.name).toBe("Ada");
  });

  it("fails as the turn fails, and as its repair fails", async () => {
    const failing: readonly MockStep[] = [{ error: { code: "RATE_LIMITED", message: "Slow down." } }];
    const first = await answering(failing);
    const call = first.client.session.prompt(first.session, "Who?", { output: person });
    await expect(call.result()).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(first.asked).toHaveLength(1);
    const second = await answering("Ada", failing);
    const repaired = second.client.session.prompt(second.session, "Who?", { output: person });
    await expect(repaired.result()).rejects.toMatchObject({ code: "RATE_LIMITED" });
    expect(second.asked).toHaveLength(2);
  });

  it("is stopped in its repair by abort() and by the caller's signal", async () => {
    const waiting: readonly MockStep[] = [{ wait: new Promise(() => {}) }];
    for (const stop of ["abort", "signal"] as const) {
      const { client, session, engine } = await answering("Ada", waiting);
      const controller = new AbortController();
      const call = client.session.prompt(session, "Who?", { output: person, signal: controller.signal });
      const result = call.result().catch((reason: unknown) => reason);
      await call.settled();
      await client.registry.waitFor(session, ({ status }) => status === "running");
      if (stop === "abort") await call.abort();
      else controller.abort(new Error("Enough."));
      expect(await result).toMatchObject(
        stop === "abort" ? { code: "PROMPT_ABORTED" } : { message: "Enough." },
      );
      expect(engine.calls.filter((asked) => asked.startsWith("abort"))).toHaveLength(1);
    }
  });

  it.each([
    [
      "a schema without JSON Schema",
      v.object({}),
      /valibot schema: it does not say itself.*\{ schema, jsonSchema \}/,
    ],
    [
      "a schema that JSON Schema has no words for",
      z.object({ at: z.date() }),
      /zod schema: Date cannot be represented/,
    ],
    ["no schema", {} as never, /no Standard Schema/],
    ["null", null as never, /no Standard Schema/],
  ])("is refused for %s before anybody is asked", async (_, output, message) => {
    const { client, session, asked } = await answering("{}");
    const call = client.session.prompt(session, "Who?", { output });
    await expect(call.result()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(message),
    });
    expect(asked).toEqual([]);
  });
});
