import type { Usage } from "@quantumreef/engine-client";
import { expect, it } from "vitest";
import { callTool, nextStep, noUsage, say, script, think, usage } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

// The scripted model costs 1 dollar a million tokens in, 2 out, 0.1 from the cache.
const cost = { input: 1, output: 2, cache_read: 0.1 };
const real = useRealEngine({ config: { provider: { local: { models: { scripted: { cost } } } } } });

/** What the provider counts: `in` with what came from the cache, `out` with the reasoning. */
const step = (all: { input: number; cached: number; output: number; reasoning: number }) => usage(all);
const first = step({ input: 1_000, cached: 300, output: 50, reasoning: 20 });
const second = step({ input: 2_000, cached: 1_500, output: 10, reasoning: 0 });

const turn: Usage = {
  inputTokens: 700 + 500,
  cachedTokens: 300 + 1_500,
  cacheWriteTokens: 0,
  outputTokens: 30 + 10,
  reasoningTokens: 20,
  costUsd: expect.closeTo((1_200 + 0.1 * 1_800 + 2 * 60) / 1e6, 12),
};

it("a turn's usage is that of all its answers, and a session's that of all its turns", async () => {
  const client = real.client();
  const session = await client.session.create();
  const prompt = script(
    think("Hm."),
    callTool("read", { filePath: "README.md" }),
    first,
    nextStep(),
    say("So."),
    second,
  );
  const result = await client.session.prompt(session, prompt).result();
  expect(result.messages).toHaveLength(2);
  expect(result.usage).toEqual(turn);
  const limit = 200_000;
  expect(await client.session.usage(session)).toEqual({
    own: turn,
    total: turn,
    context: { tokens: 2_010, limit, percent: (100 * 2_010) / limit },
  });

  await client.session
    .prompt(session, script(say("More."), step({ input: 3_000, cached: 0, output: 1, reasoning: 0 })))
    .text();
  const { own, context } = await client.session.usage(session);
  expect(own).toMatchObject({
    inputTokens: 4_200,
    cachedTokens: 1_800,
    outputTokens: 41,
    reasoningTokens: 20,
  });
  expect(context?.tokens).toBe(3_001);
  // The engine keeps a sum of its own.
  const kept = await client.request("GET", `/session/${session.id}`);
  expect(kept).toMatchObject({
    cost: own?.costUsd,
    tokens: { input: 4_200, output: 41, reasoning: 20, cache: { read: 1_800, write: 0 } },
  });
});

it("what subagents took is in the total", async () => {
  const client = real.client();
  const session = await client.session.create();
  const task = {
    description: "Look around",
    prompt: script(say("Seen."), step({ input: 7, cached: 0, output: 2, reasoning: 0 })),
    subagent_type: "general",
  };
  const { usage: used } = await client.session
    .prompt(session, script(callTool("task", task), nextStep(), say("Done.")))
    .result();
  const { own, total } = await client.session.usage(session);
  expect(used).toEqual(own);
  expect(own).toMatchObject({ inputTokens: 20, outputTokens: 10 });
  expect(total).toMatchObject({ inputTokens: 27, outputTokens: 12 });
});

it("the context of a conversation that was shortened is known again after the next answer", async () => {
  const client = real.client();
  const session = await client.session.create();
  expect(await client.session.usage(session)).toEqual({});
  await client.session
    .prompt(session, script(say("Long."), step({ input: 90_000, cached: 0, output: 1, reasoning: 0 })))
    .text();
  expect((await client.session.usage(session)).context).toMatchObject({ tokens: 90_001 });
  await client.session.summarize(session);
  const { own, context } = await client.session.usage(session);
  // The summary has its price.
  expect(own?.inputTokens).toBe(90_010);
  expect(context).toBeUndefined();
  await client.session
    .prompt(session, script(say("On."), step({ input: 500, cached: 0, output: 1, reasoning: 0 })))
    .text();
  expect((await client.session.usage(session)).context).toMatchObject({ tokens: 501, limit: 200_000 });
});

it("a limit or counts that nobody tells are not made up", async () => {
  const client = real.client();
  const session = await client.session.create();
  const result = await client.session.prompt(session, script(say("Free."), noUsage())).result();
  expect(result.usage).toBeUndefined();
  expect(await client.session.usage(session)).toEqual({});
  const models = await client.models.list();
  expect(models.find(({ id }) => id === "local/small")?.limits?.context).toBe(12_000);
  expect(models.find(({ id }) => id === "dead/nobody")).not.toHaveProperty("limits");
});
