/**
 * OpenCode without a person: rules decide what it may do, a function where no rule fits, and every decision is noted with
 * the rule that made it.
 *
 *     node --conditions=@quantumreef/source examples/permission-policy.ts                # a scripted model, no key, no network
 *     ANTHROPIC_API_KEY=... node --conditions=@quantumreef/source examples/permission-policy.ts anthropic/claude-opus-4-5
 */
import { EngineError, type PermissionPolicyOptions } from "@quantumreef/engine-client";
import { createOpenCode } from "@quantumreef/engine-client/node";
import { callTool, nextStep, say, script } from "../test/support/scripted-model/script.ts";
import { setStage } from "./support/stage.ts";
import { createTerminal } from "./support/terminal.ts";

/** The first rule that fits counts. Of a command with several parts each must be allowed. */
const policy: PermissionPolicyOptions = {
  rules: [
    { tool: "bash", pattern: "cat *", decision: "allow" },
    { tool: "bash", pattern: "git status *", decision: "allow" },
    { tool: "edit", pattern: "*.js", decision: "allow_session" },
    {
      tool: "bash",
      pattern: "rm *",
      decision: "deny",
      message: "Nothing is removed here; leave the folder as it is.",
    },
  ],
  // Where no rule fits. It may ask a service or a person elsewhere, and take its time until the deadline.
  decide: async ({ tool, patterns = [] }, { signal }) => {
    signal.throwIfAborted();
    if (tool === "bash" && patterns.every((command) => command.startsWith("npm test"))) return "allow";
    return { decision: "deny", message: "Not in this run. Say in the end what is left to do." };
  },
  deadline: 30_000,
  defaultDecision: "deny",
};

const stage = await setStage(process.argv[2], {
  request: "Let greet() in greet.js say Hi, remove the build folder, and publish the package",
  script: (path) =>
    script(
      callTool("bash", { command: "cat greet.js && git status", description: "Look" }),
      nextStep(),
      callTool("edit", { filePath: path, oldString: "Hello, ", newString: "Hi, " }),
      nextStep(),
      callTool("edit", { filePath: path, oldString: "Hi, ", newString: "Hi there, " }),
      nextStep(),
      callTool("bash", { command: "git status && rm -rf build", description: "Remove the build folder" }),
      nextStep(),
      callTool("bash", { command: "npm publish", description: "Publish" }),
      nextStep(),
      say("greet() says Hi. Left to do: remove the build folder, publish."),
    ),
});
const terminal = createTerminal();
try {
  terminal.busy("Starting OpenCode");
  const client = await createOpenCode({
    port: 0, // a free one
    model: stage.model,
    workingDirectory: stage.directory,
    serverDirectory: stage.directory,
    env: stage.env,
    config: { permission: { bash: "ask", edit: "ask" } }, // it does both unasked otherwise
    permissionPolicy: policy,
    onDecision: (record) => {
      if (record.type !== "permission") return;
      const { decision, by, rule, description, message } = record;
      const number = rule === undefined ? "" : ` ${(policy.rules?.indexOf(rule) ?? 0) + 1}`;
      terminal.question(description ?? record.permissionId);
      terminal.note(`${decision}, by ${by}${number}${message === undefined ? "" : `: ${message}`}`);
    },
  });
  try {
    const session = await client.session.create({ title: "Without a person" });
    const { status, text } = await client.session.prompt(session, stage.prompt).result();
    terminal.fact("Answer", text);
    const denied = client.permissions.decisions().filter(({ decision }) => decision === "deny");
    terminal.fact("Status", `${status}, ${denied.length} requests denied`);
    terminal.code(await stage.read());
  } finally {
    await client.dispose();
  }
} catch (error) {
  if (!EngineError.is(error)) throw error;
  terminal.note(error.message);
  process.exitCode = 1;
} finally {
  terminal.close();
  await stage.close();
}
