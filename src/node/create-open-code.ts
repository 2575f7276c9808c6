import { existsSync } from "node:fs";
import { createEngineClient, type EngineClientOptions } from "../create-engine-client.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { type HeadersSource, isRefused } from "../http.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "../opencode/driver.ts";
import { findBinary } from "./binary.ts";
import { checkHandedOver } from "./configuration/check-handed-over.ts";
import type { ConfigObject } from "./configuration/config-object.ts";
import type { Configuration } from "./configuration/configuration.ts";
import { readConfiguration } from "./configuration/read-configuration.ts";
import { freePort } from "./free-port.ts";
import { type ServerProcess, startServer } from "./server-process.ts";
import { urlOf } from "./settings/address.ts";
import { modelOptions } from "./settings/model-setting.ts";
import {
  type OpenCodeSettings,
  type OpenCodeSettingsInput,
  resolveSettings,
  type SettingsExplanation,
} from "./settings/resolve-settings.ts";

export interface CreateOpenCodeOptions
  extends OpenCodeSettingsInput,
    EngineClientOptions,
    Omit<
      OpenCodeDriverOptions,
      "baseUrl" | "model" | "preferredModel" | "fallbackModel" | "workingDirectory"
    > {
  /** Variables of a started server, and of these settings, over those of this process. Default: none. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** OpenCode's configuration for a started server, merged over that of all files. Default: nothing. */
  readonly config?: ConfigObject | undefined;
}

/** The server behind a client. */
export interface OpenCodeProcess {
  /** `attached`: it ran before, and is never stopped by this client. */
  readonly mode: "attached" | "spawned";
  readonly url: string;
  /** Of a server that this client started. */
  readonly pid?: number | undefined;
}

/** A client with its server: `dispose()` also stops a server that it started. */
export interface OpenCode extends ManagedEngineClient {
  readonly process: OpenCodeProcess;
  /** Every setting, and where it comes from. */
  readonly settings: SettingsExplanation;
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
 *   has the port), `ENGINE_UNAVAILABLE` (nothing answers and `autoStart` is off), `AUTH_REQUIRED`
 */
export async function createOpenCode(options: CreateOpenCodeOptions = {}): Promise<OpenCode> {
  const env = { ...process.env, ...options.env };
  const { workingDirectory, config } = options;
  const configuration = await readConfiguration({ env, workingDirectory, config });
  configuration.check({ starting: false });
  const { settings, explanation } = resolveSettings(options, env, configuration);
  for (const diagnostic of configuration.diagnostics) options.onDiagnostic?.(diagnostic);
  const password = settings.password || "";
  const headers = options.headers ?? basicAuth(settings.username, password);

  const address = urlOf(settings.host, settings.port);
  const attached = settings.port !== 0 && (await answers(address, { ...options, headers }));
  const server = attached
    ? undefined
    : await spawnServer(settings, configuration, env, {
        headers,
        secrets: [password, ...configuration.secrets()],
      });

  const { url = address, pid } = server ?? {};
  let client: ManagedEngineClient | undefined;
  try {
    const directory = settings.workingDirectory;
    if (server !== undefined) await checkHandedOver({ url, headers, directory }, configuration);
    const driver = openCodeDriver({
      ...options,
      baseUrl: url,
      headers,
      workingDirectory: directory,
      ...modelOptions(settings.model),
    });
    client = createEngineClient({ ...driver, dispose: async () => server?.stop() }, options);
    await client.connect();
    const mode = attached ? "attached" : "spawned";
    return Object.assign(client, {
      process: { mode, url, ...(pid === undefined ? {} : { pid }) } as const,
      settings: explanation,
    });
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
  configuration: Configuration,
  env: Readonly<Record<string, string | undefined>>,
  access: { readonly headers: HeadersSource; readonly secrets: readonly string[] },
): Promise<ServerProcess> {
  const { host, port, autoStart, serverDirectory: cwd, binary, startTimeout } = settings;
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
  configuration.check({ starting: true });
  return startServer({
    binary: findBinary(binary, env),
    host,
    port: port === 0 ? await freePort(host) : port,
    cwd,
    env: { ...env, ...passwordVariables(settings), ...configuration.environment([settings.model.name]) },
    startTimeout,
    ...access,
  });
}

function passwordVariables({ password, username }: OpenCodeSettings) {
  return {
    OPENCODE_SERVER_PASSWORD: password || undefined,
    OPENCODE_SERVER_USERNAME: password ? username : undefined,
  };
}

function basicAuth(username = "opencode", password: string): Readonly<Record<string, string>> {
  if (password === "") return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}
