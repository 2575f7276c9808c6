import type { DriverItem, EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { SessionSnapshot } from "../engine/driver-requests.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { Caught } from "./event-stream-owner.ts";
import type { Inbox } from "./inbox.ts";
import { insist } from "./insist.ts";
import type { Link } from "./link.ts";
import { type Extent, readTruth, toldAlready } from "./resync.ts";
import type { SessionStore } from "./session-store.ts";

export interface RecordsContext {
  readonly link: Link;
  readonly store: SessionStore;
  readonly inbox: Inbox;
  /** Tells what was learned, of one session or of none. */
  publish(events: readonly EngineEvent[], sessionId: string | undefined): void;
}

/** What a reading has told: events, or that the session is gone, or nothing, as it is older than the wire. */
export type Reading = readonly EngineEvent[] | "gone" | "old";

/** Reads what the engine has on record, and folds it in. What it says meanwhile waits, and comes after. */
export class Records {
  readonly #context: RecordsContext;

  constructor(context: RecordsContext) {
    this.#context = context;
  }

  /** One session, with its newest messages. `final`: what they do not explain is lost. */
  async read(sessionId: string, final: boolean, signal: AbortSignal | undefined): Promise<Reading> {
    const { link, store, inbox, publish } = this.#context;
    const hold = inbox.hold(sessionId);
    try {
      const asked = { sessionIds: [sessionId], withMessages: [sessionId] };
      const snapshots = await link.use(signal, (connection, scope) =>
        insist(scope, () => connection.snapshot({ ...asked, signal: scope })),
      );
      const snapshot = snapshots.find(({ session }) => session.id === sessionId);
      if (hold.isBroken) return "old";
      if (snapshot === undefined) return "gone";
      const events = store.isKnown(sessionId) ? store.restore(snapshot, final) : store.meet(snapshot);
      publish(events, sessionId);
      hold.release(this.#isTold(hold.waiting, [snapshot]));
      return events;
    } finally {
      hold.release();
    }
  }

  /** What may have been missed. `undefined`: the wire dropped meanwhile. */
  async readAll(
    connection: EngineConnection,
    signal: AbortSignal,
    { extent, afterGap }: { readonly extent: Extent; readonly afterGap: boolean },
  ): Promise<Caught | undefined> {
    const { store, inbox, publish } = this.#context;
    const hold = inbox.hold();
    try {
      const { snapshots, gone } = await readTruth(connection, store, extent, signal);
      if (hold.isBroken) return undefined;
      let missed = 0;
      // The oldest first: in that order it happened, as far as that can be told.
      for (const snapshot of snapshots.toReversed()) missed += this.#restore(snapshot, afterGap);
      for (const sessionId of gone) {
        const events = store.apply({ type: "session_deleted", sessionId });
        missed += events.length;
        publish(events, undefined);
      }
      hold.release(this.#isTold(hold.waiting, snapshots));
      return { sessions: snapshots.length, missed };
    } finally {
      // After a gap the wire goes down with the reading, and what waits is part of what is read again.
      if (!afterGap) hold.release();
    }
  }

  #restore(snapshot: SessionSnapshot, afterGap: boolean): number {
    const { store, publish } = this.#context;
    const { id } = snapshot.session;
    const isNew = afterGap && !store.isKnown(id);
    const changes = store.restore(snapshot, false);
    const session = store.sessions.get(id);
    const born = isNew && session !== undefined ? [{ type: "session_created", session } as const] : [];
    publish([...born, ...changes], id);
    return born.length + changes.length;
  }

  #isTold(waiting: readonly DriverItem[], snapshots: readonly SessionSnapshot[]) {
    const told = toldAlready(waiting, snapshots, this.#context.store);
    return (event: DriverEvent) => told.has(event);
  }
}
