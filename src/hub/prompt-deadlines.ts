import { EngineError, type EngineErrorOptions } from "../engine/errors.ts";
import type { PromptTimeouts } from "../engine/prompt-options.ts";

const FIRST_EVENT_MS = 120_000;

/** What is known of the prompt's session while its turn is silent. */
export interface WatchedSession {
  isAtWork(): boolean;
  /** A person is being waited for: that is no silence of the engine. */
  isAwaitingPerson(): boolean;
}

/** What a prompt's caller is not willing to wait for. Each is a timer of its own, and all end with the prompt. */
export class PromptDeadlines {
  readonly #expired = new AbortController();
  readonly #timeouts: PromptTimeouts;
  readonly #where: EngineErrorOptions;
  readonly #session: WatchedSession;
  #total: ReturnType<typeof setTimeout> | undefined;
  #silence: ReturnType<typeof setTimeout> | undefined;
  /** When something was said of the turn last. */
  #heardAt: number | undefined;
  #isOver = false;

  constructor(timeouts: PromptTimeouts, where: EngineErrorOptions, session: WatchedSession) {
    this.#timeouts = timeouts;
    this.#where = where;
    this.#session = session;
    const { total } = timeouts;
    if (total === undefined) return;
    const message = `The prompt was not answered within ${total} ms, and was stopped.`;
    this.#total = setTimeout(() => this.#expire(message), total);
  }

  /** Aborts when one of them has passed: the `reason` is an `EngineError` `TIMEOUT`. */
  get signal(): AbortSignal {
    return this.#expired.signal;
  }

  /** The engine has taken the prompt. */
  accepted(): void {
    if (this.#isOver || this.#heardAt !== undefined) return;
    const { firstEvent = FIRST_EVENT_MS } = this.#timeouts;
    if (firstEvent === Number.POSITIVE_INFINITY) return;
    const message = `The engine took the prompt and said nothing of it for ${firstEvent} ms; it was stopped.`;
    this.#silence = setTimeout(() => {
      // It says that it works, if nothing else.
      if (!this.#session.isAtWork()) this.#expire(message);
    }, firstEvent);
  }

  /** Something was said of the turn. */
  heard(): void {
    if (this.#isOver) return;
    const isFirst = this.#heardAt === undefined;
    this.#heardAt = performance.now();
    if (!isFirst) return;
    clearTimeout(this.#silence);
    const { inactivity } = this.#timeouts;
    if (inactivity !== undefined) this.#watch(inactivity, inactivity);
  }

  close(): void {
    this.#isOver = true;
    clearTimeout(this.#total);
    clearTimeout(this.#silence);
  }

  // One timer that looks when it fires: a delta must not cost a timer.
  #watch(limit: number, wait: number): void {
    this.#silence = setTimeout(() => {
      const now = performance.now();
      if (this.#session.isAwaitingPerson()) this.#heardAt = now;
      const left = (this.#heardAt ?? now) + limit - now;
      if (left > 0) this.#watch(limit, left);
      else this.#expire(`The engine said nothing of the turn for ${limit} ms; it was stopped.`);
    }, wait);
  }

  #expire(message: string): void {
    this.close();
    this.#expired.abort(new EngineError("TIMEOUT", message, this.#where));
  }
}
