import { setTimeout } from "node:timers/promises";
import { takeSlot } from "../support/slots.ts";

// Run by a test as a process of its own: holds a slot for a while, tells from when to when, and releases it or dies.
const [folder = "", mode] = process.argv.slice(2);
const slot = await takeSlot({ folder, count: 2, pollMs: 5, timeoutMs: 20_000 });
const start = Date.now();
await setTimeout(100);
process.stdout.write(`${start} ${Date.now()}`, () => {
  if (mode === "die") process.kill(process.pid, "SIGKILL");
  slot.release();
});
