import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { reasonOf } from "../engine/errors.ts";
import { hasNothingGoingOn } from "../lifecycle/session-state.ts";
import type { Fanout } from "./fanout.ts";
import { insist } from "./insist.ts";
import type { Link } from "./link.ts";
import type { Records } from "./records.ts";
import type { SessionStore } from "./session-store.ts";

export interface SmallGapsContext {
  readonly link: Link;
  readonly store: SessionStore;
  readonly fanout: Fanout;
  readonly records: Records;
  readonly diagnostic: DiagnosticHandler;
}

/** Gaps although the wire holds: what they hit is read again. Nothing here rejects. */
export class SmallGaps {
  readonly #context: SmallGapsContext;

  constructor(context: SmallGapsContext) {
    this.#context = context;
  }

  /** The engine lost something, in a directory or everywhere. */
  async close({ reason, workingDirectory }: Extract<DriverEvent, { type: "gap" }>): Promise<void> {
    const { store, fanout, records } = this.#context;
    const where = workingDirectory === undefined ? {} : { workingDirectory };
    fanout.publish([{ type: "stream_gap", reason, ...where }]);
    const hit = [...store.active()].filter(
      ({ session }) => workingDirectory === undefined || session.workingDirectory === workingDirectory,
    );
    const caught = { sessions: 0, missed: 0 };
    const read = async (sessionId: string) => {
      const told = await records.read(sessionId, false, undefined);
      if (typeof told === "string") return;
      caught.sessions += 1;
      caught.missed += told.length;
    };
    const readings = await Promise.allSettled(hit.map(({ session }) => read(session.id)));
    const failed = readings.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") this.#unread(failed.reason);
    fanout.publish([{ type: "stream_resynced", ...caught, ...where }]);
  }

  /** What the engine said before it counted this client among its listeners went by unseen. */
  async closeBeginning(): Promise<void> {
    const { link, store, records } = this.#context;
    if ([...store.active()].every(hasNothingGoingOn)) return;
    try {
      await link.use(undefined, (connection, scope) =>
        insist(scope, () => records.readAll(connection, scope, { extent: "at work", afterGap: false })),
      );
    } catch (cause) {
      this.#unread(cause);
    }
  }

  #unread(cause: unknown): void {
    if (this.#context.link.signal.aborted) return;
    const message = `What the engine lost could not be read again: ${reasonOf(cause)}`;
    this.#context.diagnostic({ level: "warning", code: "resync_failed", message, cause });
  }
}
