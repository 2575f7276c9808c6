/**
 * The same question to many repositories, a few at a time, on one engine: a progress bar while it runs, then a line of JSON
 * for each. One that fails takes nothing from the others; the exit code says whether any did.
 *
 *     node --conditions=@quantumreef/source examples/batch.ts                    # a scripted model, no key, no network
 *     ANTHROPIC_API_KEY=... node --conditions=@quantumreef/source examples/batch.ts --model anthropic/claude-opus-4-5 ~/work/*
 */
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { EngineError, runPrompt, type Usage, usageOf } from "@quantumreef/engine-client";
import { createOpenCode, exitSignal } from "@quantumreef/engine-client/node";
import { SingleBar } from "cli-progress";
import pMap from "p-map";
import { setBatchStage } from "./support/batch-stage.ts";

const QUESTION = "What is this repository for? Answer in one sentence.";
/** How many are asked at a time: providers limit requests. */
const CONCURRENCY = 3;
/** Of one of them. */
const TOTAL_MS = 5 * 60_000;

interface Outcome {
  readonly directory: string;
  readonly text?: string;
  readonly usage?: Usage | undefined;
  readonly error?: string;
}

const { values, positionals } = parseArgs({ options: { model: { type: "string" } }, allowPositionals: true });
const stage = await setBatchStage(
  values.model,
  positionals.map((directory) => resolve(directory)),
);
const leaving = exitSignal();
const bar = new SingleBar({
  format: "{bar} {value}/{total} {failed} failed",
  stream: process.stderr,
  noTTYOutput: true, // in a log: a line now and then
});
try {
  const client = await createOpenCode({
    port: 0,
    model: stage.model,
    env: stage.env,
    config: { permission: { edit: "deny", bash: "deny" } }, // a question changes nothing
    followStorage: false, // nobody else uses this engine
  });
  let failed = 0;
  const ask = async (directory: string): Promise<Outcome> => {
    try {
      await access(join(directory, ".git"));
      const { text, usage } = await runPrompt(client, {
        prompt: stage.prompt(QUESTION, directory),
        workingDirectory: directory,
        timeouts: { total: TOTAL_MS },
        retry: { attempts: 3 }, // a rate limit is waited for
        signal: leaving.signal,
        deleteSession: true, // nothing of it is left in the person's history
      });
      return { directory, text, usage };
    } catch (error) {
      leaving.signal.throwIfAborted();
      failed += 1;
      return { directory, error: describe(error) };
    } finally {
      bar.increment({ failed });
    }
  };
  try {
    bar.start(stage.directories.length, 0, { failed });
    const options = { concurrency: CONCURRENCY, signal: leaving.signal };
    const outcomes = await pMap(stage.directories, ask, options).finally(() => bar.stop());
    for (const outcome of outcomes) console.log(JSON.stringify(outcome));
    const { inputTokens = 0, outputTokens = 0, costUsd = 0 } = usageOf(outcomes) ?? {};
    console.error(`${inputTokens} tokens in, ${outputTokens} out, $${costUsd.toFixed(5)}`);
    if (failed > 0) process.exitCode = 1;
  } finally {
    await client.dispose(); // the engine that it started is gone
  }
} catch (error) {
  console.error(describe(error));
  process.exitCode = leaving.exitCode ?? 2;
} finally {
  leaving.close();
  await stage.close();
}

function describe(error: unknown): string {
  if (EngineError.is(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
