/**
 * A review in a pipeline: OpenCode reads a git diff and the files around it, and what it finds comes out as JSON. The exit
 * code says how it went: 0 nothing to complain of, 1 findings that should stop the change, 2 no review.
 *
 *     node --conditions=@quantumreef/source examples/code-review.ts              # a scripted model, no key, no network
 *     ANTHROPIC_API_KEY=... node --conditions=@quantumreef/source examples/code-review.ts --model anthropic/claude-opus-4-5 .
 */
import { execFile } from "node:child_process";
import { resolve } from "node:path";
import { parseArgs, promisify } from "node:util";
import { EngineError, runPrompt } from "@quantumreef/engine-client";
import { createOpenCode, exitSignal } from "@quantumreef/engine-client/node";
import * as z from "zod";
import { setReviewStage } from "./support/review-stage.ts";

const findingsSchema = z.array(
  z.object({
    file: z.string(),
    line: z.number(),
    severity: z.enum(["error", "warning", "note"]),
    message: z.string(),
  }),
);

const INSTRUCTIONS = `Review this change. Read the files around it before you judge. Report only what is wrong in what
the change adds, not style; an empty list if there is nothing to report.`;

/** Beyond this a review costs more than it is worth. */
const TOTAL_MS = 10 * 60_000;

const { values, positionals } = parseArgs({
  options: {
    model: { type: "string" },
    base: { type: "string", default: "HEAD" },
    clean: { type: "boolean", default: false },
  },
  allowPositionals: true,
});
const own = positionals[0] === undefined ? undefined : resolve(positionals[0]);
const stage = await setReviewStage(values.model, own, values.clean);
const leaving = exitSignal();
try {
  const diff = await diffSince(values.base, stage.directory);
  const findings = diff === "" ? [] : await review(diff);
  console.log(JSON.stringify(findings, null, 2));
  if (findings.some(({ severity }) => severity === "error")) process.exitCode = 1;
} catch (error) {
  console.error(describe(error));
  process.exitCode = leaving.exitCode ?? 2;
} finally {
  leaving.close();
  await stage.close();
}

async function review(diff: string) {
  const client = await createOpenCode({
    port: 0, // jobs on one machine do not share an engine
    model: stage.model,
    workingDirectory: stage.directory,
    serverDirectory: stage.directory,
    env: stage.env,
    config: { permission: { edit: "deny", bash: "deny", webfetch: "deny" } }, // a reviewer reads
    followStorage: false, // nobody else uses this engine
  });
  try {
    const { output, usage } = await runPrompt(client, {
      title: "Review",
      prompt: stage.prompt(`${INSTRUCTIONS}\n\n${diff}`),
      output: findingsSchema,
      signal: AbortSignal.any([leaving.signal, AbortSignal.timeout(TOTAL_MS)]),
      retry: {
        attempts: 3,
        onRetry: ({ error, delayMs }) =>
          console.error(`${error.message} Again in ${Math.ceil(delayMs / 1_000)} s.`),
      },
      onEvent: (event) => {
        if (event.type === "tool_call_result")
          console.error(`${event.toolCall.name} ${event.toolCall.title ?? ""}`);
      },
    });
    console.error(`${usage?.inputTokens ?? 0} tokens in, ${usage?.outputTokens ?? 0} out`);
    return output;
  } finally {
    await client.dispose(); // the engine that it started is gone
  }
}

async function diffSince(base: string, directory: string): Promise<string> {
  const options = { cwd: directory, maxBuffer: 16 * 1_024 * 1_024 };
  const { stdout } = await promisify(execFile)("git", ["diff", "--no-color", "--no-ext-diff", base], options);
  return stdout;
}

function describe(error: unknown): string {
  if (EngineError.is(error)) return `${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}
