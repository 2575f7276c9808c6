import type { DiagnosticHandler } from "../../engine/diagnostics.ts";
import { EngineError } from "../../engine/errors.ts";
import { withDeadline } from "../../engine/scope.ts";
import { identityOf } from "../../process/process-table.ts";
import type { Credentials } from "./access.ts";
import { EngineHandle } from "./engine-handle.ts";
import { Lease } from "./lease.ts";
import { readRecord } from "./read-record.ts";
import type { ServerRecord } from "./schema.ts";

/**
 * Attaches to an engine that a program of this user has started, by its record. `undefined`: there is no record, or
 * nobody of whom it tells lives any more.
 * @throws EngineError `PROCESS_FAILED` when that engine is just being restarted, and does not come back
 */
export async function joinEngine(
  file: string,
  patience: number,
  diagnostic: DiagnosticHandler,
): Promise<EngineHandle | undefined> {
  const record = await readRecord(file);
  if (record === undefined) return undefined;
  const { url, username, password } = record;
  const credentials: Credentials = { username, password };
  const lease = await Lease.open(record.lease);
  if (lease === "stopping") return joinEngine(file, patience, diagnostic);
  if (lease === "gone") {
    if (!(await isOrphan(record))) return undefined;
    const message = `The engine at ${url} (process ${record.pid}) has lost the process that watched over it, so it does not end by itself: end it when nobody uses it any more.`;
    diagnostic({ level: "warning", code: "keeper_lost", message });
    return new EngineHandle({ mode: "attached", url, credentials, diagnostic });
  }
  const handle = new EngineHandle({ mode: "attached", url, credentials, lease, diagnostic });
  if (!lease.isUp) await untilUp(lease, handle, patience);
  return handle;
}

async function isOrphan({ pid, identity }: ServerRecord): Promise<boolean> {
  return identity !== undefined && (await identityOf(pid)) === identity;
}

/** It crashed, and waits to be started again. */
async function untilUp(lease: Lease, handle: EngineHandle, patience: number): Promise<void> {
  const late = () =>
    new EngineError(
      "PROCESS_FAILED",
      `The engine at ${handle.url} crashed, and was not back in ${patience} ms.`,
    );
  try {
    await withDeadline(patience, late, [], () => lease.up());
  } catch (error) {
    await handle.stop();
    throw handle.failure ?? error;
  }
}
