import { existsSync } from "node:fs";
import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { EngineError } from "../engine/errors.ts";
import type { OpenCodeDriverOptions } from "../opencode/driver.ts";
import { checkHandedOver } from "./configuration/check-handed-over.ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { Environment } from "./places.ts";
import { withCredentials } from "./process/access.ts";
import { acquire } from "./process/acquire.ts";
import { absoluteDirectory } from "./process/directories.ts";
import type { EngineHandle } from "./process/engine-handle.ts";
import { probeEngine } from "./process/probe-engine.ts";
import { urlOf } from "./settings/address.ts";
import type { OpenCodeSettings } from "./settings/resolve-settings.ts";

/** What is known before there is an engine. */
export interface EngineSearch {
  readonly settings: OpenCodeSettings;
  readonly configuration: Configuration;
  readonly env: Environment;
  /** Of the wire. */
  readonly driver: OpenCodeDriverOptions;
  readonly diagnostic: DiagnosticHandler;
}

/**
 * Finds the engine that the settings name, or starts it with the configuration that it does not read itself.
 * @throws EngineError `PROCESS_FAILED`, `ENGINE_UNAVAILABLE` (nothing answers, and none may be started),
 *   `CONFIG_INVALID`, `AUTH_REQUIRED`
 */
export async function findEngine(search: EngineSearch): Promise<EngineHandle> {
  const { settings, configuration, env, driver, diagnostic } = search;
  const { host, port, autoStart, password, binary, startTimeout, restart, cors, logLevel } = settings;
  const address = urlOf(host, port);
  const handle = await acquire({
    host,
    port,
    address,
    autoStart,
    password,
    binary,
    serverDirectory: absoluteDirectory(settings.serverDirectory),
    env,
    startTimeout,
    restart: restart === "on-crash",
    cors,
    logLevel,
    diagnostic,
    prepare: () => prepare(search),
    probe: (credentials) =>
      probeEngine(address, { ...driver, headers: withCredentials(driver.headers, credentials) }),
  });
  try {
    if (handle.mode === "spawned") {
      const headers = withCredentials(driver.headers, handle.credentials);
      const directory = absoluteDirectory(settings.workingDirectory);
      await checkHandedOver({ url: handle.url, headers, directory }, configuration);
    }
    return handle;
  } catch (error) {
    await handle.stop();
    throw error;
  }
}

/** Now it is sure that one is started. */
function prepare({ settings, configuration }: EngineSearch) {
  const { serverDirectory, model } = settings;
  if (!existsSync(serverDirectory)) {
    const message = `serverDirectory ${JSON.stringify(serverDirectory)} does not exist; name a folder that does.`;
    throw new EngineError("CONFIG_INVALID", message, { engine: "opencode" });
  }
  configuration.check({ starting: true });
  return { variables: configuration.environment([model.name]), secrets: configuration.secrets() };
}
