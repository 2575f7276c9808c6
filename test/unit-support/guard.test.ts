import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

describe("dieWithUs", () => {
  it.each(["crash", "end by itself"])("ends the child with its parent: %s", async (mode) => {
    const { ended } = await startFamily(mode);
    expect(await Promise.race([ended, pause(4_000)])).toBe("child ended");
  });

  it("can be taken back", async () => {
    const { child, ended } = await startFamily("unguard");
    expect(await Promise.race([ended, pause(200)])).toBe("time is up");
    process.kill(child, "SIGKILL");
    expect(await ended).toBe("child ended");
  });
});

/** Starts a process that starts a child, and waits until it is gone itself. */
async function startFamily(mode: string) {
  const program = fileURLToPath(new URL("guard-worker.ts", import.meta.url));
  const parent: ChildProcess = spawn(process.execPath, [program, mode], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = once(parent, "exit");
  const ended = once(parent, "close").then(() => "child ended");
  const [said] = parent.stdout ? await once(parent.stdout, "data") : [];
  await gone;
  return { child: Number(String(said)), ended };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms, "time is up"));
