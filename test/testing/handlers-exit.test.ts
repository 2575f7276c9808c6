import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { it } from "vitest";

const script = fileURLToPath(new URL("handlers-exit.ts", import.meta.url));

it.concurrent.for(["left", "closed", "forgotten"])(
  "a process exits by itself whose handlers were used: their streams were %s",
  { timeout: 60_000 },
  async (scenario, { expect, onTestFinished }) => {
    const args = ["--conditions=@quantumreef/source", script, scenario];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    expect(await text(child.stdout)).toBe("done\n");
    expect(await exited).toEqual([0, null]);
  },
);
