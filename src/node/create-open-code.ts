import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { createEngineClient, type EngineClientOptions } from "../create-engine-client.ts";
import type { EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { isRefused } from "../http.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "../opencode/driver.ts";
import { withCredentials } from "./process/access.ts";
import { acquire } from "./process/acquire.ts";
import { absoluteDirectory } from "./process/directories.ts";
import type { EngineHandle } from "./process/engine-handle.ts";
import { mergeEnvironment } from "./process/environment.ts";
import { untestedRelease } from "./process/tested-releases.ts";
import { whatAnswers } from "./process/what-answers.ts";
import { type OpenCodeSettings, type OpenCodeSettingsInput, resolveSettings, urlOf } from "./settings.ts";

export interface CreateOpenCodeOptions
  extends OpenCodeSettingsInput,
    EngineClientOptions,
    Omit<OpenCodeDriverOptions, "baseUrl" | "model" | "preferredModel" | "workingDirectory"> {
  /** Where sessions are created unless they say otherwise. Default: `process.cwd()`. */
  readonly workingDirectory?: string | undefined;
  /** Where a started server runs. Default: the home directory. */
  readonly serverDirectory?: string | undefined;
  /**
   * The program to start. Default: `OPENCODE_BIN`, else the nearest installed `opencode`, else that of `PATH`, else that
   * of the usual install folders.
   */
  readonly binary?: string | undefined;
  /** Variables of a started server, over those of this process. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Milliseconds until a started server must listen. Default: 30000. */
  readonly startTimeout?: number | undefined;
  /**
   * Of the server; `false`: a started one asks for none. Default: `OPENCODE_SERVER_PASSWORD`, else a started server gets
   * a random one. Other programs of this user find it by its file in the state folder.
   */
  readonly password?: string | false | undefined;
  /** What becomes of a started server that crashes. Default: `"on-crash"`, it is started again. */
  readonly restart?: "on-crash" | false | undefined;
  /** Origins of web pages that may use a started server, for example `"tauri://localhost"`. Default: none. */
  readonly cors?: readonly string[] | undefined;
  /** Of a started server: `"DEBUG"`, `"INFO"`, `"WARN"`, `"ERROR"`. Default: its own. */
  readonly logLevel?: string | undefined;
}

/** The server behind a client. */
export interface OpenCodeProcess {
  /** `attached`: it ran before. Unless a program of this package had started it, it is never stopped from here. */
  readonly mode: "attached" | "spawned";
  readonly url: string;
  /** Of a server that was started by this package, here or in another program; another one after a restart. */
  readonly pid?: number | undefined;
  /** The release of the server. */
  readonly version: string;
  /**
   * Gives the server up: it ends with its last user, and then this resolves when it is gone. `dispose()` does it too.
   * Does nothing to a server that was started in another way.
   */
  stop(): Promise<void>;
}

/** A client with its server: `dispose()` also stops a server that it started, unless others use it. */
export interface OpenCode extends ManagedEngineClient {
  readonly process: OpenCodeProcess;
}

/** What a server has to say who it is. */
const PROBE_TIMEOUT_MS = 3_000;
/** A server that is just starting accepts a request and never answers it. */
const PROBES = 2;

/**
 * Attaches to the OpenCode server on `host:port`, or starts one; subscribes to its events and mirrors its sessions.
 *
 * @example
 * ```ts
 * const client = await createOpenCode();
 * try {
 *   const session = await client.session.create();
 *   console.log(await client.session.prompt(session, "What does this project do?").text());
 * } finally {
 *   await client.dispose();
 * }
 * ```
 * @throws EngineError `CONFIG_INVALID` (a bad setting), `PROCESS_FAILED` (it could not be started, or something else
 *   has the port), `ENGINE_UNAVAILABLE` (nothing answers and `autoStart` is off), `AUTH_REQUIRED`
 */
export async function createOpenCode(options: CreateOpenCodeOptions = {}): Promise<OpenCode> {
  const settings = resolveSettings(options, process.env);
  const handle = await acquireEngine(settings, options);
  let client: ManagedEngineClient | undefined;
  try {
    const { model } = settings;
    const driver = openCodeDriver({
      ...options,
      baseUrl: handle.url,
      headers: withCredentials(options.headers, handle.credentials),
      workingDirectory: absoluteDirectory(options.workingDirectory ?? process.cwd()),
      ...(model.required ? { model: model.name } : { model: undefined, preferredModel: model.name }),
    });
    client = createEngineClient(withProcess(driver, handle), options);
    await client.connect();
    const untested = untestedRelease(client.version);
    if (untested !== undefined) options.onDiagnostic?.(untested);
    return Object.assign(client, { process: describeProcess(handle, client) });
  } catch (error) {
    await client?.dispose();
    await handle.stop();
    throw error;
  }
}

function acquireEngine(settings: OpenCodeSettings, options: CreateOpenCodeOptions): Promise<EngineHandle> {
  const { host, port, autoStart } = settings;
  const { password, binary, startTimeout = 30_000, restart = "on-crash", cors = [], logLevel } = options;
  const serverDirectory = absoluteDirectory(options.serverDirectory ?? homedir());
  if (autoStart && !existsSync(serverDirectory)) {
    const message = `serverDirectory ${JSON.stringify(serverDirectory)} does not exist; name a folder that does.`;
    throw new EngineError("CONFIG_INVALID", message, { engine: "opencode" });
  }
  const address = urlOf(host, port);
  return acquire({
    host,
    port,
    address,
    autoStart,
    password,
    binary,
    serverDirectory,
    env: mergeEnvironment(process.env, options.env),
    startTimeout,
    restart: restart === "on-crash",
    cors,
    logLevel,
    diagnostic: options.onDiagnostic ?? (() => {}),
    probe: (credentials) =>
      answers(address, { ...options, headers: withCredentials(options.headers, credentials) }),
  });
}

/** Does an engine answer there? Something else is an error: its port can't be had. */
async function answers(baseUrl: string, options: OpenCodeDriverOptions, attempt = 1): Promise<boolean> {
  const driver = openCodeDriver({ ...options, baseUrl, timeout: PROBE_TIMEOUT_MS });
  try {
    const report = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };
    const connection = await driver.connect({ signal: new AbortController().signal, report });
    await connection.close();
    return true;
  } catch (cause) {
    if (!EngineError.is(cause) || cause.code === "AUTH_REQUIRED" || cause.code === "UNSUPPORTED") throw cause;
    if (cause.code === "ENGINE_UNAVAILABLE" && isRefused(cause)) return false;
    if (cause.code === "TIMEOUT" && attempt < PROBES) return answers(baseUrl, options, attempt + 1);
    const message = `${baseUrl} is taken by something that is not OpenCode, or does not work. ${await whatAnswers(baseUrl)} Stop it, or choose another port (port: 0 takes a free one).`;
    throw new EngineError("PROCESS_FAILED", message, { engine: "opencode", cause });
  }
}

/** Of an engine that will not come back its process knows more than the wire does. */
function withProcess(driver: EngineDriver, handle: EngineHandle): EngineDriver {
  return {
    ...driver,
    async connect(options) {
      if (handle.failure !== undefined) throw handle.failure;
      return driver.connect(options);
    },
    dispose: () => handle.stop(),
  };
}

function describeProcess(handle: EngineHandle, client: ManagedEngineClient): OpenCodeProcess {
  return {
    mode: handle.mode,
    get url() {
      return handle.url;
    },
    get pid() {
      return handle.pid;
    },
    get version() {
      return client.version;
    },
    stop: () => handle.stop(),
  };
}
