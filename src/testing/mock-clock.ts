import { EngineError } from "../engine/errors.ts";
import { delay, scoped } from "../engine/scope.ts";

/** How time passes for a mock engine: by itself, or only when the test says so. */
export type MockClockKind = "real" | "manual";

interface Sleeper {
  readonly at: number;
  wake(): void;
}

/** The mock engine's clock: what its delays wait for, and what its times are. */
export class MockClock {
  readonly #kind: MockClockKind;
  /** Milliseconds that were waited, or that the test let pass. */
  #elapsed = 0;
  #looks = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(kind: MockClockKind) {
    this.#kind = kind;
  }

  /** Goes on by one with every look besides: tests see the same times every run, and none twice. */
  now(): number {
    this.#looks += 1;
    return this.#elapsed + this.#looks;
  }

  /** Rejects with the signal's reason when it aborts first. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#kind === "real") {
      await delay(ms, signal);
      this.#elapsed += ms;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper: Sleeper = { at: this.#elapsed + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    await scoped([signal], () => promise).finally(() => this.#sleepers.delete(sleeper));
  }

  /**
   * Lets so many milliseconds pass: who wakes up meanwhile does so in order, and may sleep again.
   * @throws EngineError `INVALID_REQUEST` of a clock that goes by itself, and for what is no time
   */
  async advance(ms: number): Promise<void> {
    if (this.#kind === "real") {
      const message = 'Time passes by itself here: make the engine with { clock: "manual" } to let it pass.';
      throw new EngineError("INVALID_REQUEST", message);
    }
    if (!(ms >= 0)) {
      throw new EngineError("INVALID_REQUEST", `No time passes by ${ms} ms: it must be a number, 0 or more.`);
    }
    const until = this.#elapsed + ms;
    await turn();
    for (let next = this.#nextUntil(until); next !== undefined; next = this.#nextUntil(until)) {
      this.#elapsed = next.at;
      this.#sleepers.delete(next);
      next.wake();
      await turn();
    }
    this.#elapsed = until;
  }

  #nextUntil(time: number): Sleeper | undefined {
    const [first] = [...this.#sleepers].sort((a, b) => a.at - b.at);
    return first !== undefined && first.at <= time ? first : undefined;
  }
}

/** Lets everything happen that waits for nothing but its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
