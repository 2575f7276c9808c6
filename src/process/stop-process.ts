import { execFile } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { descendantsOf, listProcesses, type ProcessEntry } from "./process-table.ts";
import { kill, sweep } from "./sweep.ts";

/** Milliseconds after which a signal is said again: a program that just runs another may have passed on the first. */
const ASK_AGAIN_MS = 250;

export interface StopProcessRequest {
  readonly pid: number;
  /** When the system started it, in its own words; `undefined`: the system does not tell. */
  readonly identity: string | undefined;
  /** By which what it started is found. */
  readonly mark: string;
  /** Resolves when it is gone. */
  readonly gone: Promise<unknown>;
  /** Milliseconds for it to end after the first SIGTERM. */
  readonly grace: number;
  /** Asks it to end by itself, before any signal. Must not reject, and must not take for ever. */
  readonly ask: () => Promise<void>;
}

/** Ends a process and all that it started: first by asking, then by force. Returns what could not be ended. Never rejects. */
export async function stopProcess(request: StopProcessRequest): Promise<readonly number[]> {
  const { pid, mark, gone, grace, ask } = request;
  // Before it is asked to end: a tool whose shell is gone by then has lost what ties it to the process.
  const before = await descendants(request);
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  await ask();
  const after = await descendants(request);
  if (process.platform === "win32" && !isGone) {
    // There are no signals there, and the process may be the shell of a `.cmd` file.
    await promisify(execFile)("taskkill", ["/pid", String(pid), "/T", "/F"]).catch(() => {});
  }
  for (let waited = 0; waited < grace && !isGone; waited += ASK_AGAIN_MS) {
    kill(pid, "SIGTERM");
    const clock = new AbortController();
    const late = setTimeout(ASK_AGAIN_MS, undefined, { signal: clock.signal }).catch(() => {});
    await Promise.race([gone, late]);
    clock.abort();
  }
  if (!isGone) kill(pid, "SIGKILL");
  await gone;
  return sweep([...before, ...after], mark);
}

async function descendants({
  pid,
  identity,
}: Pick<StopProcessRequest, "pid" | "identity">): Promise<readonly ProcessEntry[]> {
  const processes = await listProcesses().catch(() => []);
  // If it ended meanwhile, its id may be another's by now.
  const isIt = processes.some((entry) => entry.pid === pid && entry.identity === identity);
  return isIt ? descendantsOf([pid], processes) : [];
}
