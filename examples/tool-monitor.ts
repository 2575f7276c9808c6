/**
 * What the agents of an engine are doing right now: every tool call of every session, whoever started it, as it goes.
 * Running calls stand below with the end of their output; finished ones are printed with their time and what they changed.
 *
 *     node --conditions=@quantumreef/source examples/tool-monitor.ts                        # a scripted model plays
 *     node --conditions=@quantumreef/source examples/tool-monitor.ts http://127.0.0.1:4096  # your engine, until Ctrl-C
 */
import {
  EngineError,
  type ManagedEngineClient,
  OpenCodeClient,
  type ToolCall,
} from "@quantumreef/engine-client";
import { createOpenCode } from "@quantumreef/engine-client/node";
import pc from "picocolors";
import { createLiveLines } from "./support/live-lines.ts";
import { setStage } from "./support/stage.ts";

const stopped = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stopped.abort());

const [baseUrl] = process.argv.slice(2);
try {
  if (baseUrl === undefined) await watchStage();
  else await using(new OpenCodeClient({ baseUrl }), (client) => watch(client, stopped.signal));
} catch (error) {
  console.error(EngineError.is(error) ? `${error.code}: ${error.message}` : error);
  process.exitCode = 1;
}

/** Shows the calls of all sessions until it is enough. */
async function watch(client: ManagedEngineClient, enough: AbortSignal): Promise<void> {
  const lines = createLiveLines();
  const running = new Map<string, string>();
  try {
    await client.connect({ signal: enough });
    for await (const { sessionId, toolCall } of client.events.stream({
      types: ["tool_call_updated"],
      signal: enough,
    })) {
      const title = client.registry.get(sessionId)?.title || sessionId;
      const key = `${sessionId} ${toolCall.id}`;
      if (toolCall.status === "pending" || toolCall.status === "running")
        running.set(key, ongoing(title, toolCall));
      else {
        running.delete(key);
        lines.print(finished(title, toolCall));
      }
      lines.show([...running.values()]);
    }
  } catch (error) {
    // Ctrl-C, or the play is over.
    if (!enough.aborted) throw error;
  } finally {
    lines.close();
  }
}

function ongoing(session: string, toolCall: ToolCall): string {
  const lastLine = toolCall.output?.trimEnd().split("\n").at(-1) ?? "";
  return `${pc.cyan("...")} ${what(toolCall)} ${pc.dim(`${session} ${lastLine}`)}`;
}

function finished(session: string, toolCall: ToolCall): string {
  const { status, startedAt, endedAt, error, diff = [], attachments = [] } = toolCall;
  const ms = startedAt === undefined || endedAt === undefined ? "" : `${endedAt - startedAt} ms`;
  const changes = diff.map(({ additions, deletions }) => `+${additions} -${deletions}`);
  const more = [ms, ...changes, ...attachments.map(({ mimeType = "file" }) => mimeType)]
    .filter(Boolean)
    .join(", ");
  const mark = status === "success" ? pc.green("ok ") : pc.red("no ");
  const reason = error === undefined ? "" : pc.red(` ${error.split("\n", 1)[0]}`);
  return `${mark} ${what(toolCall)} ${pc.dim(`${session} (${more})`)}${reason}`;
}

/** The tool, of which server it is, and a line for people. */
function what({ name, mcp, title, input }: ToolCall): string {
  const tool = mcp === undefined ? name : `${mcp.tool} of ${mcp.server}`;
  const [first] = Object.values(input);
  return `${pc.bold(tool)} ${title ?? (typeof first === "string" ? first.split("\n", 1)[0] : "")}`;
}

/** Plays something to look at, with an engine and a home of its own. */
async function watchStage(): Promise<void> {
  const stage = await setStage(undefined);
  try {
    const engine = await createOpenCode({
      port: 0,
      model: stage.model,
      workingDirectory: stage.directory,
      serverDirectory: stage.directory,
      env: stage.env,
      followStorage: false,
    });
    await using(engine, async (client) => {
      const over = new AbortController();
      const watching = watch(client, AbortSignal.any([stopped.signal, over.signal]));
      const session = await client.session.create({ title: "Validation" });
      await client.session.prompt(session, stage.prompt, { signal: stopped.signal }).text();
      over.abort();
      await watching;
      // The same from the engine's record.
      const calls = await client.session.toolCalls(session, { tree: true });
      console.log(`${calls.length} tool calls: ${calls.map(({ toolCall }) => toolCall.name).join(", ")}`);
    });
  } finally {
    await stage.close();
  }
}

/** `await using`, also where Node does not know it yet. */
async function using(
  client: ManagedEngineClient,
  work: (client: ManagedEngineClient) => Promise<void>,
): Promise<void> {
  try {
    await work(client);
  } finally {
    await client.dispose();
  }
}
