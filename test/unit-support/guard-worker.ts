import { spawn } from "node:child_process";
import { dieWithUs } from "../support/guard.ts";

// Run by a test as a process of its own: starts a process that would live on, tells its id, and does as it is told.
// The child holds the output open, so that its end is seen there (a process id may stay with a zombie).
const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 600_000)"], {
  stdio: ["ignore", "inherit", "ignore"],
});
child.unref();
const unguard = dieWithUs(child);
if (process.argv[2] === "unguard") unguard();
process.stdout.write(`${child.pid}`, () => {
  if (process.argv[2] === "crash") process.kill(process.pid, "SIGKILL");
});
