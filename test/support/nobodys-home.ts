import { readdir } from "node:fs/promises";
import { createFolder, removeFolder } from "./throwaway.ts";

/** What would let the machine's own OpenCode, its files or its settings into a test. `OPENCODE_REAL` is vitest's. */
const PERSONAL = /^(HOME|USERPROFILE|XDG_.*|QUANTUMREEF_.*|OPENCODE_(?!REAL$).*)$/;

/**
 * A `globalSetup`: the tests run in nobody's home, an empty folder. A test that needs one makes its own; what the tests
 * leave in this one fails the run.
 */
export async function setup(): Promise<() => Promise<void>> {
  for (const name of Object.keys(process.env)) if (PERSONAL.test(name)) delete process.env[name];
  const home = await createFolder("nobody");
  process.env.HOME = home;
  process.env.USERPROFILE = home;
  return async () => {
    const left = await readdir(home, { recursive: true });
    await removeFolder(home);
    if (left.length > 0) {
      throw new Error(`Tests wrote to the home folder, which is the user's: ${left.slice(0, 20).join(", ")}`);
    }
  };
}
