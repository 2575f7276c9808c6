import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isAlive, takeSlot } from "../support/slots.ts";
import { createFolder, removeFolder } from "../support/throwaway.ts";

let folder: string;
beforeEach(async () => {
  folder = await createFolder("slots");
});
afterEach(() => removeFolder(folder));

describe("takeSlot", () => {
  it("gives out as many as there are, and the next when one is released", async () => {
    const first = await takeSlot({ folder });
    await takeSlot({ folder });
    const third = takeSlot({ folder, pollMs: 5 });
    const early = await Promise.race([third, new Promise((resolve) => setTimeout(resolve, 50, "waiting"))]);
    expect(early).toBe("waiting");
    first.release();
    (await third).release();
  });

  it("gives up in time, and says who holds them", async () => {
    await takeSlot({ folder, count: 1 });
    const waiting = takeSlot({ folder, count: 1, timeoutMs: 40, pollMs: 5 });
    await expect(waiting).rejects.toThrow(`pid ${process.pid}`);
  });

  it("releases its own slot once, and not the one that somebody took since", async () => {
    const first = await takeSlot({ folder, count: 1 });
    first.release();
    await takeSlot({ folder, count: 1 });
    first.release();
    await expect(takeSlot({ folder, count: 1, timeoutMs: 20 })).rejects.toThrow("No free slot");
  });

  it("takes over from a process that is gone, and leaves no files behind", async () => {
    const holder = spawn(process.execPath, ["-e", ""]);
    await once(holder, "exit");
    writeFileSync(join(folder, "slot-0"), String(holder.pid));
    writeFileSync(join(folder, "slot-0.sweep"), String(holder.pid));
    const slot = await takeSlot({ folder, count: 1, timeoutMs: 1_000, pollMs: 5 });
    expect(readdirSync(folder)).toEqual(["slot-0"]);
    slot.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("holds between processes, some of which die with a slot in their hands", async () => {
    const program = fileURLToPath(new URL("slot-worker.ts", import.meta.url));
    const workers = Array.from({ length: 6 }, (_, i) => {
      const mode = i % 2 === 0 ? "release" : "die";
      return spawn(process.execPath, [program, folder, mode], { stdio: ["ignore", "pipe", "inherit"] });
    });
    const spans = await Promise.all(workers.map(spanOf));
    // At the start of each, how many others hold a slot: with two slots, one at most.
    const crowds = spans.map(([start]) => spans.filter(([from, to]) => from <= start && start < to).length);
    expect(Math.max(...crowds)).toBeLessThanOrEqual(2);
  }, 30_000);
});

it("knows which processes are alive", async () => {
  expect(isAlive(process.pid)).toBe(true);
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  expect(isAlive(child.pid ?? 0)).toBe(false);
});

/** From when to when a worker held its slot, as it says itself. */
async function spanOf(worker: ChildProcess): Promise<[start: number, end: number]> {
  let printed = "";
  worker.stdout?.setEncoding("utf8").on("data", (text: string) => {
    printed += text;
  });
  await once(worker, "close");
  const [start = Number.NaN, end = Number.NaN] = printed.split(" ").map(Number);
  expect(end - start).toBeGreaterThan(50);
  return [start, end];
}
