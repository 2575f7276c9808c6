import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";

/** Variables by name; an `undefined` one is not set. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The home directory by the variable that the system goes by, else that of this process. */
export function homeOf(env: Environment): string {
  return env[process.platform === "win32" ? "USERPROFILE" : "HOME"] || homedir();
}

/** Where OpenCode keeps what it stores. By the XDG specification a relative folder does not count. */
export function dataFolder(env: Environment): string {
  const { XDG_DATA_HOME: named } = env;
  return join(named && isAbsolute(named) ? named : usualDataFolder(env), "opencode");
}

/** Where data is kept if no variable says otherwise. */
export function usualDataFolder(env: Environment): string {
  return join(homeOf(env), ".local", "share");
}
