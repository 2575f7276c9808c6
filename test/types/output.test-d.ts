import {
  type EngineClient,
  type ManagedEngineClient,
  type OutputResult,
  type PromptAttachment,
  type PromptCall,
  type PromptContent,
  type PromptResult,
  runPrompt,
} from "@quantumreef/engine-client";
import { type } from "arktype";
import * as v from "valibot";
import { describe, expectTypeOf, it } from "vitest";
import * as z from "zod";

declare const client: ManagedEngineClient;

describe("structured output", () => {
  it("has the type that the schema gives, of zod, valibot and arktype", () => {
    const ofZod = client.session.prompt("s", "?", {
      output: z.object({ n: z.string().transform(Number), d: z.boolean().default(true) }),
    });
    expectTypeOf(ofZod).toEqualTypeOf<PromptCall<OutputResult<{ n: number; d: boolean }>>>();
    expectTypeOf(ofZod.result)
      .returns.resolves.toHaveProperty("output")
      .toEqualTypeOf<{ n: number; d: boolean }>();
    const ofValibot = client.session.prompt("s", "?", {
      output: { schema: v.object({ a: v.string() }), description: "An a." },
    });
    expectTypeOf(ofValibot.result).returns.resolves.toHaveProperty("output").toEqualTypeOf<{ a: string }>();
    const ofArktype = client.session.prompt("s", "?", { output: type({ a: "string[]", "b?": "number" }) });
    expectTypeOf(ofArktype.result)
      .returns.resolves.toHaveProperty("output")
      .toEqualTypeOf<{ a: string[]; b?: number }>();
  });

  it("comes out of a run as well", () => {
    const run = runPrompt(client, {
      prompt: "?",
      output: z.object({ n: z.number() }),
      retry: { attempts: 2 },
    });
    expectTypeOf(run).resolves.toHaveProperty("output").toEqualTypeOf<{ n: number }>();
    expectTypeOf(run).resolves.toHaveProperty("attempts").toBeNumber();
    expectTypeOf(runPrompt(client, { prompt: "?" })).resolves.not.toHaveProperty("output");
    // @ts-expect-error a client that was written by hand gives text
    runPrompt(client as EngineClient, { prompt: "?", output: z.number() });
  });

  it("is there by the awaited stream, too, and not where no schema was given", () => {
    const call = client.session.prompt("s", "?", { output: z.number(), model: "a/b" });
    expectTypeOf(call.then((stream) => stream.result()))
      .resolves.toHaveProperty("output")
      .toBeNumber();
    expectTypeOf(call.text).returns.resolves.toBeString();
    const plain = client.session.prompt("s", "?", { model: "a/b" });
    expectTypeOf(plain).toEqualTypeOf<PromptCall>();
    expectTypeOf(plain.result).returns.resolves.toEqualTypeOf<PromptResult>();
    expectTypeOf<PromptResult>().not.toHaveProperty("output");
  });

  it("takes nothing that is no schema", () => {
    // @ts-expect-error no Standard Schema
    client.session.prompt("s", "?", { output: { a: "string" } });
    // @ts-expect-error a JSON Schema validates nothing
    client.session.prompt("s", "?", { output: { jsonSchema: {} } });
  });
});

describe("the content of a prompt", () => {
  it("is text, addresses, data, and what is made of them, alone or together", () => {
    const bytes = new Uint8Array();
    expectTypeOf<[string, URL, Blob, File, Uint8Array, ArrayBuffer]>().toExtend<PromptContent>();
    expectTypeOf(bytes).toExtend<PromptContent>();
    client.session.prompt("s", [
      "Look",
      { path: "a.ts", lines: [1, 2] },
      { url: "https://a/b.png" },
      { data: bytes, name: "b" },
    ]);
    client.session.prompt("s", { type: "text", text: "Hi" });
    client.message.create("s", ["Note", new Blob()]);
    // @ts-expect-error neither a path nor an address nor data
    expectTypeOf<{ name: string }>().toExtend<PromptAttachment>();
    // @ts-expect-error two numbers at most
    client.session.prompt("s", { path: "a.ts", lines: [1, 2, 3] });
  });
});
