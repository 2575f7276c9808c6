import { homedir } from "node:os";
import { posix, win32 } from "node:path";
import type { Environment } from "../places.ts";

/** Where what programs share is kept: `$XDG_STATE_HOME/quantumreef` and the like; on Windows `%LOCALAPPDATA%`. */
export function stateFolder(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
  home: string = homedir(),
): string {
  const { join, isAbsolute } = platform === "win32" ? win32 : posix;
  const named = env.XDG_STATE_HOME;
  // A relative one is to be ignored, says the XDG specification.
  if (named && isAbsolute(named)) return join(named, "quantumreef");
  if (platform === "win32") {
    return join(env.LOCALAPPDATA || join(env.USERPROFILE || home, "AppData", "Local"), "quantumreef");
  }
  return join(env.HOME || home, ".local", "state", "quantumreef");
}

/** A name for what listens on a host and port; the same for all names under which that is reached from here. */
export function recordName(host: string, port: number): string {
  const name = host.toLowerCase();
  if (name === "localhost" || name === "0.0.0.0") return `127.0.0.1-${port}`;
  if (name === "::1" || name === "::") return `ip6-loopback-${port}`;
  return `${name.replaceAll(/[^a-z0-9.-]/g, "_")}-${port}`;
}
