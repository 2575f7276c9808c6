import { isAbsolute, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ConfigObject } from "./config-object.ts";

/** Paths of plugins as OpenCode resolves them in its files: from the folder of the file. In a variable it does not. */
export function resolvePlugins(config: ConfigObject, directory: string): ConfigObject {
  if (!Array.isArray(config.plugin)) return config;
  const plugin = config.plugin.map((entry: unknown) => {
    if (typeof entry === "string") return resolveName(entry, directory);
    if (!Array.isArray(entry) || typeof entry[0] !== "string") return entry;
    return [resolveName(entry[0], directory), ...entry.slice(1)];
  });
  return { ...config, plugin };
}

/** Of two releases of a package the later one counts, as for OpenCode. */
export function mergePlugins(before: readonly unknown[], after: readonly unknown[]): readonly unknown[] {
  const last = new Map<unknown, unknown>();
  for (const entry of [...before, ...after]) {
    const name = nameOf(entry);
    // Removed first: it stands where it was named last.
    last.delete(name);
    last.set(name, entry);
  }
  return [...last.values()];
}

function resolveName(name: string, directory: string): string {
  return name.startsWith(".") || isAbsolute(name) ? pathToFileURL(resolve(directory, name)).href : name;
}

function nameOf(entry: unknown): unknown {
  const name: unknown = Array.isArray(entry) ? entry[0] : entry;
  if (typeof name !== "string" || name.startsWith("file:")) return name;
  return /^(@?[^@]+)@.+$/.exec(name)?.[1] ?? name;
}
