/** Milliseconds: beats that are nearer to each other count as one. */
const SHORTEST_MS = 2_000;
/** Milliseconds: what an engine whose heartbeats are not known is expected to manage with. */
const UNKNOWN_MS = 30_000;
/** How many intervals are remembered. */
const REMEMBERED = 4;
/** A silence of so many intervals is too long: two beats are missing, and half an interval is for the network. */
const PATIENCE = 2.5;

/** How often an engine says something although nothing happens: what it declares, or else what its beats show. */
export class Heartbeat {
  readonly #declared: number | undefined;
  readonly #intervals: number[] = [];
  #last: number | undefined;

  /** `declared`: milliseconds; `undefined`, or what is no time at all: it has to be learned. */
  constructor(declared: number | undefined) {
    // Drivers are written by others, and 0 is how one may say that there are no beats.
    if (declared !== undefined && declared > 0) this.#declared = Math.max(declared, SHORTEST_MS);
  }

  /** In milliseconds; `undefined` while it is neither declared nor learned. */
  get interval(): number | undefined {
    if (this.#declared !== undefined) return this.#declared;
    // The longest of the last few: neither a beat that was held up on the way, and is therefore near to the next one,
    // nor a server that leaves beats out while it has other things to say may make it stricter than the engine is.
    return this.#intervals.length === 0 ? undefined : Math.max(...this.#intervals);
  }

  /** The longest silence that is not suspicious, in milliseconds. */
  get limit(): number {
    return Math.ceil(PATIENCE * (this.interval ?? UNKNOWN_MS));
  }

  /** It beat. `now`: milliseconds of a clock that is never set. */
  beat(now: number): void {
    if (this.#last !== undefined) {
      const interval = Math.round(now - this.#last);
      // After a stall they arrive together. Any number of them may: none is an interval, or the real ones were forgotten.
      if (interval < SHORTEST_MS) return;
      this.#intervals.push(interval);
      if (this.#intervals.length > REMEMBERED) this.#intervals.shift();
    }
    this.#last = now;
  }
}
