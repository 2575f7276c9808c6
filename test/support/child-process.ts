import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout } from "node:timers/promises";

/** How a process ended. */
export interface ProcessEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Resolves when the process is gone and its output is read; rejects when it never started. */
export async function endOf(child: ChildProcess): Promise<ProcessEnd> {
  const closed = once(child, "close");
  closed.catch(() => {});
  await once(child, "exit");
  // What it started may have inherited its output and live on: then "close" never comes.
  await within(200, closed);
  child.stdout?.destroy();
  child.stderr?.destroy();
  return { code: child.exitCode, signal: child.signalCode };
}

/** Gathers what a process prints, the newest `limit` characters of it. */
export function captureLog(child: ChildProcess, limit: number): () => string {
  let log = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      log = (log + text).slice(-limit);
    });
  }
  return () => log;
}

/**
 * Asks a process to end, and makes it end when it does not within `graceMs`. Asks again now and then: while
 * OpenCode installs a package, the installer takes the first SIGTERM for itself, and the server lives on.
 */
export async function terminate(child: ChildProcess, end: Promise<unknown>, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  do {
    child.kill("SIGTERM");
    if (await within(Math.min(250, graceMs), end)) return;
  } while (Date.now() < deadline);
  child.kill("SIGKILL");
  await end;
}

/** Whether the work settles within so many milliseconds. Rejects with it. */
async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const clock = new AbortController();
  const late = setTimeout(ms, false, { signal: clock.signal }).catch(() => false);
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clock.abort();
  }
}
