import { type ConfigObject, isConfigObject, type KeyPath } from "./config-object.ts";
import { editText } from "./edit-text.ts";
import { parseConfiguration } from "./parse.ts";
import { translateConfiguration } from "./translate.ts";
import { isMcpOfEngine, translateMcp } from "./translate-mcp.ts";

/** A value of the published form that keeps OpenCode from starting, and what it has to be. */
export interface Stopper {
  readonly path: KeyPath;
  readonly problem: string;
  /** `undefined`: nobody can tell from what is there. */
  readonly corrected?: unknown;
}

/** What in a file that OpenCode reads itself is of the published form, and stops it. */
export function findStoppers(config: ConfigObject): readonly Stopper[] {
  const stoppers: Stopper[] = [];
  for (const [name, entry] of Object.entries(isConfigObject(config.mcp) ? config.mcp : {})) {
    if (isMcpOfEngine(entry) || !isConfigObject(entry)) continue;
    const result = translateMcp(entry);
    const path = ["mcp", name];
    if (result.problem !== undefined) stoppers.push({ path, problem: result.problem });
    else if (isMcpOfEngine(result.entry)) {
      const problem = "OpenCode wants type, and command as one list (or url)";
      stoppers.push({ path, problem, corrected: result.entry });
    }
  }
  if (typeof config.share === "boolean") {
    const corrected = config.share ? "auto" : "manual";
    stoppers.push({ path: ["share"], problem: "OpenCode wants manual, auto or disabled", corrected });
  }
  return stoppers;
}

/** The corrected line or lines of a stopper, as they belong into the file. Values that may be secret are `***`. */
export function printCorrection({ path, corrected }: Stopper): string {
  const key = path.at(-1);
  return `${JSON.stringify(key)}: ${JSON.stringify(masked(corrected), undefined, 2)}`;
}

/**
 * The text of a configuration file with all of the published form brought into the engine's, and its comments and
 * the rest as they are. Placeholders stay.
 * @throws EngineError `CONFIG_INVALID` if it is no JSON
 */
export function correctConfigurationText(text: string): string {
  const { config } = parseConfiguration(text, "The text");
  const { config: translated } = translateConfiguration(config);
  let result = text;
  const set = (path: KeyPath, value: unknown) => {
    result = editText(result, path, value);
  };
  const { mcp, provider } = translated;
  for (const [name, entry] of Object.entries(isConfigObject(mcp) ? mcp : {})) {
    if (isConfigObject(config.mcp) && entry !== config.mcp[name]) set(["mcp", name], entry);
  }
  for (const [id, entry] of Object.entries(isConfigObject(provider) ? provider : {})) {
    const before = isConfigObject(config.provider) ? config.provider[id] : undefined;
    if (JSON.stringify(entry) !== JSON.stringify(before)) set(["provider", id], entry);
  }
  if (config.providers !== undefined) set(["providers"], undefined);
  if (config.autoshare !== undefined) set(["autoshare"], undefined);
  if (translated.share !== config.share) set(["share"], translated.share);
  return result;
}

/** Where configurations hold keys and tokens. */
const SECRET_PLACES: ReadonlySet<string> = new Set(["environment", "env", "headers"]);
const SECRET_ARGUMENT = /^(.*(?:key|token|secret|password|auth)[^=]*=).+$/i;
const SECRET_OPTION = /^-.*(?:key|token|secret|password|auth)$/i;
const ONLY_PLACEHOLDERS = /^(?:\$\{[^}]+\}|\{env:[^}]+\}|\{file:[^}]+\}|Bearer |\s)+$/;

function masked(value: unknown, secret = false): unknown {
  if (typeof value === "string") {
    if (ONLY_PLACEHOLDERS.test(value)) return value;
    return secret ? "***" : value.replace(SECRET_ARGUMENT, "$1***").replace(/\/\/[^/@]+@/, "//***@");
  }
  if (Array.isArray(value)) {
    return value.map((item, index) => masked(item, secret || SECRET_OPTION.test(String(value[index - 1]))));
  }
  if (!isConfigObject(value)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(
    entries.map(([key, inner]) => [key, masked(inner, secret || SECRET_PLACES.has(key))]),
  );
}
