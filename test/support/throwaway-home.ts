import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { OpenCodeConfig } from "./scripted-config.ts";
import { createFolder, removeFolder } from "./throwaway.ts";

/** A home folder for OpenCode processes. */
export interface Home {
  readonly directory: string;
  /** Removes it, if it was made here. May be called again. */
  remove(): Promise<void>;
}

/** Makes a temporary home folder, or goes on with an existing one, which is not removed then. */
export async function openHome(existing?: string): Promise<Home> {
  if (existing !== undefined) return { directory: existing, remove: async () => {} };
  const directory = await createFolder("home");
  const remove = () => removeFolder(directory);
  try {
    await pretendInstalled(join(xdg(directory).XDG_CONFIG_HOME, "opencode"));
  } catch (error) {
    await remove();
    throw error;
  }
  return { directory, remove };
}

/**
 * In a configuration folder without these OpenCode installs its plugin package from the npm registry, in the background
 * of the first prompt: it costs seconds, depends on a network, and swallows the first SIGTERM.
 */
async function pretendInstalled(folder: string): Promise<void> {
  await mkdir(join(folder, "node_modules"), { recursive: true });
  const dependencies = { "@opencode-ai/plugin": "*" };
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages: { "": { dependencies } } }));
}

/** Writes `opencode.json` for all projects of this home. */
export async function writeGlobalConfig(home: string, config: OpenCodeConfig): Promise<void> {
  const folder = join(xdg(home).XDG_CONFIG_HOME, "opencode");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "opencode.json"), JSON.stringify(config, undefined, 2));
}

/** The whole environment of an OpenCode process that lives in this home: nothing of the developer's own. */
export function homeEnv(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? "",
    HOME: home,
    ...xdg(home),
    // What it would fetch when there is a network would make runs differ.
    OPENCODE_DISABLE_AUTOUPDATE: "1",
    OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
    OPENCODE_DISABLE_MODELS_FETCH: "1",
  };
}

/** Where OpenCode keeps its database in this home. */
export const databaseOf = (home: string) => join(xdg(home).XDG_DATA_HOME, "opencode", "opencode.db");

const xdg = (home: string) => ({
  XDG_DATA_HOME: join(home, ".local", "share"),
  XDG_CONFIG_HOME: join(home, ".config"),
  XDG_STATE_HOME: join(home, ".local", "state"),
  XDG_CACHE_HOME: join(home, ".cache"),
});
