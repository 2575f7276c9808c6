import { createEngineClient, type EngineClientOptions } from "../create-engine-client.ts";
import type { EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "../opencode/driver.ts";
import { mergeEnvironment } from "../process/environment.ts";
import { absentEngine, headersFor, isAbsence } from "./absent-engine.ts";
import type { ConfigObject } from "./configuration/config-object.ts";
import { readConfiguration } from "./configuration/read-configuration.ts";
import { type EngineSearch, findEngine } from "./find-engine.ts";
import type { Environment } from "./places.ts";
import { absoluteDirectory } from "./process/directories.ts";
import type { EngineHandle } from "./process/engine-handle.ts";
import { type OpenCodeProcess, openCodeProcess } from "./process/open-code-process.ts";
import { untestedRelease } from "./process/tested-releases.ts";
import { modelOptions } from "./settings/model-setting.ts";
import {
  type OpenCodeSettingsInput,
  resolveSettings,
  type SettingsExplanation,
} from "./settings/resolve-settings.ts";
import { isOnThisMachine } from "./storage/is-on-this-machine.ts";
import { type StorageOptions, withStorage } from "./storage/with-storage.ts";

export interface CreateOpenCodeOptions
  extends OpenCodeSettingsInput,
    EngineClientOptions,
    Pick<StorageOptions, "pollSessions" | "database">,
    Omit<
      OpenCodeDriverOptions,
      "baseUrl" | "model" | "preferredModel" | "fallbackModel" | "workingDirectory"
    > {
  /** Variables of a started server, and of these settings, over those of this process. Default: none. */
  readonly env?: Environment | undefined;
  /** OpenCode's configuration for a started server, merged over that of all files. Default: nothing. */
  readonly config?: ConfigObject | undefined;
}

/** A client with its server: `dispose()` also stops a server that it started, unless others use it. */
export interface OpenCode extends ManagedEngineClient {
  readonly process: OpenCodeProcess;
  /** Every setting, and where it comes from. */
  readonly settings: SettingsExplanation;
}

/**
 * Attaches to the OpenCode server on `host:port`, or starts one; subscribes to its events and mirrors its sessions, also
 * those that other processes store. Where there is none and none can be started, the stored history stands in for it
 * until there is one.
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
 *   something else has the port), `ENGINE_UNAVAILABLE` (nothing answers, `autoStart` is off, and there is no history to
 *   show), `AUTH_REQUIRED`
 */
export async function createOpenCode(options: CreateOpenCodeOptions = {}): Promise<OpenCode> {
  const env = mergeEnvironment(process.env, options.env);
  const { workingDirectory, config, onDiagnostic: diagnostic = () => {} } = options;
  const configuration = await readConfiguration({ env, workingDirectory, config });
  for (const told of configuration.diagnostics) diagnostic(told);
  configuration.check({ starting: false });
  const { settings, explanation } = resolveSettings(options, env, configuration);
  // The option wins over the variable here too: what starts or finds a server knows only the latter.
  const access = { ...env, OPENCODE_SERVER_USERNAME: settings.username };
  const search: EngineSearch = { settings, configuration, env: access, driver: options, diagnostic };
  let absence: EngineError | undefined;
  const handle = await findEngine(search).catch((error: unknown) => {
    if (!settings.history || !isAbsence(error)) throw error;
    absence = error;
    return absentEngine(search);
  });
  let client: ManagedEngineClient | undefined;
  try {
    const driver = withProcess(
      openCodeDriver({
        ...options,
        baseUrl: handle.url,
        headers: headersFor(handle, search),
        workingDirectory: absoluteDirectory(settings.workingDirectory),
        ...modelOptions(settings.model),
      }),
      handle,
      absence,
    );
    const { history, followStorage, host } = settings;
    const storage = { history, followStorage, pollSessions: options.pollSessions };
    const path = isOnThisMachine(host) ? options.database : false;
    client = createEngineClient(withStorage(driver, storage, { path, env }), options);
    await client.connect();
    if (absence !== undefined) {
      const { message } = absence;
      diagnostic({ level: "warning", code: "engine_absent", message, cause: absence });
    }
    const untested = absence === undefined ? untestedRelease(client.version) : undefined;
    if (untested !== undefined) diagnostic(untested);
    return Object.assign(client, {
      process: openCodeProcess(handle, client),
      settings: withPassword(explanation, handle),
    });
  } catch (error) {
    await client?.dispose();
    await handle.stop();
    // There is no history, either: what is wrong is that there is no engine.
    throw absence ?? error;
  }
}

/** Of an engine that will not come back, or never came, its process knows more than the wire does. */
function withProcess(
  driver: EngineDriver,
  handle: EngineHandle,
  absence: EngineError | undefined,
): EngineDriver {
  return {
    ...driver,
    async connect(options) {
      if (handle.failure !== undefined) throw handle.failure;
      try {
        return await driver.connect(options);
      } catch (error) {
        if (absence === undefined || !EngineError.is(error, "ENGINE_UNAVAILABLE")) throw error;
        throw new EngineError("ENGINE_UNAVAILABLE", absence.message, { engine: "opencode", cause: error });
      }
    },
    dispose: () => handle.stop(),
  };
}

/** A started server that nobody chose a password for got one. */
function withPassword(explanation: SettingsExplanation, { mode }: EngineHandle): SettingsExplanation {
  const { password } = explanation;
  if (mode !== "spawned" || password.value !== "unset") return explanation;
  return { ...explanation, password: { ...password, value: "random" } };
}
