import { createEngineClient, type EngineClientOptions } from "../create-engine-client.ts";
import type { EngineDriver } from "../engine/driver.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "../opencode/driver.ts";
import type { ConfigObject } from "./configuration/config-object.ts";
import { readConfiguration } from "./configuration/read-configuration.ts";
import { findEngine } from "./find-engine.ts";
import { withCredentials } from "./process/access.ts";
import { absoluteDirectory } from "./process/directories.ts";
import type { EngineHandle } from "./process/engine-handle.ts";
import { mergeEnvironment } from "./process/environment.ts";
import { untestedRelease } from "./process/tested-releases.ts";
import { modelOptions } from "./settings/model-setting.ts";
import {
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
  /** Every setting, and where it comes from. */
  readonly settings: SettingsExplanation;
}

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
 * @throws EngineError `CONFIG_INVALID` (a bad setting or configuration), `PROCESS_FAILED` (it could not be started, or
 *   something else has the port), `ENGINE_UNAVAILABLE` (nothing answers and `autoStart` is off), `AUTH_REQUIRED`
 */
export async function createOpenCode(options: CreateOpenCodeOptions = {}): Promise<OpenCode> {
  const env = mergeEnvironment(process.env, options.env);
  const { workingDirectory, config, onDiagnostic: diagnostic = () => {} } = options;
  const configuration = await readConfiguration({ env, workingDirectory, config });
  for (const told of configuration.diagnostics) diagnostic(told);
  configuration.check({ starting: false });
  const { settings, explanation } = resolveSettings(options, env, configuration);
  const handle = await findEngine({ settings, configuration, env, driver: options, diagnostic });
  let client: ManagedEngineClient | undefined;
  try {
    const driver = openCodeDriver({
      ...options,
      baseUrl: handle.url,
      headers: withCredentials(options.headers, handle.credentials),
      workingDirectory: absoluteDirectory(settings.workingDirectory),
      ...modelOptions(settings.model),
    });
    client = createEngineClient(withProcess(driver, handle), options);
    await client.connect();
    const untested = untestedRelease(client.version);
    if (untested !== undefined) diagnostic(untested);
    return Object.assign(client, { process: describeProcess(handle, client), settings: explanation });
  } catch (error) {
    await client?.dispose();
    await handle.stop();
    throw error;
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
