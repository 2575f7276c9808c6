import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  callTool,
  callToolWith,
  finish,
  nextStep,
  noDone,
  noUsage,
  repeat,
  say,
  sayMuch,
  script,
  think,
  title,
  usage,
} from "../support/scripted-model/script.ts";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model/server.ts";
import { ask, chunksOf, stepsBefore, textsOf } from "./model-client.ts";

let model: ScriptedModel;
beforeEach(async () => {
  model = await startScriptedModel();
});
afterEach(() => model.close());

describe("what it says", () => {
  it("says text word by word, in units, and in one", async () => {
    const prompt = script(say("Hello  big world"), say("abcde", { size: 2 }), say("all of it", { size: 0 }));
    expect(await textsOf(await ask(model, prompt))).toEqual([
      "Hello  ",
      "big ",
      "world",
      ...["ab", "cd", "e"],
      "all of it",
    ]);
  });

  it("splits surrogate pairs without losing them", async () => {
    const texts = await textsOf(await ask(model, script(say("a😀", { size: 2 }))));
    expect(texts).toEqual(["a\ud83d", "\ude00"]);
  });

  it("repeats with a counter, and says much", async () => {
    expect(await textsOf(await ask(model, script(repeat(3, "#,"))))).toEqual(["0,", "1,", "2,"]);
    const much = await textsOf(await ask(model, script(sayMuch(10_000))));
    expect(much.map((text) => text.length)).toEqual([4096, 4096, 1808]);
    expect(much.join("")).toMatch(/^(\.+\d+\n)+\.+$/);
    expect(
      new Set(
        much
          .join("")
          .split("\n")
          .map((line) => line.length),
      ),
    ).toEqual(new Set([63, 16]));
  });

  it("thinks before it speaks", async () => {
    const chunks = await chunksOf(await ask(model, script(think("Hm."), say("Yes."))));
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { reasoning_content: "Hm." },
      { content: "Yes." },
      {},
    ]);
  });

  it("calls tools in parallel, with arguments in pieces", async () => {
    const prompt = script(callTool("bash", { command: "ls" }, { size: 5 }), callToolWith("read", "not json"));
    const chunks = await chunksOf(await ask(model, prompt));
    const calls = chunks.flatMap(({ choices }) => choices[0]?.delta.tool_calls ?? []);
    const bash = calls.filter(({ index }) => index === 0);
    expect(bash.map((call) => call.function.arguments)).toEqual(['{"com', 'mand"', ':"ls"', "}"]);
    expect(bash.map((call) => call.function.name)).toEqual(["bash", undefined, undefined, undefined]);
    expect(calls.at(-1)?.function).toEqual({ name: "read", arguments: "not json" });
    expect(new Set(calls.map(({ id }) => id).filter(Boolean)).size).toBe(2);
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe("tool_calls");
  });

  it("goes through its steps, then has nothing special to say", async () => {
    const prompt = script(say("one"), nextStep(), say("two"));
    const said = [0, 1, 2].map(async (step) =>
      textsOf(await ask(model, prompt, { after: stepsBefore(step) })),
    );
    expect((await Promise.all(said)).map((texts) => texts.join(""))).toEqual([
      "one",
      "two",
      "Hello there from the scripted model.",
    ]);
  });

  it("ends as told", async () => {
    const cut = await chunksOf(await ask(model, script(say("x"), finish("length"), usage({ input: 99 }))));
    expect(cut.at(-1)).toMatchObject({
      choices: [{ finish_reason: "length" }],
      usage: { prompt_tokens: 99, completion_tokens: 5, total_tokens: 104 },
    });
    const bare = await (await ask(model, script(say("x"), noUsage(), noDone()))).text();
    expect(bare).not.toMatch(/usage|DONE/);
    expect(await (await ask(model, script(say("x")))).text()).toMatch(/"usage".*\n\ndata: \[DONE\]\n\n$/);
  });

  it("answers in one piece where no stream is asked for", async () => {
    const response = await ask(model, script(say("Hi there.")), { stream: false });
    expect(await response.json()).toMatchObject({ choices: [{ message: { content: "Hi there." } }] });
  });
});

describe("what the engine asks on its own account", () => {
  it("gives the scripted title, at most 24 characters of it", async () => {
    const prompt = script(title("A rather long title for a chat"), say("Hi."));
    const system = "You are a title generator.";
    expect(await textsOf(await ask(model, prompt, { system }))).toEqual(["A rather long title for "]);
    expect(await textsOf(await ask(model, "none", { system }))).toEqual(["Scripted title"]);
    expect(await textsOf(await ask(model, prompt))).toEqual(["Hi."]);
  });

  it("gives a summary when the system or the last message asks for one", async () => {
    const summary = ["## Summary\nScripted summary."];
    expect(await textsOf(await ask(model, "go", { system: "Summarize the conversation." }))).toEqual(summary);
    expect(await textsOf(await ask(model, "Provide a detailed summary"))).toEqual(summary);
    expect(await textsOf(await ask(model, script(say("x"), "a summary")))).toEqual(["x"]);
    expect(model.requests.map(({ kind }) => kind)).toEqual(["summary", "summary", "chat"]);
  });
});

describe("the request log", () => {
  it("tells what was asked, and forgets on reset", async () => {
    await textsOf(await ask(model, "hello", { after: stepsBefore(2) }));
    await vi.waitFor(() => expect(model.requests).toHaveLength(1));
    expect(model.requests[0]).toMatchObject({
      index: 0,
      wire: "chat-completions",
      kind: "chat",
      step: 2,
      prompt: "hello",
      model: "scripted",
      system: "You are a coding agent.",
      streamed: true,
      aborted: false,
    });
    model.reset();
    expect(model.requests).toEqual([]);
  });

  it("refuses a script that makes no sense, for good and with the reason", async () => {
    const response = await ask(model, "[[tool bash {oops]]");
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("[[tool bash {oops]]");
  });

  it("lists its model, and knows no other route", async () => {
    expect(await (await fetch(`${model.url}/models`)).json()).toMatchObject({ data: [{ id: "scripted" }] });
    expect((await fetch(`${model.url}/embeddings`, { method: "POST" })).status).toBe(404);
  });
});
