import type { DriverItem } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import { sessionOf } from "./session-of.ts";

/** Most events that wait while records are read; deltas of one part count as one. */
const LIMIT = 100_000;

/** Records are being read, and what comes in meanwhile waits. */
export interface Hold {
  /** The wire dropped: what is read may be older than what has been told since. */
  readonly isBroken: boolean;
  /** What waits, for whatever reason. */
  readonly waiting: readonly DriverItem[];
  /** What waited goes on, in its order. `leaveOut`: what the records have told already. */
  release(leaveOut?: (event: DriverEvent) => boolean): void;
}

interface OpenHold {
  /** `undefined`: everything waits. */
  readonly sessionId: string | undefined;
  isBroken: boolean;
}

/**
 * Where events come in. While a session's records are read its events wait here, so that what was read is folded in
 * first, and is never newer than what is told after it.
 */
export class Inbox {
  readonly #deliver: (item: DriverItem) => void;
  readonly #holds = new Set<OpenHold>();
  #waiting: DriverItem[] = [];
  #isDelivering = false;

  constructor(deliver: (item: DriverItem) => void) {
    this.#deliver = deliver;
  }

  /** @throws EngineError `EVENT_OVERFLOW` when too many wait */
  take(item: DriverItem): void {
    if (!this.#waits(item)) this.#deliver(item);
    else if (!this.#mergeWithLast(item)) {
      if (this.#waiting.length >= LIMIT) {
        const message = `More than ${LIMIT} events came while the engine's records were read; it is read again.`;
        throw new EngineError("EVENT_OVERFLOW", message, { retryable: true });
      }
      this.#waiting.push(item);
    }
  }

  /** Everything waits, or the events of one session, until the hold is released. */
  hold(sessionId?: string): Hold {
    const hold: OpenHold = { sessionId, isBroken: false };
    this.#holds.add(hold);
    const waiting = () => this.#waiting;
    return {
      get waiting() {
        return waiting();
      },
      get isBroken() {
        return hold.isBroken;
      },
      release: (leaveOut) => {
        if (this.#holds.delete(hold)) this.#deliverWaiting(leaveOut);
      },
    };
  }

  /**
   * The wire dropped. What waits for everything to be read came after a gap that is still open: it is part of what has
   * to be read again. The rest came before, and goes on now.
   */
  break(): void {
    const wasRereading = [...this.#holds].some(({ sessionId }) => sessionId === undefined);
    for (const hold of this.#holds) hold.isBroken = true;
    this.#holds.clear();
    if (wasRereading) this.#waiting = [];
    else this.#deliverWaiting();
  }

  #deliverWaiting(leaveOut?: (event: DriverEvent) => boolean): void {
    const kept: DriverItem[] = [];
    // What a listener causes while it is told comes after what waits already.
    this.#isDelivering = true;
    try {
      for (const item of this.#waiting) {
        if (this.#isHeld(item)) kept.push(item);
        else if (!leaveOut?.(item.event)) this.#deliver(item);
      }
    } finally {
      this.#isDelivering = false;
      this.#waiting = kept;
    }
  }

  #waits(item: DriverItem): boolean {
    return this.#isDelivering || this.#isHeld(item);
  }

  #isHeld({ event }: DriverItem): boolean {
    if (this.#holds.size === 0) return false;
    const of = sessionOf(event);
    for (const { sessionId } of this.#holds) if (sessionId === undefined || sessionId === of) return true;
    return false;
  }

  #mergeWithLast({ event, cursor }: DriverItem): boolean {
    // While they are handed over the last one may be gone already.
    const last = this.#isDelivering ? undefined : this.#waiting.at(-1);
    if (event.type !== "part_delta" || last?.event.type !== "part_delta") return false;
    const { partId, offset, delta } = last.event;
    if (event.partId !== partId) return false;
    if (event.offset === undefined ? offset !== undefined : event.offset !== (offset ?? -1) + delta.length)
      return false;
    this.#waiting[this.#waiting.length - 1] = {
      event: { ...last.event, delta: delta + event.delta },
      cursor: cursor ?? last.cursor,
    };
    return true;
  }
}
