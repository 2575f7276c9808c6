import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { takeSlot } from "../support/slots.ts";

export interface ExampleRun {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs an example that starts an engine. `endAt`: it is told to end when it has said this on standard error. */
export async function runExample(
  name: string,
  args: readonly string[] = [],
  endAt?: string,
): Promise<ExampleRun> {
  const slot = await takeSlot();
  onTestFinished(() => slot.release());
  const example = fileURLToPath(new URL(`../../examples/${name}`, import.meta.url));
  const child = spawn(process.execPath, ["--conditions=@quantumreef/source", example, ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    if (endAt === undefined || !err.includes(endAt)) return;
    endAt = undefined;
    child.kill("SIGTERM");
  });
  const [code] = await once(child, "close");
  // A test that runs two must not hold the places of both.
  slot.release();
  return { code, out, err };
}
