import type { acpAgents } from "@quantumreef/engine-client/acp";
import type { ConformanceSkip } from "@quantumreef/engine-client/testing";
import type { Directive } from "../support/scripted-model/directives.ts";
import { callTool } from "../support/scripted-model/script.ts";
import type { ScriptedModel } from "../support/scripted-model/server.ts";

/** How an agent is run with the scripted model, and where it is not like the others. */
export interface Setup {
  readonly agent: Exclude<keyof typeof acpAgents, "opencode" | "goose">;
  /** Variables that send it to the model. */
  readonly env: (model: ScriptedModel) => Readonly<Record<string, string>>;
  /** Files of its home: it asks before commands, but not before `echo` and `tail`. */
  readonly files: (model: ScriptedModel) => Readonly<Record<string, string>>;
  readonly shell: (command: string, isAsked?: boolean) => Directive;
  readonly write: (path: string, content: string) => Directive;
  /** A tool that asks nobody. Default: the command `echo`. */
  readonly free?: Directive;
  /** What its commands show is told. */
  readonly tellsOutput: boolean;
  /** A denial ends the turn. */
  readonly endsDenied: boolean;
  /** Rules of the conformance suite that it can't keep. */
  readonly skip: readonly ConformanceSkip[];
}

const key = "scripted-key";
const remembersForGood: ConformanceSkip = {
  reason: "What it allows always it allows in other sessions, too.",
  tests: ["R19"],
};
export const setups: readonly Setup[] = [
  {
    agent: "gemini",
    env: ({ origin }) => ({
      GEMINI_API_KEY: key,
      GOOGLE_GEMINI_BASE_URL: origin,
      GEMINI_MODEL: "gemini-2.5-pro",
    }),
    files: () => ({
      ".gemini/settings.json": JSON.stringify({ privacy: { usageStatisticsEnabled: false } }),
    }),
    shell: (command) => callTool("run_shell_command", { command, description: "A command" }),
    write: (file_path, content) => callTool("write_file", { file_path, content }),
    free: callTool("list_directory", { dir_path: "." }),
    tellsOutput: false,
    endsDenied: false,
    skip: [],
  },
  {
    agent: "claudeCode",
    env: ({ origin }) => ({
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: origin,
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    }),
    files: () => ({
      ".claude/settings.json": JSON.stringify({
        permissions: { defaultMode: "default", allow: ["Bash(echo:*)", "Bash(tail:*)"] },
      }),
    }),
    shell: (command) => callTool("Bash", { command, description: "A command" }),
    write: (file_path, content) => callTool("Write", { file_path, content }),
    tellsOutput: true,
    endsDenied: false,
    skip: [remembersForGood],
  },
  {
    agent: "codex",
    env: () => ({ OPENAI_API_KEY: key, INITIAL_AGENT_MODE: "read-only" }),
    files: ({ url }) => ({
      // Its shell is a login shell.
      ".profile": 'PATH="$HOME/bin:$PATH"\n',
      ".codex/config.toml": `model = "scripted"
model_provider = "scripted"
[model_providers.scripted]
name = "Scripted"
base_url = "${url}"
env_key = "OPENAI_API_KEY"
wire_api = "responses"
`,
    }),
    shell: (cmd, isAsked = false) =>
      callTool("exec_command", {
        cmd,
        ...(isAsked ? { sandbox_permissions: "require_escalated", justification: "It must." } : {}),
      }),
    write: (path, content) => {
      const added = content.replace(/^(?=.)/gm, "+");
      const patch = `*** Begin Patch\n*** Add File: ${path}\n${added}*** End Patch`;
      return callTool("exec_command", { cmd: `apply_patch <<'EOF'\n${patch}\nEOF` });
    },
    tellsOutput: true,
    endsDenied: true,
    skip: [remembersForGood],
  },
  {
    agent: "qwenCode",
    env: ({ url }) => ({ OPENAI_API_KEY: key, OPENAI_BASE_URL: url, OPENAI_MODEL: "scripted" }),
    files: () => ({
      ".qwen/settings.json": JSON.stringify({
        privacy: { usageStatisticsEnabled: false },
        tools: { approvalMode: "default" },
        permissions: { allow: ["Bash(echo *)", "Bash(tail *)"] },
      }),
    }),
    shell: (command) =>
      callTool("run_shell_command", { command, description: "A command", is_background: false }),
    write: (file_path, content) => callTool("write_file", { file_path, content }),
    tellsOutput: true,
    endsDenied: true,
    skip: [remembersForGood],
  },
];
