import { type ConfigObject, isConfigObject } from "./config-object.ts";

/** An MCP server of a configuration: what the engine takes, or what is wrong with it. */
export type McpTranslation =
  | { readonly entry: unknown; readonly changed: boolean; readonly problem?: undefined }
  | { readonly problem: string };

const REMOTE: ReadonlySet<unknown> = new Set(["http", "sse", "streamable-http"]);

/**
 * The published `{ command: string, args: string[], env }` or `{ url }` as the engine's
 * `{ type, command: string[], environment, enabled }`. What has that form already is left as it is.
 */
export function translateMcp(entry: unknown): McpTranslation {
  if (!isConfigObject(entry)) return { entry, changed: false };
  const { type, command, args, env, ...rest } = entry;
  if (command !== undefined) {
    const program = typeof command === "string" ? [command] : command;
    if (!isTexts(program)) return { problem: "its command is neither a text nor a list of texts" };
    if (args !== undefined && !isTexts(args)) return { problem: "its args are no list of texts" };
    if (program.length === 0) return { problem: "its command is empty" };
    const translated = {
      type: type === undefined || type === "stdio" ? "local" : type,
      command: [...program, ...(args ?? [])],
      ...environmentOf(env, rest.environment),
      ...enabledOf(entry),
    };
    return settle(entry, { ...rest, ...translated });
  }
  if (args !== undefined) return { problem: "it has args, but no command that they belong to" };
  if (entry.url === undefined) {
    return env === undefined
      ? { entry, changed: false }
      : { problem: "it has env, but no command that it belongs to" };
  }
  const isRemote = type === undefined || REMOTE.has(type);
  return settle(entry, { ...rest, type: isRemote ? "remote" : type, ...enabledOf(entry) });
}

/** Would the engine read this entry? One that it can't read stops it: it reads its configuration whole or not at all. */
export function isMcpOfEngine(entry: unknown): boolean {
  if (!isConfigObject(entry)) return false;
  // This is how an entry of another file is switched off: then nothing else of it is looked at.
  if (typeof entry.enabled === "boolean") return true;
  if (entry.type === "local") return isTexts(entry.command);
  return entry.type === "remote" && typeof entry.url === "string";
}

function settle(entry: ConfigObject, translated: ConfigObject): McpTranslation {
  const changed = JSON.stringify(sorted(entry)) !== JSON.stringify(sorted(translated));
  return { entry: changed ? translated : entry, changed };
}

const sorted = (object: ConfigObject) => Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1));

// An entry of the engine's own form may leave it out, and stays as it is.
function enabledOf({ type, enabled }: ConfigObject): ConfigObject {
  if (enabled !== undefined) return { enabled };
  return type === "local" || type === "remote" ? {} : { enabled: true };
}

function environmentOf(env: unknown, environment: unknown): ConfigObject {
  if (!isConfigObject(env)) return {};
  return { environment: { ...env, ...(isConfigObject(environment) ? environment : {}) } };
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}
