import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  cut,
  failInStream,
  failWith,
  hang,
  inSlices,
  overflow,
  pause,
  repeat,
  say,
  script,
  waitForGate,
} from "../support/scripted-model/script.ts";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model/server.ts";
import { ask, chunksOf, textsOf } from "./model-client.ts";

let model: ScriptedModel;
beforeEach(async () => {
  model = await startScriptedModel();
});
afterEach(() => model.close());

describe("bytes and time", () => {
  it("splits the body into slices, also within a character", async () => {
    const prompt = script(inSlices(7), say("été 😀 ü", { size: 0 }));
    const slices: Uint8Array[] = [];
    for await (const slice of (await ask(model, prompt)).body ?? []) slices.push(slice);
    expect(slices.length).toBeGreaterThan(10);
    const strict = new TextDecoder("utf-8", { fatal: true });
    expect(slices.some((slice) => throws(() => strict.decode(slice)))).toBe(true);
    expect(Buffer.concat(slices).toString()).toContain('"content":"été 😀 ü"');
  });

  it("pauses", async () => {
    const started = performance.now();
    await textsOf(await ask(model, script(pause(120), say("x"))));
    expect(performance.now() - started).toBeGreaterThan(110);
  });

  it("waits at a gate, having begun, until it is opened; then it stays open", async () => {
    const prompt = script(say("before"), waitForGate("go"), say("after"));
    const response = await ask(model, prompt);
    let done = false;
    const texts = textsOf(response).finally(() => {
      done = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(done).toBe(false);
    model.openGate("go");
    expect(await texts).toEqual(["before", "after"]);
    expect(await textsOf(await ask(model, prompt))).toEqual(["before", "after"]);
  });
});

describe("failures", () => {
  it("cuts the connection after what was said, the first times only", async () => {
    const prompt = script(say("half"), cut({ times: 1 }), say(" whole"));
    const response = await ask(model, prompt);
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toContain("half");
    await expect(reader?.read()).rejects.toThrow("terminated");
    await vi.waitFor(() => expect(model.requests[0]?.aborted).toBe(true));
    expect(await textsOf(await ask(model, prompt))).toEqual(["half", " ", "whole"]);
    await expect(chunksOf(await ask(model, script(say("x"), cut())))).rejects.toThrow("terminated");
  });

  it("fails with status, body and retry headers, the first times only", async () => {
    const details = { message: "Slow down", code: "rate_limit", errorType: "requests", retryAfterMs: 20 };
    const prompt = script(failWith(429, { ...details, retryAfter: 1, times: 2 }), say("Recovered."));
    for (const _ of [1, 2]) {
      const response = await ask(model, prompt);
      expect(response.status).toBe(429);
      expect(response.headers.get("retry-after")).toBe("1");
      expect(response.headers.get("retry-after-ms")).toBe("20");
      expect(await response.json()).toEqual({
        error: { message: "Slow down", type: "requests", param: null, code: "rate_limit" },
      });
    }
    expect(await textsOf(await ask(model, prompt))).toEqual(["Recovered."]);
    model.reset();
    expect((await ask(model, prompt)).status).toBe(429);
  });

  it("has something to say when it stops failing", async () => {
    const prompt = script(failWith(500, { times: 1 }));
    expect((await ask(model, prompt)).status).toBe(500);
    expect((await textsOf(await ask(model, prompt))).join("")).toBe("Hello there from the scripted model.");
    expect((await ask(model, script(failWith(503)))).status).toBe(503);
  });

  it("says that the prompt is too long, as OpenAI does", async () => {
    const response = await ask(model, script(overflow()));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { code: "context_length_exceeded" } });
  });

  it("fails inside the stream", async () => {
    const response = await ask(model, script(say("x"), failInStream("overloaded")));
    expect(response.status).toBe(200);
    expect((await chunksOf(response)).at(-1)?.error?.message).toBe("overloaded");
  });
});

describe("ending", () => {
  it("stops playing when the engine hangs up, and notes it", async () => {
    const abort = new AbortController();
    const response = await ask(model, script(repeat(1000, "#", 5)), { signal: abort.signal });
    const texts = textsOf(response);
    abort.abort();
    await expect(texts).rejects.toThrow();
    await vi.waitFor(() => expect(model.requests[0]?.aborted).toBe(true));
  });

  it("counts no attempts for an engine that has hung up", async () => {
    const abort = new AbortController();
    const prompt = script(waitForGate("go"), cut({ times: 1 }), say("x"));
    const response = await ask(model, prompt, { signal: abort.signal });
    abort.abort();
    await vi.waitFor(() => expect(model.requests[0]?.aborted).toBe(true));
    model.openGate("go");
    await expect(response.text()).rejects.toThrow();
    await expect(chunksOf(await ask(model, prompt))).rejects.toThrow("terminated");
  });

  it.each([
    ["hangs", script(say("x"), hang())],
    ["waits at a gate", script(waitForGate("never"))],
    ["pauses", script(say("x"), pause(60_000))],
  ])("closes at once while a reply %s", async (_, prompt) => {
    const response = await ask(model, prompt);
    const started = performance.now();
    await model.close();
    expect(performance.now() - started).toBeLessThan(1_000);
    await expect(response.text()).rejects.toThrow();
    await expect(ask(model, "again")).rejects.toThrow();
    await model.close();
  });

  it("leaves nothing that keeps the process alive", async () => {
    const program = fileURLToPath(new URL("close-and-exit.ts", import.meta.url));
    // Rejects with the timeout where the process does not end by itself.
    const run = promisify(execFile)(process.execPath, [program], { timeout: 10_000 });
    expect((await run).stdout).toBe("closed");
  });
});

function throws(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch {
    return true;
  }
}
