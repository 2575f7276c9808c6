import { EngineError } from "../../engine/errors.ts";
import { readConfiguration } from "../configuration/read-configuration.ts";
import type { Environment } from "../places.ts";
import { urlOf } from "../settings/address.ts";
import {
  type ExplainSettingsOptions,
  explainSettings,
  type SettingsReport,
} from "../settings/explain-settings.ts";
import { examineBinary } from "./examine-binary.ts";
import { examineDatabase } from "./examine-database.ts";
import { examineProviders } from "./examine-providers.ts";
import { examineServer } from "./examine-server.ts";
import { faultsOf } from "./faults.ts";
import type { DoctorReport, Fault } from "./report.ts";

/**
 * Finds out why `createOpenCode()` with these options would not work, or would not do what is expected: the settings and
 * where they come from, what answers on the port, the program, configuration files, the database, keys of providers.
 * Nothing is started but the program, for its release, and nothing is changed. What is wrong is told in `faults`; it
 * does not reject for it.
 *
 * @example
 * ```ts
 * const { ok, faults } = await examineMachine();
 * if (!ok) for (const { advice } of faults) console.error(advice);
 * ```
 */
export async function examineMachine(options: ExplainSettingsOptions = {}): Promise<DoctorReport> {
  const env = { ...process.env, ...options.env };
  const { config } = options;
  const settings = await settingsOf(options);
  // One that is not allowed is a fault already.
  const workingDirectory = settings.settings?.settings.workingDirectory.value ?? process.cwd();
  const configuration = await readConfiguration({ env, workingDirectory, config });
  const [binary, database, providers] = await Promise.all([
    examineBinary({ option: options.binary, env, cwd: workingDirectory }),
    examineDatabase(env),
    examineProviders(configuration, env),
  ]);
  const report = { node: process.version, ...settings, binary, database, providers };
  const server = settings.settings && (await examineServerOf(settings.settings, options.password, env));
  const faults = [...settings.faults, ...faultsOf({ ...report, server })];
  return { ...report, server, ok: faults.length === 0, faults };
}

/** A setting that is not allowed is a fault like others. */
async function settingsOf(
  options: ExplainSettingsOptions,
): Promise<{ readonly settings?: SettingsReport; readonly faults: readonly Fault[] }> {
  try {
    return { settings: await explainSettings(options), faults: [] };
  } catch (error) {
    if (!EngineError.is(error, "CONFIG_INVALID")) throw error;
    return { faults: [{ area: "settings", advice: error.message }] };
  }
}

async function examineServerOf(
  { settings: { host, port, username } }: SettingsReport,
  password: string | false | undefined,
  env: Environment,
) {
  // A free port: nothing can answer there yet.
  if (port.value === 0) return undefined;
  const access = { ...env, OPENCODE_SERVER_USERNAME: username.value };
  return examineServer(urlOf(host.value, port.value), password, access);
}
