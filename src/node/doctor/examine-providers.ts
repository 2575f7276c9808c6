import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { keyInEnvironment, providerKeys } from "../../opencode/provider-keys.ts";
import { isConfigObject, valueAt } from "../configuration/config-object.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { dataFolder, type Environment } from "../places.ts";
import type { ProviderFinding } from "./report.ts";

/** The providers that have a key, or that somebody configured, and where the key is. None is ever read out. */
export async function examineProviders(
  configuration: Configuration,
  env: Environment,
): Promise<readonly ProviderFinding[]> {
  const stored = await storedLogins(env);
  const { provider } = configuration.merged;
  const configured = isConfigObject(provider) ? Object.keys(provider) : [];
  const ids = new Set([...providerKeys.keys(), ...configured, ...stored]);
  return [...ids].flatMap((id) => {
    const key = keyOf(id, configuration, env, stored);
    return key === undefined && !configured.includes(id) ? [] : [{ id, key }];
  });
}

function keyOf(
  id: string,
  configuration: Configuration,
  env: Environment,
  stored: ReadonlySet<string>,
): string | undefined {
  const variables = keyInEnvironment(id, env);
  if (variables !== undefined) return variables.join(" and ");
  const path = ["provider", id, "options", "apiKey"];
  if (valueAt(configuration.merged, path)) {
    const { path: file, name } = configuration.originOf(path) ?? {};
    return `the configuration (${file ?? name ?? "generated"})`;
  }
  return stored.has(id) ? "opencode auth login" : undefined;
}

/** Which providers `opencode auth login` knows. */
async function storedLogins(env: Environment): Promise<ReadonlySet<string>> {
  try {
    const stored: unknown = JSON.parse(await readFile(join(dataFolder(env), "auth.json"), "utf8"));
    return new Set(isConfigObject(stored) ? Object.keys(stored) : []);
  } catch {
    // OpenCode itself goes on without one that it can't read.
    return new Set();
  }
}
