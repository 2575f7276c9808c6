import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join, resolve } from "node:path";
import { EngineError } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";
import { homeOf } from "../places.ts";
import { candidates, pathFolders } from "./install-folders.ts";
import { behindStub } from "./stub.ts";

export interface BinaryRequest {
  /** A path, or a name on PATH. */
  readonly option: string | undefined;
  readonly env: Environment;
  /** Default: `process.cwd()`. */
  readonly cwd?: string | undefined;
}

const INSTALL =
  "Install it with `npm install -g opencode-ai --allow-scripts=opencode-ai` (npm before 12: without --allow-scripts), or name it in the option `binary` or in OPENCODE_BIN.";

/**
 * The `opencode` to start: the option, `OPENCODE_BIN`, the nearest one installed in a `node_modules` above the working
 * directory, or else above this package, that of PATH, that of the usual install folders. Where an install without
 * scripts left only a stub, the program behind it.
 * @throws EngineError `PROCESS_FAILED` when there is none: how to install it
 */
export function findBinary(request: BinaryRequest): string {
  const found = findProgram(request);
  return behindStub(found) ?? found;
}

/**
 * As it was found: it may be a stub.
 * @throws EngineError `PROCESS_FAILED` when there is none: how to install it
 */
export function findProgram({ option, env, cwd = process.cwd() }: BinaryRequest): string {
  const named = option || env.OPENCODE_BIN;
  const found = named ? namedBinary(named, env, cwd) : usualBinary(env, cwd);
  if (found !== undefined) return found;
  const origin = option ? "The option binary" : "The variable OPENCODE_BIN";
  const what = named
    ? `${origin} names ${JSON.stringify(named)}, which is no program that can be started.`
    : "OpenCode could not be found: not in a node_modules folder nearby, not on PATH, not in the usual install folders.";
  throw new EngineError("PROCESS_FAILED", `${what} ${INSTALL}`, { engine: "opencode" });
}

function namedBinary(named: string, env: BinaryRequest["env"], cwd: string): string | undefined {
  const { platform } = process;
  const isPath = isAbsolute(named) || /[\\/]/.test(named);
  const endings = platform === "win32" ? ["", ".exe", ".cmd"] : [""];
  const folders = isPath ? [resolve(cwd, named)] : pathFolders({ platform, env }).map((f) => join(f, named));
  return folders.flatMap((path) => endings.map((ending) => path + ending)).find(isProgram);
}

function usualBinary(env: BinaryRequest["env"], cwd: string): string | undefined {
  const home = homeOf(env);
  // Bundled as CommonJS there is no such thing.
  const here: string | undefined = import.meta.dirname;
  const starts = here === undefined ? [cwd] : [cwd, here];
  return candidates({ platform: process.platform, env, home, starts }).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    if (!statSync(file).isFile()) return false;
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
