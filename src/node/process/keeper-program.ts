import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { EngineError } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";

/** How the program is started that becomes the parent of an engine. */
export interface KeeperProgram {
  readonly command: string;
  readonly file: string;
  readonly env: Readonly<Record<string, string>>;
}

/**
 * What a Node program needs of its environment, and no more: no password, and no NODE_OPTIONS that load an
 * application's instruments into it.
 */
const KEPT = [
  ["PATH", "HOME", "USER", "LANG", "TMPDIR", "TEMP", "TMP", "LD_LIBRARY_PATH", "SSL_CERT_FILE"],
  ["SystemRoot", "SystemDrive", "windir", "ComSpec", "PATHEXT", "USERPROFILE", "APPDATA", "LOCALAPPDATA"],
].flat();

/**
 * The keeper's file lies beside the module that asks for it: in `dist/`, whose chunks are in one folder, and in `src/`.
 * @throws EngineError `PROCESS_FAILED` when it is not there
 */
export function keeperProgram(
  from: string | undefined = import.meta.url,
  env: Environment = process.env,
): KeeperProgram {
  // Bundled as CommonJS a module does not know where it is.
  const name = `./keeper${from?.endsWith(".ts") ? ".ts" : ".js"}`;
  const file = from === undefined ? name : fileURLToPath(new URL(name, from));
  if (from === undefined || !existsSync(file)) {
    throw new EngineError(
      "PROCESS_FAILED",
      `${file} is missing, the program that watches over a started engine. If you bundle your application, keep @quantumreef/engine-client out of the bundle (esbuild and tsup: external, Vite: ssr.external, webpack: externals, Next.js: serverExternalPackages).`,
      { engine: "opencode" },
    );
  }
  const kept: Record<string, string> = {};
  // On Windows names differ in case only.
  const wanted = new Set(KEPT.map((key) => key.toLowerCase()));
  for (const [key, value] of Object.entries(env)) {
    if (value !== undefined && wanted.has(key.toLowerCase())) kept[key] = value;
  }
  // Electron is Node as well, if it is told to be.
  if (process.versions.electron !== undefined) kept.ELECTRON_RUN_AS_NODE = "1";
  return { command: process.execPath, file, env: kept };
}
