/**
 * OpenCode in a pipeline: nobody is there, so a list decides what it may do; it has a deadline; the last line is JSON,
 * and the exit code says how it went.
 *
 *     node --conditions=@quantumreef/source examples/headless-ci.ts                # a scripted model, no key, no network
 *     ANTHROPIC_API_KEY=... node --conditions=@quantumreef/source examples/headless-ci.ts anthropic/claude-opus-4-5
 */
import { EngineError, type PermissionRequestedEvent } from "@quantumreef/engine-client";
import { createOpenCode } from "@quantumreef/engine-client/node";
import { setStage } from "./support/stage.ts";

/** Beyond this a job costs more than it is worth. */
const TOTAL_MS = 10 * 60_000;

/** What may be done without a person: look at files, and edit them (the pipeline's checkout is thrown away). */
const mayRun = [/^cat /, /^ls\b/, /^git (?:diff|log|status)\b/];

const stage = await setStage(process.argv[2]);
// A cancelled job stops the engine's work, too: a signal aborts, and does not merely let go.
const cancelled = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => cancelled.abort(new Error(`The job was ended by ${signal}.`)));

try {
  const client = await createOpenCode({
    port: 0, // jobs on one machine do not share an engine
    model: stage.model,
    workingDirectory: stage.directory,
    serverDirectory: stage.directory,
    env: stage.env,
    config: { permission: { bash: "ask", edit: "ask" } }, // it does both unasked otherwise
    followStorage: false, // nobody else uses this engine
    onDiagnostic: ({ level, message }) => {
      if (level !== "info") console.error(`${level}: ${message}`);
    },
  });
  try {
    const session = await client.session.create({ title: "Pipeline" });
    const call = client.session.prompt(session, stage.prompt, {
      signal: cancelled.signal,
      timeouts: { total: TOTAL_MS },
    });
    for await (const event of call) {
      if (event.type === "permission_requested") await decide(event);
      if (event.type === "tool_call_result")
        console.error(`${event.toolCall.name}: ${event.toolCall.title ?? "done"}`);
    }
    const { status, text, toolCalls, usage, error } = await call.settled();
    const tools = toolCalls.map(({ name }) => name);
    console.log(JSON.stringify({ status, text, tools, usage, error: error?.message }));
    if (status !== "completed") process.exitCode = 1;

    /** What is not on the list is refused with a reason, so that the model finds another way. */
    async function decide(request: PermissionRequestedEvent): Promise<void> {
      const { tool, patterns = [] } = request;
      const isAllowed =
        tool === "edit" ||
        (tool === "bash" &&
          patterns.length > 0 &&
          patterns.every((command) => mayRun.some((known) => known.test(command))));
      console.error(`${isAllowed ? "allowed" : "denied"}: ${request.description}`);
      const { signal } = cancelled;
      if (isAllowed) await client.permissions.reply(request, "allow", { signal });
      else await client.permissions.reply(request, "deny", { signal, message: "Not in this pipeline." });
    }
  } finally {
    await client.dispose(); // the engine that it started is gone, with all that it ran
  }
} catch (error) {
  console.error(EngineError.is(error) ? `${error.code}: ${error.message}` : error);
  process.exitCode = cancelled.signal.aborted ? 130 : 2;
} finally {
  await stage.close();
}
