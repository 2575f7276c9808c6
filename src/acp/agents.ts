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
  /** Variables that it logs in with. `login` says which of them, and what else. */
  readonly loginVariables: readonly string[];
  readonly install: string;
  /** How to log in, in sentences, as errors say it. */
  readonly login: string;
  /** Address of its documentation. */
  readonly docs: string;
  /** Where it differs from the others, each in a sentence. */
  readonly differences: readonly string[];
  /** Whether the tests of this package run it, each time. */
  readonly isTested: boolean;
  /** The release that was last run by hand, in full. Without it, and not tested, all is as its documentation says. */
  readonly triedRelease?: string | undefined;
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
  login: "Run `opencode auth login`, or set the variable of your provider, such as ANTHROPIC_API_KEY.",
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
  login:
    "Set GEMINI_API_KEY; or GOOGLE_API_KEY with the authMethod `vertex-ai`; or run `gemini` once in a terminal and log in.",
  docs: "https://geminicli.com/docs/cli/acp-mode/",
  differences: [
    "Older releases call the argument `--experimental-acp`.",
    "Loads its sessions, and does not list them: one of another process is found by its id, in the driver's `cwd`.",
    "A session that is loaded in the minute in which it was made is emptied by Gemini CLI itself.",
    "What it tells again of a conversation holds what it said to its model: the context of the session, the results of tools.",
    "Of commands it tells neither input nor output; so policies can't go by what a command is.",
    "The model `auto` asks another model first which one to ask.",
    "Reads and writes files through its client where `fileAccess` lets it.",
  ],
  isTested: false,
  triedRelease: "0.61.0",
};

const claudeCode: KnownAgent = {
  id: "claude-code",
  name: "Claude Code",
  command: "claude-agent-acp",
  args: [],
  loginVariables: ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"],
  install: "npm install -g @agentclientprotocol/claude-agent-acp",
  login: "Set ANTHROPIC_API_KEY, or run `claude` once in a terminal and log in.",
  docs: "https://github.com/agentclientprotocol/claude-agent-acp",
  differences: [
    "An adapter around Claude Code, which it brings along; for Node 22 and later. Lists, loads and resumes sessions.",
    "Says that a login is missing when it is prompted, not before.",
    "Its mode may be `auto`, where Claude decides what it asks. In the mode `default` it asks, as `agent` of a prompt.",
    "Tells the names of its tools (`Bash`, `Edit`): policies go by them.",
    "Offers to allow for the session only some of its commands, and what it allows so it allows in other sessions, too.",
    "Asks a model for titles. `CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1` turns off what it reports of its use.",
  ],
  isTested: false,
  triedRelease: "0.101.0",
};

const codex: KnownAgent = {
  id: "codex",
  name: "Codex",
  command: "codex-acp",
  args: [],
  loginVariables: ["CODEX_API_KEY", "OPENAI_API_KEY"],
  install: "npm install -g @agentclientprotocol/codex-acp",
  login: "Set CODEX_API_KEY or OPENAI_API_KEY with the authMethod `api-key`, or run `codex login`.",
  docs: "https://github.com/agentclientprotocol/codex-acp",
  differences: [
    "An adapter around the Codex CLI, which it brings along; `CODEX_PATH` names another. Lists, loads and resumes sessions.",
    'With a key it wants to be told so: `authMethod: "api-key"`. It keeps that login in `CODEX_HOME`.',
    "A provider that `config.toml` names with an `env_key` needs no login.",
    "Its modes are how much it may do unasked: `read-only`, `workspace-write`, `agent`, `agent-full-access`.",
    "A denied permission ends the turn: it is `rejected`.",
    "What is allowed for the session it allows in others, too.",
    "It does not end by itself when its client leaves: `dispose()` takes half a second.",
  ],
  isTested: false,
  triedRelease: "2.6.0",
};

const qwenCode: KnownAgent = {
  id: "qwen-code",
  name: "Qwen Code",
  command: "qwen",
  args: ["--acp"],
  loginVariables: ["OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"],
  install: "npm install -g @qwen-code/qwen-code",
  login:
    "Set OPENAI_API_KEY, OPENAI_BASE_URL and OPENAI_MODEL, all three, or run `qwen` once in a terminal and log in.",
  docs: "https://github.com/QwenLM/qwen-code",
  differences: [
    "For Node 22 and later. Older releases call the argument `--experimental-acp`.",
    "Lists, loads and resumes its sessions.",
    "Its mode may be `auto`, where a model decides what it asks. In the mode `default` it asks, as `agent` of a prompt.",
    "Tells the names of its tools (`run_shell_command`, `write_file`): policies go by them.",
    "A denied permission ends the turn: it is `rejected`.",
    "What is allowed for the session it allows in the whole project.",
    "Prompts its model after a turn once more, for its memory.",
  ],
  isTested: false,
  triedRelease: "0.24.4",
};

const goose: KnownAgent = {
  id: "goose",
  name: "goose",
  command: "goose",
  args: ["acp"],
  loginVariables: ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GOOGLE_API_KEY"],
  install: "https://block.github.io/goose/docs/getting-started/installation",
  login: "Run `goose configure`.",
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
    acpDriver({ id, name, command, args, help: { install: `Install it: ${install}`, login }, ...options });

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
