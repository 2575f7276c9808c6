import { posix, win32 } from "node:path";
import type { Environment } from "../places.ts";

export interface Place {
  readonly platform: NodeJS.Platform;
  readonly env: Environment;
  readonly home: string;
  /** Where to look for `node_modules`, upwards. */
  readonly starts: readonly string[];
}

/** Where an `opencode` may be, the best first: installed nearby, on PATH, where installers put it. */
export function candidates(place: Place): readonly string[] {
  const { join } = place.platform === "win32" ? win32 : posix;
  const names = programNames(place);
  const nearby = place.starts
    .flatMap((start) => [...foldersUp(start, place.platform)])
    .map((folder) => join(folder, "node_modules", ".bin"));
  const folders = [...nearby, ...pathFolders(place), ...usualFolders(place)];
  return [...new Set(folders)].flatMap((folder) => names.map((name) => join(folder, name)));
}

/** The folders of PATH. On Windows an entry may be in quotes (with a semicolon in it), and the variable is spelt in any way. */
export function pathFolders({ platform, env }: Pick<Place, "platform" | "env">): readonly string[] {
  if (platform !== "win32") return (env.PATH ?? "").split(":").filter(posix.isAbsolute);
  const name = Object.keys(env).find((key) => key.toUpperCase() === "PATH");
  const entries = name === undefined ? [] : (env[name] ?? "").match(/("[^"]*"|[^;"])+/g);
  return (entries ?? []).map((entry) => entry.replaceAll('"', "").trim()).filter(win32.isAbsolute);
}

export function* foldersUp(start: string, platform: NodeJS.Platform): Iterable<string> {
  const { dirname } = platform === "win32" ? win32 : posix;
  for (let folder = start; ; folder = dirname(folder)) {
    yield folder;
    if (dirname(folder) === folder) return;
  }
}

/** On Windows npm writes a `.cmd`, which is the one that a program can start; without an ending it is a shell script. */
function programNames({ platform }: Place): readonly string[] {
  return platform === "win32" ? ["opencode.exe", "opencode.cmd"] : ["opencode"];
}

function usualFolders({ platform, env, home }: Place): readonly string[] {
  if (platform === "win32") {
    const { APPDATA, LOCALAPPDATA, ProgramData = "C:\\ProgramData" } = env;
    return [
      win32.join(home, ".opencode", "bin"),
      win32.join(APPDATA ?? win32.join(home, "AppData", "Roaming"), "npm"),
      win32.join(LOCALAPPDATA ?? win32.join(home, "AppData", "Local"), "pnpm"),
      win32.join(home, ".bun", "bin"),
      win32.join(home, "scoop", "shims"),
      win32.join(ProgramData, "chocolatey", "bin"),
    ];
  }
  const below = [".opencode/bin", ".local/bin", "bin", ".bun/bin", ".npm-global/bin", ".local/share/pnpm"];
  const shared = ["/usr/local/bin", "/opt/homebrew/bin", "/home/linuxbrew/.linuxbrew/bin", "/usr/bin"];
  return [...below.map((folder) => posix.join(home, folder)), ...shared];
}
