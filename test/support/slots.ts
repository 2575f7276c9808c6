import { linkSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

/** How many may go at a time, and how long to wait. */
export interface SlotOptions {
  /** Where the lock files are. Default: a folder of this user under the system's temporary one. */
  readonly folder?: string;
  /** How many slots there are. Default 2: a real server takes 0.5 to 2 GB of memory. */
  readonly count?: number;
  /** How long to wait for a free one, in milliseconds. Default 120,000. */
  readonly timeoutMs?: number;
  /** How often to look, in milliseconds. Default 100. */
  readonly pollMs?: number;
}

/** One of a limited number of places, held by this process until it is released, or until the process is gone. */
export interface Slot {
  /** May be called again. */
  release(): void;
}

/**
 * Takes one of a few places that all processes of this user on this machine share. Looks for a free one every
 * `pollMs`; who waits longest is not served first.
 *
 * @throws Error when none became free in time.
 */
export async function takeSlot(options: SlotOptions = {}): Promise<Slot> {
  const { count = 2, timeoutMs = 120_000, pollMs = 100 } = options;
  const folder = options.folder ?? join(tmpdir(), `quantumreef-engine-slots-${userInfo().username}`);
  mkdirSync(folder, { recursive: true });
  const files = Array.from({ length: count }, (_, i) => join(folder, `slot-${i}`));
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    for (const file of files) if (take(file)) return held(file);
    if (Date.now() >= deadline) throw new Error(nobodyLeft(files, timeoutMs));
    await setTimeout(Math.min(pollMs, Math.max(1, deadline - Date.now())));
  }
}

function held(file: string): Slot {
  let mine = true;
  return {
    release() {
      if (mine) rmSync(file, { force: true });
      mine = false;
    },
  };
}

function take(file: string): boolean {
  if (create(file)) return true;
  if (!isStale(file)) return false;
  // Two who see the same dead owner must not both sweep: the second would remove the first one's new lock.
  const broom = `${file}.sweep`;
  if (!create(broom)) {
    if (isStale(broom)) rmSync(broom, { force: true });
    return false;
  }
  try {
    if (isStale(file)) rmSync(file, { force: true });
  } finally {
    rmSync(broom, { force: true });
  }
  return create(file);
}

/** Creates a lock file that names this process; false where there is one. */
function create(file: string): boolean {
  // Written aside and linked: the lock appears together with its owner, never empty.
  const draft = `${file}.${process.pid}.${Math.random().toString(36).slice(2)}`;
  writeFileSync(draft, String(process.pid));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

function isStale(file: string): boolean {
  const owner = ownerOf(file);
  return owner !== undefined && !isAlive(owner);
}

function ownerOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether there is a process with this id. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It is there, but somebody else's.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

function nobodyLeft(files: readonly string[], timeoutMs: number): string {
  const holders = files.map((file) => `${file}: ${holder(file)}`).join("; ");
  return `No free slot for a real server within ${timeoutMs} ms (${holders}). Stop one, or remove its file.`;
}

function holder(file: string): string {
  try {
    return `pid ${ownerOf(file)} since ${statSync(file).mtime.toISOString()}`;
  } catch {
    return "free just now";
  }
}
