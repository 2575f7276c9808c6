import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The `opencode` to start: the option, `OPENCODE_BIN`, the nearest one installed in a `node_modules` above the working
 * directory, or else above this package, or else whatever `PATH` has.
 */
export function findBinary(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  const named = option ?? env.OPENCODE_BIN;
  if (named) return named;
  const name = process.platform === "win32" ? "opencode.cmd" : "opencode";
  for (const start of [process.cwd(), import.meta.dirname]) {
    for (const folder of foldersUp(start)) {
      const candidate = join(folder, "node_modules", ".bin", name);
      if (existsSync(candidate)) return candidate;
    }
  }
  return name;
}

function* foldersUp(start: string): Iterable<string> {
  for (let folder = start; ; folder = dirname(folder)) {
    yield folder;
    if (dirname(folder) === folder) return;
  }
}
