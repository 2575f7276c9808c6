import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { EngineError, reasonOf } from "../../engine/errors.ts";
import { withDeadline } from "../../engine/scope.ts";
import { LogRing } from "../../process/log-ring.ts";
import { secretsOf } from "../../process/secrets.ts";
import { keeperProgram } from "./keeper-program.ts";
import { Lease } from "./lease.ts";
import { type KeeperOrder, type KeeperReport, onMessage, tell } from "./wire.ts";

/** Milliseconds for the keeper itself, besides what the engine may take. */
const KEEPER_MS = 15_000;
const LOG_SIZE = 8 * 1024;

/** A started engine: the caller holds the first lease on it. */
export interface Started {
  readonly lease: Lease;
  /** Something that is not as it should be. */
  readonly warning: string | undefined;
}

/**
 * Starts a keeper, which starts the engine, and takes a lease. If this process dies meanwhile, both end.
 * @throws EngineError `PROCESS_FAILED` with what was said last; nothing is left then
 */
export async function startKeeper(order: KeeperOrder): Promise<Started> {
  const { command, file, env } = keeperProgram();
  const child = spawn(command, [file], {
    // In a session of its own: a closed terminal and Ctrl-C do not reach it, and it sees to the engine's end itself.
    detached: true,
    cwd: tmpdir(),
    env,
    stdio: ["pipe", "pipe", "pipe"],
    windowsHide: true,
  });
  const failed = (message: string, cause?: unknown) =>
    new EngineError("PROCESS_FAILED", message, { engine: "opencode", cause });
  const timeout = order.startTimeout + KEEPER_MS;
  const late = () => failed(`The keeper of \`${order.binary}\` said nothing within ${timeout} ms.`);
  try {
    const report = await withDeadline(timeout, late, [], () => {
      const log = new LogRing(LOG_SIZE, secretsOf(order));
      const reported = readReport(child, log);
      if (child.stdin !== null)
        tell(
          child.stdin.on("error", () => {}),
          order,
        );
      return reported;
    });
    if (report.type === "failed") throw failed(report.message);
    const lease = await Lease.open(report.lease);
    if (typeof lease !== "string") return { lease, warning: report.warning };
    throw failed(`The engine ended as soon as it had started (its keeper is ${lease}).`);
  } catch (cause) {
    if (EngineError.is(cause)) throw cause;
    throw failed(`The keeper of \`${order.binary}\` failed: ${reasonOf(cause)}`, cause);
  } finally {
    // With a lease it goes on, without one it ends what it has begun.
    child.stdin?.end();
    child.stdout?.destroy();
    child.stderr?.destroy();
    child.unref();
  }
}

async function readReport(child: ChildProcess, log: LogRing): Promise<KeeperReport> {
  const { promise, resolve } = Promise.withResolvers<KeeperReport>();
  if (child.stdout !== null) onMessage<KeeperReport>(child.stdout, resolve);
  child.stderr?.setEncoding("utf8").on("data", (text: string) => log.add(text));
  const ended = async (): Promise<never> => {
    const [code, signal] = await once(child, "close");
    throw new Error(`it ended with ${signal ?? `exit code ${code}`}. It said:\n${log}`);
  };
  return Promise.race([promise, ended()]);
}
