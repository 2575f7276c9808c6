import { type EngineEvent, type ManagedEngineClient, runPrompt } from "@quantumreef/engine-client";
import { expect, it } from "vitest";
import {
  callTool,
  failWith,
  hang,
  nextStep,
  say,
  script,
  waitForGate,
} from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine({ config: { permission: { bash: "ask" } } });

/** The first request for permission that anybody hears of. */
function asked(client: ManagedEngineClient): Promise<EngineEvent> {
  return new Promise((resolve) => {
    client.events.subscribe((event) => event.type === "permission_requested" && resolve(event));
  });
}

it("one call does it all: session, prompt, permission, result, and away with the session", async () => {
  const client = real.client();
  const run = await runPrompt(client, {
    prompt: script(callTool("bash", { command: "echo hi", description: "x" }), nextStep(), say("Done.")),
    title: "Run",
    workingDirectory: real.engine.workspace.directory,
    deleteSession: true,
    onEvent: async (event) => {
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
    },
  });
  expect(run).toMatchObject({
    status: "completed",
    text: "Done.",
    attempts: 1,
    toolCalls: [{ name: "bash", output: "hi\n" }],
    session: { title: "Run" },
    usage: { inputTokens: 20, outputTokens: 10 },
  });
  expect(run).not.toHaveProperty("deleteError");
  await expect(client.session.get(run.session)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
});

it("nobody answers permission requests of a run without a handler: they are denied, and it goes on", async () => {
  const { text, toolCalls } = await runPrompt(real.client(), {
    prompt: script(callTool("bash", { command: "ls", description: "x" }), nextStep(), say("Then not.")),
  });
  expect({ text, status: toolCalls[0]?.status }).toEqual({ text: "Then not.", status: "error" });
});

it("a run that is aborted has left nothing at work when that is done", async () => {
  const client = real.client();
  const started = asked(client);
  const run = runPrompt(client, {
    prompt: script(callTool("bash", { command: "ls", description: "x" })),
    onEvent: () => {},
  });
  const { sessionId } = await started.then((event) => ("sessionId" in event ? event : { sessionId: "" }));
  await run.abort();
  await expect(run).rejects.toMatchObject({ code: "PROMPT_ABORTED", result: { status: "aborted" } });
  const { directory } = real.engine.workspace;
  expect(await client.request("GET", "/session/status", { query: { directory } })).not.toHaveProperty(
    sessionId ?? "",
  );
});

it("the caller's signal stops the engine, and takes the session with it", async () => {
  const client = real.client();
  await client.connect();
  const controller = new AbortController();
  const reason = new Error("enough");
  const run = runPrompt(client, {
    prompt: script(say("I begin. "), hang()),
    signal: controller.signal,
    deleteSession: true,
    onEvent: ({ type }) => {
      if (type === "text_delta") controller.abort(reason);
    },
  });
  await expect(run).rejects.toBe(reason);
  expect(client.registry.list().filter(({ status }) => status === "running")).toEqual([]);
  expect((await client.session.list()).map(({ status }) => status)).not.toContain("running");
});

it("a rate limit that outlasts the engine's own patience is waited for, and the answer comes", async () => {
  const client = real.client();
  const errors: string[] = [];
  // The engine itself asks its model six times.
  const run = await runPrompt(client, {
    prompt: script(failWith(429, { times: 6, retryAfterMs: 1 }), say("At last.")),
    retry: {
      attempts: 2,
      minDelay: 1,
      onRetry: ({ error }) => errors.push(`${error.code} ${error.retryAfterMs}`),
    },
  });
  expect(run).toMatchObject({ text: "At last.", attempts: 2 });
  expect(errors).toEqual(["RATE_LIMITED 1"]);
  const messages = await client.session.messages(run.session);
  expect(messages.map(({ role, error }) => [role, error?.code])).toEqual([
    ["user", undefined],
    ["assistant", "RATE_LIMITED"],
    ["user", undefined],
    ["assistant", undefined],
  ]);
});

it("a provider that is down may be up the next time, a refused key may not", async () => {
  const client = real.client();
  const attempts: string[] = [];
  const retry = { attempts: 2, minDelay: 1, onRetry: () => attempts.push("again") };
  const down = script(failWith(503, { times: 6, retryAfterMs: 1 }), say("Up."));
  expect(await runPrompt(client, { prompt: down, retry })).toMatchObject({ text: "Up.", attempts: 2 });
  expect(attempts).toEqual(["again"]);
  const refused = runPrompt(client, { prompt: script(failWith(401)), retry });
  await expect(refused).rejects.toMatchObject({ code: "AUTH_REQUIRED", retryable: false });
  expect(attempts).toEqual(["again"]);
});

it("an attempt that takes too long is stopped before the next one", async () => {
  const client = real.client();
  client.events.subscribe((event) => {
    if (event.type === "turn_ended" && event.status === "aborted") real.engine.model.openGate("slow");
  });
  const run = await runPrompt(client, {
    prompt: script(waitForGate("slow"), say("In time.")),
    timeouts: { inactivity: 1_500 },
    retry: { attempts: 2, minDelay: 1 },
  });
  expect(run).toMatchObject({ text: "In time.", attempts: 2 });
  const messages = await client.session.messages(run.session);
  expect(messages.map(({ role, error }) => [role, error?.code])).toEqual([
    ["user", undefined],
    ["assistant", "PROMPT_ABORTED"],
    ["user", undefined],
    ["assistant", undefined],
  ]);
});

it("what was done is not done again: a prompt that ran a tool before it failed is not repeated", async () => {
  const client = real.client();
  const prompt = script(
    callTool("write", { filePath: real.engine.workspace.path("log.txt"), content: "once\n" }),
    nextStep(),
    failWith(429, { retryAfterMs: 1 }),
  );
  const run = runPrompt(client, { prompt, retry: { attempts: 3, minDelay: 1 } });
  await expect(run).rejects.toMatchObject({
    code: "RATE_LIMITED",
    message: expect.stringContaining("was not sent again"),
    result: { toolCalls: [{ name: "write", status: "success" }] },
  });
});
