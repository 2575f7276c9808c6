import { type ConfigObject, isConfigObject, type KeyPath, valueAt } from "./config-object.ts";
import { translateMcp } from "./translate-mcp.ts";
import { translateProviders } from "./translate-provider.ts";

export interface Translation {
  /** In the form that the engine takes. */
  readonly config: ConfigObject;
  /** The part that the engine would not have read in the form that was written, in its own form. */
  readonly ignored: ConfigObject;
  /** What can't be translated, and was left as it is. */
  readonly problems: readonly { readonly path: KeyPath; readonly problem: string }[];
}

/** The published form (`providers`, `mcp.<name>.{command,args}`, `autoshare`) as the engine's; both may be mixed. */
export function translateConfiguration(source: ConfigObject): Translation {
  const { providers: published, provider: own, mcp, autoshare, share, permission, ...rest } = source;
  const { providers, ignored: ignoredProviders } = translateProviders(published, own);
  const servers = translateServers(mcp);
  const config = {
    ...rest,
    ...(providers === undefined ? (own === undefined ? {} : { provider: own }) : { provider: providers }),
    ...(servers === undefined ? (mcp === undefined ? {} : { mcp }) : { mcp: servers.config }),
    ...shareOf(share, autoshare),
    ...permissionOf(permission),
  };
  const ignored = {
    ...(Object.keys(ignoredProviders).length === 0 ? {} : { provider: ignoredProviders }),
    ...(servers === undefined || Object.keys(servers.ignored).length === 0 ? {} : { mcp: servers.ignored }),
  };
  return { config, ignored, problems: servers?.problems ?? [] };
}

/** QuantumReef's words for where the server listens, by OpenCode's within its `server`. */
const ADDRESS: ReadonlyMap<string, string> = new Map([
  ["hostname", "host"],
  ["port", "port"],
]);

/**
 * The `host` and `port` that QuantumReef has beside the model of an engine, as OpenCode's `server`; what that says itself
 * counts. OpenCode's own files have no such keys.
 */
export function translateAddress({ host, port, ...config }: ConfigObject): ConfigObject {
  const { server = {} } = config;
  const said = { ...(host === undefined ? {} : { hostname: host }), ...(port === undefined ? {} : { port }) };
  if (Object.keys(said).length === 0 || !isConfigObject(server)) return config;
  return { ...config, server: { ...said, ...server } };
}

/** Where in the configuration as it is written a value of the translated one stands. */
export function writtenPath(path: KeyPath, written: ConfigObject): KeyPath {
  const [first, second = "", ...more] = path;
  const key = first === "server" && more.length === 0 ? ADDRESS.get(String(second)) : undefined;
  return key === undefined || valueAt(written, path) !== undefined ? path : [key];
}

function translateServers(mcp: unknown): Translation | undefined {
  if (!isConfigObject(mcp)) return undefined;
  const config: Record<string, unknown> = {};
  const ignored: Record<string, unknown> = {};
  const problems: { readonly path: KeyPath; readonly problem: string }[] = [];
  for (const [name, entry] of Object.entries(mcp)) {
    const result = translateMcp(entry);
    if (result.problem !== undefined) problems.push({ path: ["mcp", name], problem: result.problem });
    config[name] = result.problem === undefined ? result.entry : entry;
    // Whole: the engine checks every source by itself, and half an entry is none.
    if (result.problem === undefined && result.changed) ignored[name] = result.entry;
  }
  return { config, ignored, problems };
}

// As OpenCode itself reads it, before it merges anything.
function permissionOf(permission: unknown): ConfigObject {
  if (permission === undefined) return {};
  return { permission: typeof permission === "string" ? { "*": permission } : permission };
}

function shareOf(share: unknown, autoshare: unknown): ConfigObject {
  if (typeof share === "boolean") return { share: share ? "auto" : "manual" };
  if (share !== undefined) return { share };
  if (typeof autoshare !== "boolean") return autoshare === undefined ? {} : { autoshare };
  return { share: autoshare ? "auto" : "manual" };
}
