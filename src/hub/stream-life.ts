import type { DriverItem, EngineConnection } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import type { Link } from "./link.ts";
import { Watchdog } from "./watchdog.ts";

export interface StreamLifeOptions {
  /** Where the engine may go on, if it can. */
  readonly after: string | undefined;
  /** Milliseconds until the engine must be listened to. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  /** The engine is listened to, and its silence watched. */
  onListening(watchdog: Watchdog): void;
  take(item: DriverItem): void;
  /** What may have been missed is to be read. `isResumed`: nothing was, the engine goes on where it broke off. */
  catchUp(connection: EngineConnection, isResumed: boolean): Promise<void>;
}

const PROBE_MS = 5_000;

/** One life of the wire, from connecting on. Returns never, but by throwing: a stream that ends was dropped. */
export async function live(link: Link, options: StreamLifeOptions): Promise<never> {
  const { after, timeout, signal, onListening, take, catchUp } = options;
  const late = () => new EngineError("TIMEOUT", `The engine's events could not be opened in ${timeout} ms.`);
  const [connection, stream] = await withDeadline(timeout, late, [signal], async () => {
    const connected = await link.connection();
    signal.throwIfAborted();
    return [connected, await connected.events({ after, signal })] as const;
  });
  const dead = Promise.withResolvers<never>();
  const watchdog = new Watchdog({
    heartbeatMs: stream.heartbeatMs,
    probe: () => isWell(connection, signal),
    onDead: dead.reject,
  });
  const reading = async () => {
    for await (const item of stream) {
      signal.throwIfAborted();
      watchdog.alive();
      take(item);
    }
    throw new EngineError("ENGINE_UNAVAILABLE", "The engine ended its event stream.");
  };
  try {
    onListening(watchdog);
    const catchingUp = catchUp(connection, stream.resumed === true);
    const [never] = await Promise.all([reading(), catchingUp, dead.promise]);
    return never;
  } finally {
    watchdog.stop();
  }
}

async function isWell(connection: EngineConnection, signal: AbortSignal): Promise<boolean> {
  const late = () => new EngineError("TIMEOUT", `The engine did not answer in ${PROBE_MS} ms.`);
  const { ok } = await withDeadline(PROBE_MS, late, [signal], (scope) =>
    connection.health({ signal: scope }),
  );
  return ok;
}
