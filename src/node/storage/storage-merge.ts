import type { DriverItem } from "../../engine/driver.ts";
import type { DriverEvent } from "../../engine/driver-events.ts";
import { sessionOf } from "../../hub/session-of.ts";
import { isKept } from "./decode-stored.ts";
import { RecentIds } from "./recent-ids.ts";

/** A row of the storage, and what it tells. */
export interface StoredItem {
  readonly id: string;
  readonly sessionId: string;
  readonly events: readonly DriverEvent[];
}

interface HeldItem extends StoredItem {
  readonly readAt: number;
}

/**
 * Milliseconds that a row waits for the engine to tell of it. An engine tells at once, but not while it loads a project:
 * then a row is taken first, and the telling is passed over when it comes.
 */
const HOLD_MS = 500;
/** Milliseconds instead, of a session that the engine has told of in the last `LATELY_MS`. */
const LONG_HOLD_MS = 5_000;
const LATELY_MS = 10_000;

/**
 * Puts together what an engine tells and what it stores: two tellings of the same events, in no order between them, and
 * in the storage also the events of other processes. Each event is taken once, from where it comes first; the rows of a
 * session stay in their order. While the engine works on a session its rows wait: it tells them itself, and better.
 * Has no clock: times are handed in, in milliseconds.
 */
export class StorageMerge {
  readonly #held = new Map<string, HeldItem[]>();
  /** What was told, and not seen in the storage yet. */
  readonly #told = new RecentIds();
  /** What was taken from the storage. */
  readonly #taken = new RecentIds();
  readonly #atWork = new Set<string>();
  /** When the engine, or this client, last had to do with a session. */
  readonly #dealtWith = new Map<string, number>();
  /** Sessions that other processes write to, as far as is known. */
  readonly #foreign = new Set<string>();
  #frozen = 0;

  /** The engine tells this. Returns what is to be passed on. */
  hear(item: DriverItem, now: number): readonly DriverItem[] {
    const { event, id } = item;
    const sessionId = sessionOf(event);
    if (sessionId === undefined) return [item];
    if (event.type === "session_status") {
      if (event.running) this.#atWork.add(sessionId);
      else this.#atWork.delete(sessionId);
      this.#dealtWith.set(sessionId, now);
      return [item];
    }
    if (event.type === "session_deleted") this.#forget(sessionId);
    if (id === undefined) return [item];
    // Also what is no row by itself: it may be a part of what a row tells.
    if (this.#taken.has(id)) {
      this.dealWith(sessionId, now);
      return [];
    }
    if (!isKept(event)) return [item];
    const isFirst = !this.#told.has(id);
    this.#told.add(id);
    this.dealWith(sessionId, now);
    return isFirst ? [...this.#takeBefore(sessionId, id), item] : [item];
  }

  /** Rows that were read, oldest first. */
  read(rows: readonly StoredItem[], now: number): void {
    for (const row of rows) {
      if (this.#told.delete(row.id) || row.events.length === 0) continue;
      const held = this.#held.get(row.sessionId);
      if (held === undefined) this.#held.set(row.sessionId, [{ ...row, readAt: now }]);
      else held.push({ ...row, readAt: now });
    }
  }

  /** The rows that have waited long enough, and belong to other processes by all that is known. */
  due(now: number): readonly DriverItem[] {
    if (this.#frozen > 0) return [];
    for (const [sessionId, at] of this.#dealtWith)
      if (now - at >= LATELY_MS) this.#dealtWith.delete(sessionId);
    const due: DriverItem[] = [];
    for (const [sessionId, held] of this.#held) {
      if (!this.#isDue(sessionId, held, now)) continue;
      this.#held.delete(sessionId);
      this.#foreign.add(sessionId);
      due.push(...held.flatMap((row) => this.#take(row)));
    }
    return due;
  }

  /** A session of which rows are due. */
  dueSession(now: number): string | undefined {
    if (this.#frozen > 0) return undefined;
    for (const [sessionId, held] of this.#held) if (this.#isDue(sessionId, held, now)) return sessionId;
    return undefined;
  }

  /** The engine is about to tell of this session. */
  dealWith(sessionId: string, now: number): void {
    this.#dealtWith.set(sessionId, now);
    this.#foreign.delete(sessionId);
  }

  /**
   * The engine's records are being read: rows wait until `thaw` is called, with the sessions whose messages were read.
   * What was known of them before is in what was read. (Not so where the engine is at work: that it tells itself.)
   */
  freeze(): (readSessions: Iterable<string>) => void {
    this.#frozen += 1;
    const before = new Map([...this.#held].map(([sessionId, held]) => [sessionId, held.at(-1)]));
    let isFrozen = true;
    return (readSessions) => {
      if (!isFrozen) return;
      isFrozen = false;
      this.#frozen -= 1;
      for (const sessionId of readSessions) {
        const last = before.get(sessionId);
        const held = this.#held.get(sessionId);
        const index = last === undefined ? -1 : (held?.indexOf(last) ?? -1);
        if (held === undefined || index < 0 || this.#atWork.has(sessionId)) continue;
        for (const row of held.splice(0, index + 1)) this.#taken.add(row.id);
        if (held.length === 0) this.#held.delete(sessionId);
      }
    };
  }

  /** Rows that stand before one that the engine tells: it tells its own in their order, so they are of others. */
  #takeBefore(sessionId: string, id: string): readonly DriverItem[] {
    const held = this.#held.get(sessionId);
    if (held === undefined) return [];
    const index = held.findIndex((row) => row.id === id);
    const isRead = index >= 0;
    // Ids begin with the time.
    const later = held.findIndex((row) => row.id > id);
    const count = isRead ? index : later < 0 ? held.length : later;
    const before = held.splice(0, count);
    if (isRead) {
      held.shift();
      this.#told.delete(id);
    }
    if (held.length === 0) this.#held.delete(sessionId);
    return before.flatMap((row) => this.#take(row));
  }

  #isDue(sessionId: string, [first]: readonly HeldItem[], now: number): boolean {
    if (first === undefined || this.#atWork.has(sessionId)) return false;
    if (this.#foreign.has(sessionId)) return true;
    const dealtWith = this.#dealtWith.get(sessionId);
    if (dealtWith === undefined) return now - first.readAt >= HOLD_MS;
    return now - Math.max(dealtWith, first.readAt) >= LONG_HOLD_MS;
  }

  #take({ id, events }: HeldItem): readonly DriverItem[] {
    this.#taken.add(id);
    return events.map((event) => ({ event, id, origin: "storage" }) as const);
  }

  #forget(sessionId: string): void {
    this.#held.delete(sessionId);
    this.#atWork.delete(sessionId);
    this.#foreign.delete(sessionId);
  }
}
