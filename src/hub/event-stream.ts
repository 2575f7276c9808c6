import type { DriverItem, DriverReport, EngineConnection } from "../engine/driver.ts";
import type { EventStreamStatus } from "../engine/engine-events.ts";
import { EngineError } from "../engine/errors.ts";
import { delay, scoped, withDeadline } from "../engine/scope.ts";
import {
  type ConnectionSignal,
  type ConnectionStatus,
  connectionMachine,
} from "../lifecycle/connection-machine.ts";
import { isFinal } from "./backoff.ts";
import type { Caught, EventStreamOwner } from "./event-stream-owner.ts";
import type { Link } from "./link.ts";
import { Outage } from "./outage.ts";
import { live } from "./stream-life.ts";
import type { Watchdog } from "./watchdog.ts";

export interface EventStreamOptions {
  /** Milliseconds that an engine may be out of reach. */
  readonly patience: number;
  /** Milliseconds that one attempt may take. */
  readonly attemptTimeout: number;
}

/** Milliseconds that a stream must have lived for its next drop to count as the first, although it said nothing. */
const STEADY_MS = 5_000;
/** Milliseconds for an engine that was there to answer again; after an attempt without an answer, twice as long. */
const FIRST_ATTEMPT_MS = 2_000;
/** Reading a hundred thousand sessions takes its time. */
const CATCH_UP_MS = 120_000;

/** The connection to the engine's events: made when it is opened, and again when it drops, until it is closed. */
export class EventStream {
  readonly #link: Link;
  readonly #owner: EventStreamOwner;
  readonly #options: EventStreamOptions;
  #state: ConnectionStatus = connectionMachine.initial;
  #status: EventStreamStatus = { state: "idle", attempt: 0 };
  /** Where the engine may go on after a drop, if it can. */
  #cursor: string | undefined;
  #outage: Outage;
  /** How many attempts in a row had no answer. */
  #unanswered = 0;
  #openedAt = Number.POSITIVE_INFINITY;
  /** The engine was there since the stream was opened: then a drop is no reason to give up at once. */
  #wasThere = false;
  #watchdog: Watchdog | undefined;
  #run: { readonly controller: AbortController; opened: PromiseWithResolvers<void> } | undefined;

  constructor(link: Link, owner: EventStreamOwner, options: EventStreamOptions) {
    this.#link = link;
    this.#owner = owner;
    this.#options = options;
    this.#outage = new Outage(options.patience);
  }

  /** The same object until it changes. */
  get status(): EventStreamStatus {
    return this.#status;
  }

  /** It is open, or on its way to be. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  /** What the current connection says of itself. */
  readonly vitals: Omit<DriverReport, "diagnostic"> = {
    alive: () => this.#watchdog?.alive(),
    beat: () => {
      this.#watchdog?.beat();
      this.#outage.over();
    },
    retryAfter: (ms) => this.#outage.wait(ms),
  };

  /** It was taken: the engine may go on after it. */
  passed({ cursor }: DriverItem): void {
    this.#cursor = cursor ?? this.#cursor;
  }

  open(): void {
    if (!this.#signal("connect")) return;
    this.#cursor = undefined;
    this.#wasThere = false;
    this.#outage = new Outage(this.#options.patience);
    const run = { controller: new AbortController(), opened: pending() };
    this.#run = run;
    this.#tell({ attempt: 0 });
    void this.#connectAndReconnect(run.controller.signal);
  }

  /** `released`: the last user left. `disposed`: it is never opened again. */
  close(signal: "released" | "disposed"): void {
    if (!this.#signal(signal)) return;
    this.#stop();
    this.#tell({ attempt: 0, lastError: this.#status.lastError });
  }

  /**
   * Resolves when whatever the engine says from now on will be seen.
   * @throws EngineError why the engine can't be listened to; `TIMEOUT` after `ms` milliseconds
   */
  async ready(ms: number, signal: AbortSignal | undefined): Promise<void> {
    const run = this.#run;
    if (run === undefined) throw this.#status.lastError ?? this.#link.signal.reason;
    const late = () => {
      const { lastError } = this.#status;
      const why = lastError ? ` Last error: ${lastError.message}` : "";
      return new EngineError("TIMEOUT", `The engine's events could not be opened in ${ms} ms.${why}`);
    };
    await withDeadline(ms, late, [this.#link.signal, signal], () => run.opened.promise);
  }

  async #connectAndReconnect(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await scoped([signal], (scope) => this.#live(scope));
      } catch (error) {
        if (signal.aborted) return;
        const lastError = error instanceof Error ? error : new Error(String(error));
        this.#owner.onEnded();
        if (EngineError.is(error, "TIMEOUT")) this.#unanswered += 1;
        // One that opens and drops, again and again, has not recovered.
        if (performance.now() - this.#openedAt >= STEADY_MS) this.#outage.over();
        this.#openedAt = Number.POSITIVE_INFINITY;
        void this.#link.drop();
        this.#dropped(lastError, signal);
        // Who was told may have left, and have come back.
        if (signal.aborted) return;
        if (EngineError.is(error) && error.retryAfterMs !== undefined) this.#outage.wait(error.retryAfterMs);
        const wait = this.#outage.next();
        if (isFinal(error, this.#wasThere) || this.#isHopeless(error)) return this.#giveUp(lastError);
        if (this.#outage.isTooLong) return this.#giveUp(this.#tooLong(lastError));
        this.#tell({ attempt: this.#outage.attempt, nextAttemptAt: Date.now() + wait, lastError });
        await delay(wait, signal).catch(() => {});
      }
    }
  }

  /** What fails before the stream was ever open is told at once, unless it just broke: then the engine is there. */
  #isHopeless(error: unknown): boolean {
    if (this.#state !== "connecting") return false;
    if (!this.#wasThere) return true;
    return this.#outage.attempt === 1 && !EngineError.is(error, "ENGINE_UNAVAILABLE");
  }

  /** An engine that starts again accepts before it listens, and never answers what came then: it is asked anew soon. */
  #attemptTimeout(): number {
    const { attemptTimeout } = this.#options;
    if (!this.#wasThere) return attemptTimeout;
    return Math.min(attemptTimeout, FIRST_ATTEMPT_MS * 2 ** Math.min(this.#unanswered, 16));
  }

  #live(signal: AbortSignal): Promise<never> {
    return live(this.#link, {
      after: this.#cursor,
      timeout: this.#attemptTimeout(),
      signal,
      onListening: (watchdog) => {
        this.#watchdog = watchdog;
        this.#wasThere = true;
        this.#unanswered = 0;
      },
      take: (item) => {
        this.#outage.over();
        this.#owner.take(item);
      },
      catchUp: async (connection, isResumed) => {
        const afterGap = this.#state === "reconnecting";
        const caught = isResumed ? { sessions: 0, missed: 0 } : await this.#catchUp(connection, signal);
        this.#openedAt = performance.now();
        this.#signal("opened");
        this.#tell({ attempt: 0 });
        if (afterGap) this.#owner.onResynced(caught);
        this.#run?.opened.resolve();
      },
    });
  }

  #catchUp(connection: EngineConnection, scope: AbortSignal): Promise<Caught> {
    const late = () =>
      new EngineError("TIMEOUT", `The engine's records could not be read in ${CATCH_UP_MS} ms.`);
    const afterGap = this.#state === "reconnecting";
    return withDeadline(CATCH_UP_MS, late, [scope], (signal) =>
      this.#owner.catchUp(connection, signal, afterGap),
    );
  }

  #tooLong(cause: Error): EngineError {
    const message = `The engine was out of reach for ${this.#options.patience} ms. Last error: ${cause.message}`;
    return new EngineError("ENGINE_UNAVAILABLE", message, { cause });
  }

  #dropped(error: Error, run: AbortSignal): void {
    if (!this.#signal("dropped")) {
      this.#signal("attempt_failed");
      return;
    }
    if (this.#run !== undefined) this.#run.opened = pending();
    this.#tell({ attempt: 0, lastError: error });
    if (!run.aborted) this.#owner.onDropped(error);
  }

  #giveUp(lastError: Error): void {
    this.#signal("gave_up");
    this.#run?.opened.reject(lastError);
    this.#stop();
    this.#show({ attempt: this.#outage.attempt, lastError });
    this.#owner.onGivenUp(lastError);
    // Last: who is told may begin anew.
    this.#owner.onStatus();
  }

  #stop(): void {
    this.#run?.controller.abort(this.#link.signal.reason);
    this.#run = undefined;
  }

  #signal(signal: ConnectionSignal): boolean {
    const result = connectionMachine.tryTransition(this.#state, signal);
    this.#state = result.state;
    return result.ok;
  }

  #tell(status: Omit<EventStreamStatus, "state">): void {
    this.#show(status);
    this.#owner.onStatus();
  }

  #show(status: Omit<EventStreamStatus, "state">): void {
    this.#status = { state: this.#state === "disposed" ? "closed" : this.#state, ...status };
  }
}

/** Those who wait for it hear of a failure; that nobody waits is no failure of its own. */
function pending(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}
