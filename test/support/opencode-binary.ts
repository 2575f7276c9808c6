import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const installed = new URL("../../node_modules/opencode-ai/bin/opencode.exe", import.meta.url);

/**
 * The OpenCode binary that this repository installs (on every system it is called `opencode.exe`).
 *
 * @throws Error where it is missing, or where it is the stub that an install without scripts leaves.
 */
export function openCodeBinary(): string {
  const path = fileURLToPath(installed);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  // The stub has a few hundred bytes, the program 180 MB.
  if (size > 1_000_000) return path;
  const found = size === 0 ? "is not there" : "is only the stub of an install without scripts";
  throw new Error(
    `The OpenCode binary ${found}: ${path}. Run "npm install" (package.json allows its install script).`,
  );
}
