import { describe, expect, it, vi } from "vitest";
import * as z from "zod";
import { type RunPromptCall, runPrompt } from "../../src/automation/run-prompt.ts";
import type { EngineErrorInfo } from "../../src/engine/errors.ts";
import { createMockEngine, type MockScript } from "../../src/testing/mock-engine.ts";
import type { MockStep } from "../../src/testing/mock-steps.ts";
import {
  clientOf,
  idle,
  rejection,
  settle,
  stoppedClock,
  tampered,
  unhandledRejections,
  until,
} from "../hub/support.ts";

const limited: EngineErrorInfo = { code: "RATE_LIMITED", message: "Slow down." };

/** One list of steps for each prompt, in order; the last is for all that follow. */
function inOrder(...answers: readonly (readonly MockStep[])[]): MockScript {
  let next = 0;
  return () => answers[Math.min(next++, answers.length - 1)] ?? [];
}

function stage(script: MockScript) {
  const engine = createMockEngine(script);
  return {
    engine,
    client: clientOf(engine),
    prompts: () => engine.calls.filter((call) => call.startsWith("prompt")).length,
  };
}

describe("runPrompt", () => {
  it("creates a session, sends the prompt and gives session and result", async () => {
    const { client } = stage(inOrder([{ text: "Done." }]));
    const options = { title: "Run", workingDirectory: "/a", model: "acme/large" };
    const run = await runPrompt(client, { prompt: "Go", ...options });
    expect(run).toMatchObject({ status: "completed", text: "Done.", attempts: 1, session: options });
    expect(run.sessionId).toBe(run.session.id);
    expect(await client.session.list()).toHaveLength(1);
  });

  it("tells what happens in order, and waits for whoever is told", async () => {
    const { client } = stage(inOrder([{ tool: "bash", ask: { description: "Run it" } }, { text: "Done." }]));
    const told: string[] = [];
    const { status } = await runPrompt(client, {
      prompt: "Go",
      onEvent: async (event) => {
        told.push(event.type);
        if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
      },
    });
    expect(status).toBe("completed");
    expect(told).toContain("tool_call_result");
    expect(told.at(-1)).toBe("message_done");
  });

  it("gives an answer that fits a schema, also where the model has to be asked again", async () => {
    const { client, prompts } = stage(inOrder([{ text: "Seven." }], [{ text: '{ "n": 7 }' }]));
    const output = z.object({ n: z.number() });
    const run = await runPrompt(client, { prompt: "How many?", output });
    expect(run).toMatchObject({ output: { n: 7 }, attempts: 1, repaired: { text: "Seven." } });
    expect(prompts()).toBe(2);
  });

  it("rejects with the turn as far as it came", async () => {
    const { client } = stage(
      inOrder([{ text: "So far" }, { error: { code: "PROVIDER_ERROR", message: "No." } }]),
    );
    const error = await rejection(runPrompt(client, { prompt: "Go" }));
    expect(error).toMatchObject({ code: "PROVIDER_ERROR", result: { status: "error", text: "So far" } });
  });

  it("that nobody waits for disturbs nobody", async () => {
    const { client } = stage(inOrder([{ error: limited }]));
    const unhandled = await unhandledRejections(async () => {
      runPrompt(client, { prompt: "Go" });
      await settle();
    });
    expect(unhandled).toEqual([]);
  });
});

describe("a run that is left early stops the engine", () => {
  it.each<[string, (run: RunPromptCall) => PromiseLike<void>]>([
    ["by abort()", (run) => run.abort()],
    ["by leaving its scope", (run) => run[Symbol.asyncDispose]()],
  ])("%s, and has stopped it when that resolves", async (_, leave) => {
    const { engine, client } = stage(idle);
    const run = runPrompt(client, { prompt: "Go" });
    await until(() => engine.calls.some((call) => call.startsWith("prompt")));
    await leave(run);
    expect(engine.calls.filter((call) => call.startsWith("abort"))).toHaveLength(1);
    expect(await rejection(run)).toMatchObject({ code: "PROMPT_ABORTED" });
  });

  it("by the caller's signal, whose reason it rejects with", async () => {
    const { engine, client } = stage(idle);
    const controller = new AbortController();
    const run = runPrompt(client, { prompt: "Go", signal: controller.signal });
    await until(() => engine.calls.some((call) => call.startsWith("prompt")));
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await rejection(run)).toBe(reason);
    await until(() => engine.calls.some((call) => call.startsWith("abort")));
  });

  it("by a handler that throws, with what it threw", async () => {
    const { engine, client } = stage(inOrder([{ text: "One" }, { wait: new Promise(() => {}) }]));
    const thrown = new Error("handler");
    const run = runPrompt(client, {
      prompt: "Go",
      onEvent: () => {
        throw thrown;
      },
    });
    expect(await rejection(run)).toBe(thrown);
    expect(engine.calls.filter((call) => call.startsWith("abort"))).toHaveLength(1);
  });

  it("also before there is a session", async () => {
    const { engine, client } = stage(idle);
    const run = runPrompt(client, { prompt: "Go" });
    await run.abort();
    expect(await rejection(run)).toMatchObject({ code: "PROMPT_ABORTED" });
    await settle();
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toEqual([]);
    expect(await rejection(runPrompt(client, { prompt: "Go", signal: AbortSignal.abort("before") }))).toBe(
      "before",
    );
  });

  it("but one that is over is left alone", async () => {
    const { engine, client } = stage(inOrder([{ text: "Done." }]));
    const run = runPrompt(client, { prompt: "Go" });
    await run;
    await run.abort();
    expect(engine.calls.filter((call) => call.startsWith("abort"))).toEqual([]);
    expect((await run).text).toBe("Done.");
  });
});

describe("a run tries again", () => {
  it("what may go well the next time, in the same session, after a longer wait each time", async () => {
    stoppedClock();
    vi.spyOn(Math, "random").mockReturnValue(0.5);
    const { client, prompts } = stage(
      inOrder([{ error: limited }], [{ error: limited }], [{ text: "Done." }]),
    );
    const news: unknown[] = [];
    const run = runPrompt(client, {
      prompt: "Go",
      retry: {
        attempts: 5,
        onRetry: ({ attempt, delayMs, error }) => news.push([attempt, delayMs, error.code]),
      },
    });
    await until(() => news.length === 1);
    await vi.advanceTimersByTimeAsync(499);
    await settle();
    expect(prompts()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await until(() => news.length === 2);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await run).toMatchObject({ text: "Done.", attempts: 3 });
    expect(news).toEqual([
      [1, 500, "RATE_LIMITED"],
      [2, 1_000, "RATE_LIMITED"],
    ]);
    expect(prompts()).toBe(3);
    expect(await client.session.list()).toHaveLength(1);
  });

  it("until the last attempt, whose failure is told", async () => {
    const { client, prompts } = stage(inOrder([{ error: limited }]));
    const run = runPrompt(client, { prompt: "Go", retry: { attempts: 3, minDelay: 0 } });
    expect(await rejection(run)).toMatchObject({ code: "RATE_LIMITED", message: "Slow down." });
    expect(prompts()).toBe(3);
  });

  it.each<[string, readonly MockStep[]]>([
    ["what will fail again", [{ error: { code: "AUTH_REQUIRED", message: "No key." } }]],
    ["what asks for more patience than there is", [{ error: { ...limited, retryAfterMs: 1_001 } }]],
    ["what the engine says will not", [{ error: { ...limited, retryable: false } }]],
  ])("but not %s", async (_, answer) => {
    const { client, prompts } = stage(inOrder(answer));
    const run = runPrompt(client, { prompt: "Go", retry: { attempts: 3, minDelay: 0, maxDelay: 1_000 } });
    expect(await rejection(run)).toMatchObject({ code: expect.any(String), result: { status: "error" } });
    expect(prompts()).toBe(1);
  });

  it("a code that is not retryable by itself, where the engine says so", async () => {
    const failed = { code: "PROVIDER_ERROR", message: "502", retryable: true };
    const { client } = stage(inOrder([{ error: failed }], [{ text: "Done." }]));
    expect(await runPrompt(client, { prompt: "Go", retry: { attempts: 2, minDelay: 0 } })).toMatchObject({
      attempts: 2,
    });
  });

  it("but no prompt for which a tool was called, and says so", async () => {
    const { client, prompts } = stage(inOrder([{ tool: "bash" }, { error: limited }]));
    const error = await rejection(runPrompt(client, { prompt: "Go", retry: { attempts: 3, minDelay: 0 } }));
    expect(error).toMatchObject({
      code: "RATE_LIMITED",
      message: expect.stringMatching(
        /^Slow down\. The prompt was not sent again: the model has called tools/,
      ),
      retryable: false,
      result: { status: "error", toolCalls: [{ name: "bash" }] },
    });
    expect(prompts()).toBe(1);
  });

  it("nor one for which a tool was called that nobody has heard of", async () => {
    const engine = createMockEngine(inOrder([{ error: limited }], [{ text: "Done." }]));
    let read = 0;
    const client = clientOf(
      tampered(engine, (connection) => ({
        messages: async (sessionId, call) => {
          read += 1;
          const toolCall = { id: "call_1", name: "bash", input: {}, status: "success" } as const;
          const part = { part: { type: "tool", id: "prt_1", toolCall }, complete: true } as const;
          return (await connection.messages(sessionId, call)).map((message) => ({
            ...message,
            parts: [part],
          }));
        },
      })),
    );
    const error = await rejection(runPrompt(client, { prompt: "Go", retry: { attempts: 3, minDelay: 0 } }));
    expect(error).toMatchObject({
      code: "RATE_LIMITED",
      message: expect.stringContaining("was not sent again"),
    });
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toHaveLength(1);
    expect(read).toBe(1);
  });

  it("what took too long, once the engine has stopped", async () => {
    const engine = createMockEngine(inOrder([{ wait: new Promise(() => {}) }], [{ text: "Done." }]));
    const log: string[] = [];
    const client = clientOf(
      tampered(engine, (connection) => ({
        messages: async (sessionId, call) => {
          log.push("read");
          return connection.messages(sessionId, call);
        },
        prompt: async (request) => {
          log.push("prompt");
          return connection.prompt(request);
        },
        abort: async (sessionId, call) => {
          log.push("abort");
          return connection.abort(sessionId, call);
        },
      })),
    );
    const run = await runPrompt(client, {
      prompt: "Go",
      timeouts: { total: 20 },
      retry: { attempts: 2, minDelay: 0 },
    });
    expect(run).toMatchObject({ text: "Done.", attempts: 2 });
    expect(log.at(0)).toBe("prompt");
    // Its own abort, and another that is waited for.
    expect(log.slice(-3)).toEqual(["abort", "read", "prompt"]);
  });

  it.each<[string, (run: RunPromptCall, controller: AbortController) => void]>([
    ["the signal", (_, controller) => controller.abort(new Error("enough"))],
    ["abort()", (run) => void run.abort()],
  ])("unless %s ends the wait, at once", async (_, end) => {
    stoppedClock();
    const { client, prompts } = stage(inOrder([{ error: limited }]));
    const controller = new AbortController();
    const waits = Promise.withResolvers<void>();
    const run = runPrompt(client, {
      prompt: "Go",
      signal: controller.signal,
      retry: { attempts: 3, minDelay: 60_000, onRetry: () => waits.resolve() },
    });
    await waits.promise;
    await settle();
    const timers = vi.getTimerCount();
    end(run, controller);
    await expect(run).rejects.toThrow(/enough|aborted by its caller/);
    expect(prompts()).toBe(1);
    expect(vi.getTimerCount()).toBe(timers - 1);
  });

  it.each([
    { attempts: 0 },
    { attempts: 1.5 },
    { attempts: Number.NaN },
    { attempts: 2, minDelay: -1 },
    { attempts: 2, maxDelay: Number.NaN },
  ])("but takes no such options: %o", async (retry) => {
    const { client } = stage(idle);
    const error = await rejection(runPrompt(client, { prompt: "Go", retry }));
    expect(error).toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining("retry.") });
    expect(await client.session.list()).toEqual([]);
  });
});

describe("deleteSession", () => {
  it.each<[string, readonly MockStep[], string]>([
    ["answered", [{ text: "Done." }], "resolved"],
    ["failed", [{ error: limited }], "RATE_LIMITED"],
  ])("deletes the session of a run that %s", async (_, answer, outcome) => {
    const { client } = stage(inOrder(answer));
    const run = runPrompt(client, { prompt: "Go", deleteSession: true });
    expect(
      await run.then(
        () => "resolved",
        ({ code }) => code,
      ),
    ).toBe(outcome);
    expect(await client.session.list()).toEqual([]);
  });

  it("deletes the session of a run that was left, before that resolves", async () => {
    const { engine, client } = stage(idle);
    const run = runPrompt(client, { prompt: "Go", deleteSession: true });
    await until(() => engine.calls.some((call) => call.startsWith("prompt")));
    await run.abort();
    expect(await client.session.list()).toEqual([]);
  });

  it("that fails takes nothing from the result, and is told in it", async () => {
    const engine = createMockEngine(undefined, { capabilities: { deleteSession: false } });
    const { text, deleteError } = await runPrompt(clientOf(engine), { prompt: "Go", deleteSession: true });
    expect(text).toBe("Mock answer.");
    expect(deleteError).toMatchObject({ code: "UNSUPPORTED" });
  });
});
