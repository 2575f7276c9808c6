import { expect, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { type KnownAgent, knownAgents } from "../../src/acp/agents.ts";
import type { AcpDriverOptions } from "../../src/acp/options.ts";
import type { RunPromptOptions } from "../../src/automation/run-prompt.ts";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import type { PromptOpts } from "../../src/engine/engine-client.ts";
import type { KnownEngineErrorCode } from "../../src/engine/errors.ts";
import type { EngineEventType } from "../../src/engine/events.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import type { CreateOpenCodeOptions } from "../../src/node/create-open-code.ts";
import type { OpenCodeClientOptions } from "../../src/opencode/client.ts";
import { readPage } from "./support/code-examples.ts";

/** What stands in backticks in the first cells of a table's rows, but for what is in parentheses there. */
function namesIn(page: string, heading: string): readonly string[] {
  const { text } = readPage(page);
  const table = text.slice(text.indexOf(`\n| ${heading} |`)).split("\n\n")[0] ?? "";
  const [, , , ...rows] = table.split("\n");
  return rows.flatMap((row) => {
    const [, first = ""] = row.split(/(?<!\\)\|/);
    return [...first.replace(/\([^)]*\)/g, "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  });
}

/** All names of a union: one that is missing here, or too many, does not compile. */
const namesOf = <Name extends string>(names: Readonly<Record<Name, true>>) => Object.keys(names).toSorted();

it("docs/errors.md has every code", () => {
  const codes = namesOf<KnownEngineErrorCode>({
    ENGINE_UNAVAILABLE: true,
    SESSION_NOT_FOUND: true,
    SESSION_RUNNING: true,
    PROMPT_ABORTED: true,
    PERMISSION_DENIED: true,
    RATE_LIMITED: true,
    CONTEXT_OVERFLOW: true,
    AUTH_REQUIRED: true,
    INVALID_REQUEST: true,
    INVALID_RESPONSE: true,
    TIMEOUT: true,
    UNSUPPORTED: true,
    PERMISSION_NOT_FOUND: true,
    QUESTION_NOT_FOUND: true,
    EVENT_OVERFLOW: true,
    PROVIDER_ERROR: true,
    TURN_LOST: true,
    PROCESS_FAILED: true,
    CONFIG_INVALID: true,
    MCP_FAILED: true,
    HISTORY_UNREADABLE: true,
    UNKNOWN: true,
  });
  expect(namesIn("docs/errors.md", "code").toSorted()).toEqual(codes);
});

it("docs/events.md has every event", () => {
  const types = namesOf<EngineEventType>({
    session_created: true,
    session_updated: true,
    session_deleted: true,
    message_created: true,
    message_updated: true,
    message_removed: true,
    message_delta: true,
    tool_call_updated: true,
    permission_requested: true,
    permission_resolved: true,
    question_asked: true,
    question_resolved: true,
    file_diff: true,
    todo_updated: true,
    turn_ended: true,
    stream_gap: true,
    stream_resynced: true,
    unknown: true,
  });
  expect(namesIn("docs/events.md", "event").toSorted()).toEqual(types);
});

it("docs/prompts.md has every event of a prompt", () => {
  const types = namesOf<PromptEvent["type"]>({
    text_delta: true,
    reasoning_delta: true,
    text_reset: true,
    tool_call_start: true,
    tool_call_update: true,
    tool_call_result: true,
    permission_requested: true,
    question_asked: true,
    retrying: true,
    file_diff: true,
    message_done: true,
    error: true,
  });
  expect(namesIn("docs/prompts.md", "event").toSorted()).toEqual(types);
});

it("docs/adapters.md has every event of a driver", () => {
  const types = namesOf<DriverEvent["type"]>({
    session_created: true,
    session_updated: true,
    session_deleted: true,
    session_status: true,
    session_error: true,
    turn_started: true,
    turn_continued: true,
    turn_ended: true,
    message_updated: true,
    message_removed: true,
    part_updated: true,
    part_delta: true,
    part_removed: true,
    step_started: true,
    permission_requested: true,
    permission_resolved: true,
    question_asked: true,
    question_resolved: true,
    file_diff: true,
    todo_updated: true,
    gap: true,
    listening: true,
    unknown: true,
  });
  expect(namesIn("docs/adapters.md", "`DriverEvent`").toSorted()).toEqual(types);
});

it("docs/getting-started.md has every option of OpenCodeClient", () => {
  const options = namesOf<keyof OpenCodeClientOptions>({
    baseUrl: true,
    protocol: true,
    headers: true,
    fetch: true,
    workingDirectory: true,
    model: true,
    preferredModel: true,
    fallbackModel: true,
    reviewEdits: true,
    asyncPrompts: true,
    timeout: true,
    connectTimeout: true,
    idleTimeout: true,
    reconnectTimeout: true,
    permissionPolicy: true,
    questionPolicy: true,
    onDiagnostic: true,
    onDecision: true,
  });
  const named = namesIn("docs/getting-started.md", "option | default");
  expect(named).toEqual(expect.arrayContaining(options));
});

it("docs/getting-started.md has every option of createOpenCode()", () => {
  const options = namesOf<
    Exclude<keyof CreateOpenCodeOptions, Exclude<keyof OpenCodeClientOptions, "model">>
  >({
    host: true,
    port: true,
    autoStart: true,
    model: true,
    serverDirectory: true,
    binary: true,
    env: true,
    startTimeout: true,
    config: true,
    password: true,
    username: true,
    restart: true,
    cors: true,
    logLevel: true,
    history: true,
    followStorage: true,
    pollSessions: true,
    database: true,
  });
  const named = namesIn("docs/getting-started.md", "option | variable | default");
  expect(named).toEqual(expect.arrayContaining(options));
});

it("docs/prompts.md has every option of a prompt", () => {
  const options = namesOf<keyof PromptOpts | "output">({
    model: true,
    systemPrompt: true,
    output: true,
    agent: true,
    variant: true,
    maxTokens: true,
    temperature: true,
    messageId: true,
    ifRunning: true,
    timeouts: true,
    tools: true,
    signal: true,
    permissionPolicy: true,
    questionPolicy: true,
  });
  expect(namesIn("docs/prompts.md", "option | default")).toEqual(expect.arrayContaining(options));
});

it("docs/automation.md has every option of a run", () => {
  const options = namesOf<keyof RunPromptOptions | "output">({
    prompt: true,
    title: true,
    model: true,
    workingDirectory: true,
    systemPrompt: true,
    reviewEdits: true,
    output: true,
    agent: true,
    variant: true,
    maxTokens: true,
    temperature: true,
    timeouts: true,
    tools: true,
    signal: true,
    permissionPolicy: true,
    questionPolicy: true,
    onEvent: true,
    retry: true,
    deleteSession: true,
  });
  expect(namesIn("docs/automation.md", "option | default")).toEqual(expect.arrayContaining(options));
});

it("docs/acp.md has every option of an agent", () => {
  const options = namesOf<keyof AcpDriverOptions>({
    command: true,
    args: true,
    env: true,
    cwd: true,
    id: true,
    name: true,
    authMethod: true,
    help: true,
    fileAccess: true,
    terminals: true,
    mcpServers: true,
    startTimeout: true,
    timeout: true,
    keep: true,
  });
  expect(namesIn("docs/acp.md", "option | what it does | default")).toEqual(expect.arrayContaining(options));
});

it("docs/acp.md shows the agents that are known as they are", () => {
  const { text } = readPage("docs/acp.md");
  const rowOf = ({ command, args, install }: KnownAgent) => {
    const start = `| \`${[command, ...args].join(" ")}\` |`;
    return text.split("\n").find((row) => row.includes(start) && row.includes(install));
  };
  expect(knownAgents.filter((agent) => rowOf(agent) === undefined)).toEqual([]);
});

it("CONTRIBUTING.md has every script that people run", () => {
  const named = namesIn("CONTRIBUTING.md", "command").filter((name) => name.startsWith("npm "));
  const scripts = named.map((name) => name.replace(/^npm (?:run )?/, ""));
  // `npm pack` and `.ci/run` run these.
  const others = ["prepack", "ci:count"];
  expect([...scripts, ...others].toSorted()).toEqual(Object.keys(manifest.scripts).toSorted());
});
