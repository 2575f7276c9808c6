import { readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { descendantsOf, listProcesses, numericNames, type ProcessEntry } from "./process-table.ts";

/** In the environment of an engine and of all that it starts, unless that takes it out. */
export const MARK_VARIABLE = "QUANTUMREEF_ENGINE_MARK";

/** Milliseconds after which what still lives is left alone. */
const PATIENCE_MS = 3_000;
const LOOK_AGAIN_MS = 20;

/**
 * Kills these processes, what stems from them, and on Linux all that carry the mark, until none is left: what forks
 * meanwhile is found by the next look. Returns the ids of those that could not be ended.
 */
export async function sweep(
  known: readonly ProcessEntry[],
  mark: string,
  patience = PATIENCE_MS,
): Promise<readonly number[]> {
  const deadline = performance.now() + patience;
  const wanted = new Map(known.map((entry) => [entry.pid, entry]));
  for (;;) {
    const living = await listProcesses();
    const marked = new Set(markedProcesses(mark));
    for (const entry of living) if (marked.has(entry.pid)) wanted.set(entry.pid, entry);
    // An id that was given to another process is not ours to kill.
    const found = living.filter(({ pid, identity }) => wanted.get(pid)?.identity === identity);
    const pids = found.map(({ pid }) => pid);
    for (const entry of descendantsOf(pids, living)) {
      wanted.set(entry.pid, entry);
      pids.push(entry.pid);
    }
    if (pids.length === 0 || performance.now() > deadline) return pids;
    for (const pid of pids) kill(pid, "SIGKILL");
    await setTimeout(LOOK_AGAIN_MS);
  }
}

/** Processes with the mark in their environment: tools that made themselves daemons have no other tie to the engine. */
export function markedProcesses(mark: string): readonly number[] {
  if (process.platform !== "linux") return [];
  const entry = `${MARK_VARIABLE}=${mark}`;
  return numericNames("/proc").filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, "latin1").split("\0").includes(entry);
    } catch {
      // Gone, or another user's.
      return false;
    }
  });
}

/** Whether there was such a process to signal. */
export function kill(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal);
  } catch (error) {
    return signal === 0 && error instanceof Error && "code" in error && error.code === "EPERM";
  }
}
