import { describe, expect, it } from "vitest";
import * as z from "zod";
import { runPrompt } from "../../src/automation/run-prompt.ts";
import type { EngineClient } from "../../src/engine/engine-client.ts";
import type { Message } from "../../src/engine/message.ts";
import type { MessageEvent } from "../../src/engine/prompt-events.ts";
import { rejection } from "../hub/support.ts";
import { PublishedAdapter } from "../types/published-adapter.ts";

const answer: Message = {
  id: "m",
  sessionId: "s0",
  role: "assistant",
  content: { type: "text", text: "Done." },
  createdAt: 1,
  usage: { inputTokens: 1, outputTokens: 2 },
};

/** A client written by hand: it tells a list of events for each prompt, and then hangs if it is told to. */
function adapter(turns: readonly (readonly (MessageEvent | "hang")[])[], messages: readonly Message[] = []) {
  const aborted: string[] = [];
  let prompts = 0;
  const client: EngineClient = new PublishedAdapter();
  return {
    aborted,
    prompts: () => prompts,
    client: {
      ...client,
      id: "acme",
      name: "Acme",
      session: {
        ...client.session,
        messages: async () => messages,
        async *prompt(): AsyncGenerator<MessageEvent> {
          for (const event of turns[prompts++] ?? []) {
            if (event === "hang") await new Promise(() => {});
            else yield event;
          }
        },
        abort: async (id: string) => {
          aborted.push(id);
        },
      },
    } satisfies EngineClient,
  };
}

describe("runPrompt with a client that was written by hand", () => {
  it("puts the result together from its events", async () => {
    const run = await runPrompt(new PublishedAdapter(), { prompt: "Go", title: "Run" });
    expect(run).toMatchObject({
      status: "completed",
      text: "Go",
      toolCalls: [{ id: "c", name: "ls", status: "success", output: '{"files":3}' }],
      session: { title: "Run" },
      attempts: 1,
    });
    const { client } = adapter([[{ type: "message_done", message: answer }]]);
    expect(await runPrompt(client, { prompt: "Go" })).toMatchObject({ text: "Done.", usage: answer.usage });
  });

  it.each<[string, readonly MessageEvent[], string, string]>([
    ["says an error", [{ type: "error", error: "No.", code: "PROVIDER_ERROR" }], "PROVIDER_ERROR", "error"],
    ["says an error without a code", [{ type: "error", error: "No." }], "UNKNOWN", "error"],
    [
      "says that it was aborted",
      [{ type: "error", error: "No.", code: "PROMPT_ABORTED" }],
      "PROMPT_ABORTED",
      "aborted",
    ],
    ["says nothing more", [{ type: "text_delta", delta: "So" }], "TURN_LOST", "lost"],
  ])("fails where it %s", async (_, events, code, status) => {
    const { client } = adapter([events]);
    expect(await rejection(runPrompt(client, { prompt: "Go" }))).toMatchObject({ code, result: { status } });
  });

  it("tries again, but for prompts that had a tool called", async () => {
    const failed: MessageEvent = { type: "error", error: "No.", code: "RATE_LIMITED" };
    const retry = { attempts: 2, minDelay: 0 };
    const again = adapter([[failed], [{ type: "message_done", message: answer }]]);
    expect(await runPrompt(again.client, { prompt: "Go", retry })).toMatchObject({ attempts: 2 });
    const toolCall = { id: "c", name: "ls", input: {}, status: "success" } as const;
    const used = adapter([[failed]], [{ ...answer, toolCalls: [toolCall] }]);
    await rejection(runPrompt(used.client, { prompt: "Go", retry }));
    expect(used.prompts()).toBe(1);
  });

  it("stops it although it does not listen to signals", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const signalled = adapter([["hang"]]);
    const run = runPrompt(signalled.client, { prompt: "Go", signal: controller.signal });
    await new Promise(setImmediate);
    controller.abort(reason);
    expect(await rejection(run)).toBe(reason);
    expect(signalled.aborted).toEqual(["s0"]);

    const left = adapter([["hang"]]);
    const other = runPrompt(left.client, { prompt: "Go" });
    await new Promise(setImmediate);
    await other.abort();
    expect(await rejection(other)).toMatchObject({ code: "PROMPT_ABORTED" });
    expect(left.aborted).toEqual(["s0"]);
    await other.abort();
    expect(left.aborted).toEqual(["s0"]);
  });

  it("refuses what it can't do", async () => {
    const { client, prompts } = adapter([]);
    const run = (more: object) => Reflect.apply(runPrompt, undefined, [client, { prompt: "Go", ...more }]);
    expect(await rejection(run({ deleteSession: true }))).toMatchObject({ code: "UNSUPPORTED" });
    expect(await rejection(run({ onEvent: () => {} }))).toMatchObject({ code: "UNSUPPORTED" });
    expect(await rejection(run({ output: z.string() }))).toMatchObject({ code: "UNSUPPORTED" });
    expect(await rejection(run({ prompt: [{ type: "text", text: "Go" }] }))).toMatchObject({
      code: "INVALID_REQUEST",
    });
    expect(prompts()).toBe(0);
  });
});
