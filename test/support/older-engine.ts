import { existsSync } from "node:fs";
import { createRequire } from "node:module";

const names = {
  "darwin-arm64": "opencode-darwin-arm64",
  "darwin-x64": "opencode-darwin-x64",
  "linux-arm64": "opencode-linux-arm64",
  "linux-x64": "opencode-linux-x64",
  "win32-x64": "opencode-windows-x64",
} as const;

/** The release of `test/older-engine/package.json`. */
export const olderRelease = "1.1.65";

/** The program of an older OpenCode release; `undefined` where its packages have none for this platform. */
export function olderEngineBinary(): string | undefined {
  const platform = `${process.platform}-${process.arch}`;
  const name = new Map(Object.entries(names)).get(platform);
  if (name === undefined) return undefined;
  // From the folder that wants that release, not from here: the root has the current one under the same name.
  const fromOlder = createRequire(new URL("../older-engine/package.json", import.meta.url));
  const program = process.platform === "win32" ? "opencode.exe" : "opencode";
  const path = fromOlder.resolve(`${name}/package.json`).replace(/package\.json$/, `bin/${program}`);
  return existsSync(path) ? path : undefined;
}
