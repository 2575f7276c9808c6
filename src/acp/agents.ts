import type { EngineDriver } from "../engine/driver.ts";
import { acpDriver } from "./driver.ts";
import type { AcpDriverOptions } from "./options.ts";

/** An agent that is known to speak the protocol: how it is started, and what is to be known of it. */
export interface KnownAgent {
  /** As `client.id`. */
  readonly id: string;
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Variables that it logs in with. Any one may be enough, and a login of its own is, too. */
  readonly loginVariables: readonly string[];
  readonly install: string;
  /** How to log in without a variable. */
  readonly login: string;
  /** Address of its documentation. */
  readonly docs: string;
  /** Where it differs from the others, each in a sentence. */
  readonly differences: readonly string[];
  /** Whether the tests of this package run it. The rest is what its documentation says. */
  readonly isTested: boolean;
}

/** All but how it is started, which is known. */
export type KnownAgentOptions = Partial<AcpDriverOptions>;

const opencode: KnownAgent = {
  id: "opencode",
  name: "OpenCode",
  command: "opencode",
  args: ["acp"],
  loginVariables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"],
  install: "npm install -g opencode-ai --allow-scripts=opencode-ai",
  login: "opencode auth login",
  docs: "https://opencode.ai/docs/acp",
  differences: [
    "Lists, loads and resumes its sessions, also those of `opencode serve`.",
    "A denied permission ends the turn: it is `rejected`.",
    "A prompt that it cancels is told with a usage of 0.",
    "Its list of things to do is a tool call and no plan: `session.todo` is empty.",
    "Says after an edit what it wrote, so that an editor can show it: without `fileAccess` that is refused, and the edit stays.",
  ],
  isTested: true,
};

const gemini: KnownAgent = {
  id: "gemini",
  name: "Gemini CLI",
  command: "gemini",
  args: ["--acp"],
  loginVariables: ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
  install: "npm install -g @google/gemini-cli",
  login: "run `gemini` once in a terminal and log in",
  docs: "https://geminicli.com/docs/cli/acp-mode/",
  differences: [
    "Older releases call the argument `--experimental-acp`.",
    "Loads its sessions, and does not list them.",
    "May want to be told how to log in: `authMethod` (`gemini-api-key`, `oauth-personal`, `vertex-ai`).",
    "Reads and writes files through its client where `fileAccess` lets it.",
  ],
  isTested: false,
};

const claudeCode: KnownAgent = {
  id: "claude-code",
  name: "Claude Code",
  command: "claude-agent-acp",
  args: [],
  loginVariables: ["ANTHROPIC_API_KEY"],
  install: "npm install -g @agentclientprotocol/claude-agent-acp",
  login: "run `claude` once in a terminal and log in",
  docs: "https://github.com/agentclientprotocol/claude-agent-acp",
  differences: [
    "An adapter around Claude Code, once called `claude-code-acp`. Lists, loads and resumes sessions.",
    "Tells the names of its tools (`Bash`, `Edit`): policies go by them.",
  ],
  isTested: false,
};

const codex: KnownAgent = {
  id: "codex",
  name: "Codex",
  command: "codex-acp",
  args: [],
  loginVariables: ["CODEX_API_KEY", "OPENAI_API_KEY"],
  install: "npm install -g @agentclientprotocol/codex-acp",
  login: "codex login",
  docs: "https://github.com/agentclientprotocol/codex-acp",
  differences: [
    "An adapter around the Codex CLI, which it brings along; `CODEX_PATH` names another. Lists, loads and resumes sessions.",
    "With a key it wants to be told so: `authMethod`, of which its error names the ids.",
    "Its modes are how much it may do unasked: `read-only`, `agent`, `agent-full-access`.",
  ],
  isTested: false,
};

const qwenCode: KnownAgent = {
  id: "qwen-code",
  name: "Qwen Code",
  command: "qwen",
  args: ["--acp"],
  loginVariables: ["OPENAI_API_KEY", "DASHSCOPE_API_KEY"],
  install: "npm install -g @qwen-code/qwen-code",
  login: "run `qwen` once in a terminal and log in",
  docs: "https://github.com/QwenLM/qwen-code",
  differences: [
    "Older releases call the argument `--experimental-acp`.",
    "Lists, loads and resumes its sessions.",
  ],
  isTested: false,
};

const goose: KnownAgent = {
  id: "goose",
  name: "goose",
  command: "goose",
  args: ["acp"],
  loginVariables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY"],
  install: "https://block.github.io/goose/docs/getting-started/installation",
  login: "goose configure",
  docs: "https://block.github.io/goose/docs/guides/acp-clients",
  differences: [
    "From 1.8.0 on. Loads its sessions and lists them.",
    "`GOOSE_PROVIDER` and `GOOSE_MODEL` choose the model, `GOOSE_MODE` what it asks for.",
  ],
  isTested: false,
};

/** The agents that are known, in one table. */
export const knownAgents: readonly KnownAgent[] = [opencode, gemini, claudeCode, codex, qwenCode, goose];

const driverOf =
  ({ id, name, command, args, install, login }: KnownAgent) =>
  (options: KnownAgentOptions = {}): EngineDriver =>
    acpDriver({ id, name, command, args, help: { install, login }, ...options });

/**
 * A driver for each of the known agents.
 *
 * @example
 * ```ts
 * const client = createEngineClient(acpAgents.gemini({ cwd: "/home/me/project", authMethod: "gemini-api-key" }));
 * ```
 */
export const acpAgents = {
  opencode: driverOf(opencode),
  gemini: driverOf(gemini),
  claudeCode: driverOf(claudeCode),
  codex: driverOf(codex),
  qwenCode: driverOf(qwenCode),
  goose: driverOf(goose),
} as const;
