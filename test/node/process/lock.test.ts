import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { withLock } from "../../../src/node/process/lock.ts";
import { temporaryFolder } from "./keeper-support.ts";

describe("withLock", () => {
  it("lets one after the other in, in one process too, and makes its folder", async () => {
    const file = join(await temporaryFolder("lock"), "new", "a.lock");
    let inside = 0;
    const visit = () =>
      withLock(file, 5000, async () => {
        inside += 1;
        await new Promise((resolve) => setImmediate(resolve));
        expect(inside).toBe(1);
        inside -= 1;
        return "done";
      });
    expect(await Promise.all([visit(), visit(), visit()])).toEqual(["done", "done", "done"]);
  });

  it("is free again when the work fails, and fails as it does", async () => {
    const file = join(await temporaryFolder("lock"), "a.lock");
    const failure = new Error("no");
    await expect(withLock(file, 0, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(await withLock(file, 0, async () => 1)).toBe(1);
  });

  it("is held against other processes until they die, however they die", async () => {
    const file = join(await temporaryFolder("lock"), "a.lock");
    const holder = spawn(
      process.execPath,
      [fileURLToPath(new URL("./lock-holder.ts", import.meta.url)), file],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    onTestFinished(() => void holder.kill("SIGKILL"));
    await once(holder.stdout, "data");
    await expect(withLock(file, 100, async () => {})).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(/a\.lock.*for 100 ms another program/),
    });
    const waiting = withLock(file, 10_000, async () => "mine");
    holder.kill("SIGKILL");
    expect(await waiting).toBe("mine");
  });

  it("says what to do where its folder can't be made", async () => {
    const folder = await temporaryFolder("lock");
    await writeFile(join(folder, "file"), "");
    await expect(withLock(join(folder, "file", "a.lock"), 0, async () => {})).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(/file\/a\.lock.*XDG_STATE_HOME/),
    });
  });
});
