import { stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { Environment } from "../places.ts";

/** OpenCode's files for all projects, in the order in which they are merged: of two values the later one counts. */
export function globalConfigurationFiles(env: Environment, home: string): readonly string[] {
  const folder = join(env.XDG_CONFIG_HOME || join(home, ".config"), "opencode");
  return ["config.json", "opencode.json", "opencode.jsonc"].map((name) => join(folder, name));
}

/** The file that `OPENCODE_CONFIG` names; relative to where this process runs, not to where a server will. */
export function namedConfigurationFile(env: Environment): string | undefined {
  return env.OPENCODE_CONFIG ? resolve(env.OPENCODE_CONFIG) : undefined;
}

/** The person's own file, for all workspaces: the one that `QUANTUMREEF_CONFIG` names, or that of the home directory. */
export function userConfigurationFile(env: Environment, home: string): string {
  return resolve(env.QUANTUMREEF_CONFIG || join(home, ".quantumreef", "config.json"));
}

/**
 * The file of a workspace: the nearest `.quantumreef/config.json` from the directory up to the root of its git
 * repository. Where there is none, the place for it: in that root, or in the directory if it is in no repository.
 */
export async function workspaceConfigurationFile(workingDirectory: string): Promise<string> {
  const directory = resolve(workingDirectory);
  const root = await gitRoot(directory);
  for (let folder = directory; ; folder = dirname(folder)) {
    const file = join(folder, ".quantumreef", "config.json");
    if (folder === (root ?? directory) || (await exists(file))) return file;
  }
}

async function gitRoot(directory: string): Promise<string | undefined> {
  for (let folder = directory; ; folder = dirname(folder)) {
    // A folder, or a file in a work tree.
    if (await exists(join(folder, ".git"))) return folder;
    if (dirname(folder) === folder) return undefined;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false;
  }
}
