import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { createEngineClient, type EngineClientOptions } from "../create-engine-client.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { type HeadersSource, isRefused } from "../http.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "../opencode/driver.ts";
import { findBinary } from "./binary.ts";
import { freePort } from "./free-port.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { type OpenCodeSettings, type OpenCodeSettingsInput, resolveSettings, urlOf } from "./settings.ts";
import { isOnThisMachine } from "./storage/is-on-this-machine.ts";
import { type StorageOptions, withStorage } from "./storage/with-storage.ts";

export interface CreateOpenCodeOptions
  extends OpenCodeSettingsInput,
    EngineClientOptions,
    StorageOptions,
    Omit<OpenCodeDriverOptions, "baseUrl" | "model" | "preferredModel" | "workingDirectory"> {
  /** Where sessions are created unless they say otherwise. Default: `process.cwd()`. */
  readonly workingDirectory?: string | undefined;
  /** Where a started server runs. Default: the home directory. */
  readonly serverDirectory?: string | undefined;
  /** The program to start. Default: `OPENCODE_BIN`, else the nearest installed `opencode`, else that of `PATH`. */
  readonly binary?: string | undefined;
  /** Variables of a started server, over those of this process. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Milliseconds until a started server must listen. Default: 30000. */
  readonly startTimeout?: number | undefined;
}

/** The server behind a client. */
export interface OpenCodeProcess {
  /**
   * `attached`: it ran before, and is never stopped by this client. `absent`: it was not there when the client was made,
   * which shows its stored history until it is.
   */
  readonly mode: "attached" | "spawned" | "absent";
  readonly url: string;
  /** Of a server that this client started. */
  readonly pid?: number | undefined;
}

/** A client with its server: `dispose()` also stops a server that it started. */
export interface OpenCode extends ManagedEngineClient {
  readonly process: OpenCodeProcess;
}

/** What a server has to say who it is. */
const PROBE_TIMEOUT_MS = 5_000;

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
 *   has the port), `ENGINE_UNAVAILABLE` (nothing answers, `autoStart` is off, and there is no history to show),
 *   `AUTH_REQUIRED`
 */
export async function createOpenCode(options: CreateOpenCodeOptions = {}): Promise<OpenCode> {
  const settings = resolveSettings(options, process.env);
  const env = { ...process.env, ...options.env };
  const password = env.OPENCODE_SERVER_PASSWORD ?? "";
  const headers = options.headers ?? basicAuth(env.OPENCODE_SERVER_USERNAME, password);

  const address = urlOf(settings.host, settings.port);
  const attached = settings.port !== 0 && (await answers(address, { ...options, headers }));
  const { history = true } = options;
  let server: ServerProcess | undefined;
  /** Why there is no server: its history is shown instead, if there is one. */
  let absent: EngineError | undefined;
  try {
    if (!attached) server = await spawnServer(settings, options, env, { headers, secrets: [password] });
  } catch (error) {
    const isAbsent = EngineError.is(error, "ENGINE_UNAVAILABLE") || EngineError.is(error, "PROCESS_FAILED");
    if (!history || !isAbsent) throw error;
    absent = error;
  }

  const { url = address, pid } = server ?? {};
  const { model } = settings;
  let client: ManagedEngineClient | undefined;
  try {
    const driver = openCodeDriver({
      ...options,
      baseUrl: url,
      headers,
      workingDirectory: options.workingDirectory ?? process.cwd(),
      ...(model.required ? { model: model.name } : { model: undefined, preferredModel: model.name }),
    });
    const owning = { ...driver, dispose: async () => server?.stop() };
    const path = isOnThisMachine(settings.host) ? options.database : false;
    client = createEngineClient(withStorage(owning, options, { path, env }), options);
    await client.connect().catch((error: unknown) => {
      throw absent ?? error;
    });
    if (absent !== undefined) {
      const { message } = absent;
      options.onDiagnostic?.({ level: "warning", code: "engine_absent", message, cause: absent });
    }
    const mode = attached ? "attached" : server === undefined ? "absent" : "spawned";
    return Object.assign(client, { process: { mode, url, ...(pid === undefined ? {} : { pid }) } as const });
  } catch (error) {
    await client?.dispose();
    await server?.stop();
    throw error;
  }
}

/** Does an engine answer there? Something else is an error: its port can't be had. */
async function answers(baseUrl: string, options: OpenCodeDriverOptions): Promise<boolean> {
  const driver = openCodeDriver({ ...options, baseUrl, timeout: PROBE_TIMEOUT_MS });
  try {
    const report = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };
    const connection = await driver.connect({ signal: new AbortController().signal, report });
    await connection.close();
    return true;
  } catch (cause) {
    if (!EngineError.is(cause) || cause.code === "AUTH_REQUIRED" || cause.code === "UNSUPPORTED") throw cause;
    if (cause.code === "ENGINE_UNAVAILABLE" && isRefused(cause)) return false;
    throw new EngineError(
      "PROCESS_FAILED",
      `${baseUrl} is taken by something that is not OpenCode, or does not work: ${cause.message} Stop it, or choose another port (port: 0 takes a free one).`,
      { engine: "opencode", cause },
    );
  }
}

async function spawnServer(
  settings: OpenCodeSettings,
  options: CreateOpenCodeOptions,
  env: Readonly<Record<string, string | undefined>>,
  access: { readonly headers: HeadersSource; readonly secrets: readonly string[] },
): Promise<ServerProcess> {
  const { host, port, autoStart } = settings;
  const cwd = options.serverDirectory ?? homedir();
  if (!autoStart) {
    throw new EngineError(
      "ENGINE_UNAVAILABLE",
      `Nothing answers at ${urlOf(host, port)}, and autoStart is off. Start it with \`opencode serve --port ${port}\`.`,
      { engine: "opencode" },
    );
  }
  if (!existsSync(cwd)) {
    const message = `serverDirectory ${JSON.stringify(cwd)} does not exist; name a folder that does.`;
    throw new EngineError("CONFIG_INVALID", message, { engine: "opencode" });
  }
  return startServer({
    binary: findBinary(options.binary, env),
    host,
    port: port === 0 ? await freePort(host) : port,
    cwd,
    env,
    startTimeout: options.startTimeout ?? 30_000,
    ...access,
  });
}

function basicAuth(username = "opencode", password: string): Readonly<Record<string, string>> {
  if (password === "") return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}
