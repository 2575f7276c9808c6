import type { DriverItem, EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { EventStreamStatus } from "../engine/managed-engine-client.ts";
import { delay, scoped, withDeadline } from "../engine/scope.ts";
import {
  type ConnectionSignal,
  type ConnectionStatus,
  connectionMachine,
} from "../lifecycle/connection-machine.ts";
import { backoff, isFinal } from "./backoff.ts";
import type { Link } from "./link.ts";

/** Who is told what becomes of the stream. */
export interface EventStreamOwner {
  take(event: DriverEvent): void;
  /** Reads what may have been missed; what comes live waits meanwhile. */
  catchUp(connection: EngineConnection, signal: AbortSignal, afterGap: boolean): Promise<number>;
  /** It is open again, and so many sessions were read. */
  onResynced(sessions: number): void;
  onDropped(error: Error): void;
  /** It is closed, and nothing goes on by itself. */
  onGivenUp(error: Error): void;
}

/** Milliseconds that a stream must have lived for its next drop to count as the first. */
const STEADY_MS = 5_000;

/** The connection to the engine's events: made when it is opened, and again when it drops, until it is closed. */
export class EventStream {
  readonly #link: Link;
  readonly #owner: EventStreamOwner;
  /** Milliseconds that may be spent waiting between attempts. */
  readonly #patience: number;
  #state: ConnectionStatus = connectionMachine.initial;
  #status: Omit<EventStreamStatus, "state"> = { attempt: 0 };
  /** Where the engine may go on after a drop, if it can. */
  #cursor: string | undefined;
  #run: { readonly controller: AbortController; opened: PromiseWithResolvers<void> } | undefined;

  constructor(link: Link, owner: EventStreamOwner, patience: number) {
    this.#link = link;
    this.#owner = owner;
    this.#patience = patience;
  }

  get status(): EventStreamStatus {
    const state = this.#state === "disposed" ? "closed" : this.#state;
    return { state, ...this.#status };
  }

  /** It is open, or on its way to be. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  open(): void {
    if (!this.#signal("connect")) return;
    this.#status = { attempt: 0 };
    this.#cursor = undefined;
    const run = { controller: new AbortController(), opened: pending() };
    this.#run = run;
    void this.#connectAndReconnect(run.controller.signal);
  }

  /** `released`: the last user left. `disposed`: it is never opened again. */
  close(signal: "released" | "disposed"): void {
    if (this.#signal(signal)) this.#stop();
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
    // Counted in waits, not by a clock: a machine that slept has not been waiting.
    let waited = 0;
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      let openedAt = Number.POSITIVE_INFINITY;
      const onOpen = () => {
        openedAt = Date.now();
        waited = 0;
      };
      try {
        await scoped([signal], (scope) => this.#live(scope, onOpen));
      } catch (error) {
        if (signal.aborted) return;
        // One that opens and drops, again and again, has not recovered.
        if (Date.now() - openedAt >= STEADY_MS) attempt = 0;
        const lastError = error instanceof Error ? error : new Error(String(error));
        this.#dropped(lastError);
        void this.#link.drop();
        const isOver = this.#state === "connecting" || waited >= this.#patience;
        if (isOver || isFinal(error)) return this.#giveUp(lastError);
        const wait = backoff(attempt);
        waited += wait;
        this.#status = { attempt: attempt + 1, nextAttemptAt: Date.now() + wait, lastError };
        await delay(wait, signal).catch(() => {});
      }
    }
  }

  /** One life of the wire. Returns never, but by throwing: a stream that ends was dropped. */
  async #live(scope: AbortSignal, onOpen: () => void): Promise<never> {
    const connection = await this.#link.connection();
    scope.throwIfAborted();
    const stream = await connection.events({ after: this.#cursor, signal: scope });
    const take = ({ event, cursor }: DriverItem) => {
      this.#owner.take(event);
      this.#cursor = cursor ?? this.#cursor;
    };
    // Live events wait until what was missed is read: what is read is older than they are.
    let waiting: DriverItem[] | undefined = [];
    const reading = async () => {
      for await (const item of stream) {
        scope.throwIfAborted();
        if (waiting === undefined) take(item);
        else waiting.push(item);
      }
      throw new EngineError("ENGINE_UNAVAILABLE", "The engine ended its event stream.");
    };
    const catchingUp = async () => {
      const afterGap = this.#state === "reconnecting";
      // What was missed follows by itself, where the engine goes on after the cursor.
      const sessions = stream.resumed ? 0 : await this.#owner.catchUp(connection, scope, afterGap);
      for (const item of waiting ?? []) take(item);
      waiting = undefined;
      onOpen();
      this.#signal("opened");
      this.#status = { attempt: 0 };
      if (afterGap) this.#owner.onResynced(sessions);
      this.#run?.opened.resolve();
    };
    const [never] = await Promise.all([reading(), catchingUp()]);
    return never;
  }

  #dropped(error: Error): void {
    if (!this.#signal("dropped")) {
      this.#signal("attempt_failed");
      return;
    }
    if (this.#run !== undefined) this.#run.opened = pending();
    this.#owner.onDropped(error);
  }

  #giveUp(lastError: Error): void {
    this.#signal("gave_up");
    this.#status = { attempt: this.#status.attempt + 1, lastError };
    this.#run?.opened.reject(lastError);
    this.#stop();
    this.#owner.onGivenUp(lastError);
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
}

/** Those who wait for it hear of a failure; that nobody waits is no failure of its own. */
function pending(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>();
  resolvers.promise.catch(() => {});
  return resolvers;
}
