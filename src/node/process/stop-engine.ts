import type { ProcessEntry } from "../../process/process-table.ts";
import { stopProcess } from "../../process/stop-process.ts";
import { sweep } from "../../process/sweep.ts";
import { basicAuth } from "./access.ts";
import type { EngineFacts, KeeperTiming, StopReport } from "./wire.ts";

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
  const left = await stopProcess({ ...engine, gone, grace: timing.grace, ask: () => farewell(request) });
  return { left, daemonsSought: process.platform === "linux" };
}

/** Kills what an engine left behind that is gone. */
export async function cleanUp(known: readonly ProcessEntry[], mark: string): Promise<StopReport> {
  return { left: await sweep(known, mark), daemonsSought: process.platform === "linux" };
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
