import { isAbsolute, resolve } from "node:path";
import { EngineError } from "../engine/errors.ts";
import type { McpServerConfig } from "../engine/mcp.ts";
import { mergeEnvironment } from "../process/environment.ts";
import { secretsOf } from "../process/secrets.ts";
import type { FileAccess } from "./file-requests.ts";

/** How an agent is started and what it may do. */
export interface AcpDriverOptions {
  /** The program: a path, or a name on PATH. */
  readonly command: string;
  /** Default: none. */
  readonly args?: readonly string[] | undefined;
  /** Variables over those of this process; an `undefined` one is taken out. Default: those of this process alone. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Where it is started, and where sessions are that name no other directory. Default: `process.cwd()`. */
  readonly cwd?: string | undefined;
  /** Of the engine, as `client.id`. Default: `"acp"`. */
  readonly id?: string | undefined;
  /** For people, as `client.name`. Default: the command. */
  readonly name?: string | undefined;
  /** One of the agent's ways to log in, by its id, for those that want it before the first session. Default: none. */
  readonly authMethod?: string | undefined;
  /** How to install and log in, for the errors where it is missing. Default: nothing is said. */
  readonly help?: { readonly install?: string | undefined; readonly login?: string | undefined } | undefined;
  /**
   * What it may do to files through this client, in the session's directory only. Many agents use their own hands
   * besides, which this does not bind. Default: `"none"`.
   */
  readonly fileAccess?: FileAccess | undefined;
  /**
   * Whether it may run commands through this client. They begin in the session's directory, and can do what you can.
   * Default: false.
   */
  readonly terminals?: boolean | undefined;
  /** Servers that every session gets, by their names. Default: none. */
  readonly mcpServers?: Readonly<Record<string, McpServerConfig>> | undefined;
  /** Milliseconds until it must speak after it was started. Default: 30000. */
  readonly startTimeout?: number | undefined;
  /** Milliseconds until it must answer any request but a prompt. Default: 60000. */
  readonly timeout?: number | undefined;
  /** Millions of characters of conversations that are kept in memory, those of the sessions used last. Default: 64. */
  readonly keep?: number | undefined;
}

/** The same, with all that was left out. */
export interface AcpSettings {
  readonly id: string;
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly secrets: readonly string[];
  readonly cwd: string;
  readonly authMethod: string | undefined;
  readonly install: string;
  readonly login: string;
  readonly fileAccess: FileAccess;
  readonly terminals: boolean;
  readonly mcpServers: Readonly<Record<string, McpServerConfig>>;
  readonly startTimeout: number;
  readonly timeout: number;
  /** Characters. */
  readonly keep: number;
}

const MILLION = 1_000_000;

/** @throws EngineError `CONFIG_INVALID` for what can't be meant: code without types can pass anything */
export function readOptions(options: AcpDriverOptions): AcpSettings {
  const { command, args = [], cwd = process.cwd(), id = "acp", fileAccess = "none", help } = options;
  const { startTimeout = 30_000, timeout = 60_000, keep = 64 } = options;
  check(id, typeof command === "string" && command !== "", "command must name a program.");
  check(id, args.every(isText), "args must be a list of strings.");
  check(id, isText(cwd) && cwd !== "", "cwd must be a path.");
  check(
    id,
    ["none", "read", "read-write"].includes(fileAccess),
    `fileAccess is "none", "read" or "read-write".`,
  );
  for (const [name, value] of Object.entries({ startTimeout, timeout, keep }))
    check(id, typeof value === "number" && value > 0, `${name} must be a number above 0.`);
  const merged = mergeEnvironment(process.env, options.env);
  const set = Object.entries(merged).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const env = Object.fromEntries(set);
  return {
    id,
    name: options.name ?? command,
    command,
    args,
    env,
    secrets: secretsOf({ env, secrets: [] }),
    cwd: isAbsolute(cwd) ? cwd : resolve(cwd),
    authMethod: options.authMethod,
    install: help?.install ?? "",
    login: help?.login ?? "",
    fileAccess,
    terminals: options.terminals ?? false,
    mcpServers: options.mcpServers ?? {},
    startTimeout,
    timeout,
    keep: keep * MILLION,
  };
}

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function check(engine: string, isRight: boolean, message: string): void {
  if (!isRight) throw new EngineError("CONFIG_INVALID", `acpDriver: ${message}`, { engine });
}
