import { once } from "node:events";
import crossSpawn from "cross-spawn";
import { EngineError } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";

const TIMEOUT_MS = 10_000;

/**
 * Asks a program of OpenCode for its release.
 * @throws EngineError `PROCESS_FAILED` when it does not say
 */
export async function programVersion(program: string, env: Environment): Promise<string> {
  const child = crossSpawn(program, ["--version"], {
    stdio: ["ignore", "pipe", "ignore"],
    // Even for this it makes its folders, and only where it would be started.
    env: { ...env },
    timeout: TIMEOUT_MS,
    windowsHide: true,
  });
  let said = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const failed = (cause?: unknown) => {
    const message = `${program} is there, but \`${program} --version\` fails. Install OpenCode anew: \`npm install -g opencode-ai --allow-scripts=opencode-ai\`.`;
    return new EngineError("PROCESS_FAILED", message, { engine: "opencode", cause });
  };
  const [code] = await once(child, "close").catch((cause: unknown) => {
    throw failed(cause);
  });
  const version = said.trim();
  if (code !== 0 || version === "") throw failed();
  return version;
}
