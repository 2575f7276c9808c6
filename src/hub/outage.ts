import { backoff } from "./backoff.ts";

/** Milliseconds: for so long it is most likely that an engine is just starting again. */
const NEW_MS = 30_000;

/** How long an engine has been out of reach, and how long to wait before it is tried again. */
export class Outage {
  /** Milliseconds after which it is given up. */
  readonly #patience: number;
  #attempt = 0;
  #since: number | undefined;
  #askedToWait = 0;

  constructor(patience: number) {
    this.#patience = patience;
  }

  /** How often it was tried in vain. */
  get attempt(): number {
    return this.#attempt;
  }

  get isTooLong(): boolean {
    return this.#left <= 0;
  }

  /** The engine is well. */
  over(): void {
    this.#attempt = 0;
    this.#since = undefined;
  }

  /** The engine asked to be left alone for so long. */
  wait(ms: number): void {
    this.#askedToWait = Math.min(ms, this.#patience);
  }

  /** It could not be reached, or dropped. Returns how many milliseconds to wait. */
  next(): number {
    this.#since ??= performance.now();
    const isNew = performance.now() - this.#since < NEW_MS;
    const pause = Math.max(backoff(this.#attempt, isNew), this.#askedToWait);
    const wait = Math.min(pause, Math.max(0, this.#left));
    this.#attempt += 1;
    this.#askedToWait = 0;
    return wait;
  }

  get #left(): number {
    // Not the wall clock: a machine that slept has not been waiting.
    return this.#since === undefined ? this.#patience : this.#since + this.#patience - performance.now();
  }
}
