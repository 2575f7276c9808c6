import { execFile } from "node:child_process";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import { basicAuth } from "./access.ts";
import { descendantsOf, listProcesses, type ProcessEntry } from "./process-table.ts";
import { kill, sweep } from "./sweep.ts";
import type { EngineFacts, KeeperTiming, StopReport } from "./wire.ts";

/** Milliseconds after which a signal is said again: while the engine installs a plugin, the installer takes the first. */
const ASK_AGAIN_MS = 250;

export interface StopRequest {
  readonly engine: Pick<EngineFacts, "url" | "pid" | "identity" | "mark">;
  readonly username: string;
  readonly password: string | undefined;
  /** Resolves when its process is gone. */
  readonly gone: Promise<unknown>;
  readonly timing: Pick<KeeperTiming, "farewell" | "grace">;
}

/** Ends an engine and all that it started: first by asking, then by force. Never rejects. */
export async function stopEngine(request: StopRequest): Promise<StopReport> {
  const { engine, gone, timing } = request;
  // Before it is asked to end: a tool whose shell is gone by then has lost what ties it to the engine.
  const before = await descendants(engine);
  await farewell(request);
  const after = await descendants(engine);
  let isGone = false;
  void gone.then(() => {
    isGone = true;
  });
  if (process.platform === "win32") {
    // There are no signals there, and the process may be the shell of a `.cmd` file.
    await promisify(execFile)("taskkill", ["/pid", String(engine.pid), "/T", "/F"]).catch(() => {});
  }
  for (let waited = 0; waited < timing.grace && !isGone; waited += ASK_AGAIN_MS) {
    kill(engine.pid, "SIGTERM");
    const clock = new AbortController();
    const late = setTimeout(ASK_AGAIN_MS, undefined, { signal: clock.signal }).catch(() => {});
    await Promise.race([gone, late]);
    clock.abort();
  }
  if (!isGone) kill(engine.pid, "SIGKILL");
  await gone;
  return cleanUp([...before, ...after], engine.mark);
}

/** Kills what an engine left behind that is gone. */
export async function cleanUp(known: readonly ProcessEntry[], mark: string): Promise<StopReport> {
  return { left: await sweep(known, mark), daemonsSought: process.platform === "linux" };
}

async function descendants({ pid, identity }: StopRequest["engine"]): Promise<readonly ProcessEntry[]> {
  const processes = await listProcesses().catch(() => []);
  // If it ended meanwhile, its id may be another's by now.
  const isIt = processes.some((entry) => entry.pid === pid && entry.identity === identity);
  return isIt ? descendantsOf([pid], processes) : [];
}

/** Aborts what runs, with its tools, and lets it write down what it has. */
async function farewell({ engine, username, password, timing }: StopRequest): Promise<void> {
  try {
    const response = await fetch(`${engine.url}/global/dispose`, {
      method: "POST",
      headers: basicAuth(username, password),
      signal: AbortSignal.timeout(timing.farewell),
    });
    await response.body?.cancel();
  } catch {
    // It does not answer (in time): it is ended all the same.
  }
}
