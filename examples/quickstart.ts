/**
 * A real OpenCode engine answers a prompt, runs a tool, asks before it edits, and shows the diff first.
 *
 *     npm run demo                                        # a scripted model, no key, no network
 *     ANTHROPIC_API_KEY=... npm run demo -- anthropic/claude-opus-4-5
 */
import { EngineError, type PermissionRequestedEvent, type ToolCall } from "@quantumreef/engine-client";
import { createOpenCode } from "@quantumreef/engine-client/node";
import { setStage } from "./support/stage.ts";
import { createTerminal } from "./support/terminal.ts";

const stage = await setStage(process.argv[2]);
const terminal = createTerminal();
try {
  terminal.busy("Starting OpenCode");
  const client = await createOpenCode({
    port: 0, // a free one
    model: stage.model,
    workingDirectory: stage.directory,
    serverDirectory: stage.directory,
    env: stage.env,
  });
  try {
    terminal.fact(
      "Engine",
      `${client.name} ${client.version} at ${client.process.url} (${client.process.mode})`,
    );
    terminal.fact("Project", stage.directory);

    const session = await client.session.create({ title: "Quickstart", reviewEdits: true });
    terminal.busy("Thinking");
    const call = client.session.prompt(session, stage.prompt);
    for await (const event of call) {
      switch (event.type) {
        case "text_delta":
          terminal.stream(event.delta);
          break;
        case "tool_call_start":
        case "tool_call_update":
          if (event.toolCall.status === "running") showTool(event.toolCall);
          break;
        case "tool_call_result":
          terminal.result(event.result, event.isError);
          break;
        case "permission_requested":
          await review(event);
          break;
        case "retrying":
          terminal.note(`The provider failed (${event.message}); attempt ${event.attempt + 1} follows.`);
          break;
        case "error":
          terminal.note(event.error);
          break;
      }
    }

    const turn = await call.settled();
    const { inputTokens, outputTokens } = turn.usage ?? { inputTokens: 0, outputTokens: 0 };
    terminal.fact(
      "Status",
      `${turn.status}, ${turn.toolCalls.length} tool calls, ${inputTokens} + ${outputTokens} tokens`,
    );
    terminal.fact("On disk", `${stage.file} now reads`);
    terminal.code(await stage.read());
  } finally {
    await client.dispose(); // and the engine that it started is gone
  }

  /** A person would decide here. The file is still as it was: what is shown is what would change. */
  async function review(request: PermissionRequestedEvent): Promise<void> {
    terminal.question(request.description);
    for (const { patch } of request.diff ?? []) terminal.diff(patch);
    terminal.note(
      `${stage.file} is unchanged so far: ${(await stage.read()).includes("TypeError") ? "no" : "yes"}`,
    );
    await client.permissions.reply(request, "allow");
    terminal.note("Allowed.");
  }
} catch (error) {
  if (!EngineError.is(error)) throw error;
  terminal.note(error.message);
  process.exitCode = 1;
} finally {
  terminal.close();
  await stage.close();
}

function showTool({ name, input }: ToolCall): void {
  const { command, filePath } = input;
  terminal.tool(name, String(command ?? filePath ?? ""));
}
