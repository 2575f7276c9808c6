import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { DriverEventStream, EngineConnection } from "../engine/driver.ts";
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
import type { Fanout } from "./fanout.ts";
import { LastWord } from "./last-word.ts";
import type { Link } from "./link.ts";
import type { SessionStore } from "./session-store.ts";

export interface EventHubOptions {
  /** Milliseconds that the stream stays open after its last user left. */
  readonly idleTimeout: number;
  /** Milliseconds after which `ready()` gives up. */
  readonly connectTimeout: number;
  readonly diagnostic: DiagnosticHandler;
}

/**
 * One connection to the engine's events for any number of users: opened for the first, closed after the last,
 * opened again when it drops. Whatever comes in is folded into the store once and told to the fan-out.
 */
export class EventHub {
  readonly #link: Link;
  readonly #store: SessionStore;
  readonly #fanout: Fanout;
  readonly #options: EventHubOptions;
  readonly #lastWord: LastWord;
  #state: ConnectionStatus = connectionMachine.initial;
  #status: Omit<EventStreamStatus, "state"> = { attempt: 0 };
  #users = 0;
  /** Somebody wants every session, not just those that are in use. */
  #mirrors = false;
  #run: { readonly controller: AbortController; opened: PromiseWithResolvers<void> } | undefined;
  #closing: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, store: SessionStore, fanout: Fanout, options: EventHubOptions) {
    this.#link = link;
    this.#store = store;
    this.#fanout = fanout;
    this.#options = options;
    this.#lastWord = new LastWord(async (sessionId, final) => {
      const [snapshot] = await link.use(undefined, (connection, signal) =>
        connection.snapshot({ sessionIds: [sessionId], withMessages: [sessionId], signal }),
      );
      if (snapshot !== undefined) this.#publish(store.restore(snapshot, final), sessionId);
    });
  }

  get status(): EventStreamStatus {
    const state = this.#state === "disposed" ? "closed" : this.#state;
    return { state, ...this.#status };
  }

  /** Keeps the stream open (and opens it) until the returned function is called. */
  retain(): () => void {
    this.#users += 1;
    clearTimeout(this.#closing);
    this.#start();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#users -= 1;
      if (this.#users > 0) return;
      if (this.#options.idleTimeout === 0) this.#release();
      else this.#closing = setTimeout(() => this.#release(), this.#options.idleTimeout);
    };
  }

  /** Keeps the mirror of every session of the engine, for good. Resolves when it holds them. */
  async mirror(signal: AbortSignal | undefined): Promise<void> {
    if (this.#mirrors) return this.ready(signal);
    this.#mirrors = true;
    // The stream may be open for others already: then what the mirror lacks is read now.
    const wasOpen = this.#state === "open";
    const release = this.retain();
    try {
      await this.ready(signal);
      if (wasOpen)
        await this.#link.use(signal, (connection, scope) => this.#resync(connection, scope, false));
    } catch (error) {
      this.#mirrors = false;
      release();
      throw error;
    }
  }

  /**
   * Resolves when whatever the engine says from now on will be seen.
   * @throws EngineError why the engine can't be listened to; `TIMEOUT` after `connectTimeout`
   */
  async ready(signal: AbortSignal | undefined): Promise<void> {
    const run = this.#run;
    if (run === undefined) throw this.#status.lastError ?? this.#link.signal.reason;
    const { connectTimeout } = this.#options;
    const late = () => {
      const why = this.#status.lastError ? ` Last error: ${this.#status.lastError.message}` : "";
      return new EngineError(
        "TIMEOUT",
        `The engine's events could not be opened in ${connectTimeout} ms.${why}`,
      );
    };
    await withDeadline(connectTimeout, late, [this.#link.signal, signal], () => run.opened.promise);
  }

  /**
   * Reads a session that nobody has told of yet, so that what follows can be told from what was before.
   * @throws EngineError `SESSION_NOT_FOUND`
   */
  async meet(sessionId: string, signal: AbortSignal): Promise<void> {
    if (this.#store.get(sessionId)?.known) return;
    const connection = await this.#link.connection();
    const [snapshot] = await connection.snapshot({
      sessionIds: [sessionId],
      withMessages: [sessionId],
      signal,
    });
    if (snapshot === undefined)
      throw new EngineError("SESSION_NOT_FOUND", `There is no session ${sessionId}.`, { sessionId });
    this.#publish(this.#store.restore(snapshot, false), sessionId);
  }

  /** Takes in what the package itself knows before the engine says it. */
  apply(event: DriverEvent): void {
    const events = this.#store.apply(event);
    this.#publish(events, "sessionId" in event ? event.sessionId : undefined);
  }

  dispose(): void {
    this.#signal("disposed");
    this.#stop();
    this.#fanout.end();
  }

  #start(): void {
    if (!this.#signal("connect")) return;
    this.#status = { attempt: 0 };
    const run = { controller: new AbortController(), opened: Promise.withResolvers<void>() };
    // Those who wait for it hear of a failure; that nobody waits is no failure of its own.
    run.opened.promise.catch(() => {});
    this.#run = run;
    void this.#connectAndReconnect(run.controller.signal);
  }

  #release(): void {
    if (this.#signal("released")) this.#stop();
  }

  #stop(): void {
    clearTimeout(this.#closing);
    this.#lastWord.clear();
    this.#run?.controller.abort(this.#link.signal.reason);
    this.#run = undefined;
    this.#store.clear();
  }

  async #connectAndReconnect(signal: AbortSignal): Promise<void> {
    for (let attempt = 0; !signal.aborted; attempt += 1) {
      try {
        const connection = await scoped([signal], () => this.#link.connection());
        const stream = await connection.events({ signal });
        await this.#listen(connection, stream, signal, () => {
          attempt = 0;
        });
      } catch (error) {
        if (signal.aborted) return;
        const lastError = error instanceof Error ? error : new Error(String(error));
        this.#dropped(lastError);
        if (this.#state === "connecting" || isFinal(error)) return this.#giveUp(lastError);
        const wait = backoff(attempt);
        this.#status = { attempt: attempt + 1, nextAttemptAt: Date.now() + wait, lastError };
        await this.#link.drop();
        await delay(wait, signal).catch(() => {});
      }
    }
  }

  /** Returns never, but by throwing: a stream that ends was dropped. */
  async #listen(
    connection: EngineConnection,
    stream: DriverEventStream,
    signal: AbortSignal,
    onOpen: () => void,
  ): Promise<never> {
    // Live events wait until what was missed is read: what is read is older than they are.
    let waiting: DriverEvent[] | undefined = [];
    const reading = async () => {
      for await (const { event } of stream) {
        if (waiting === undefined) this.apply(event);
        else waiting.push(event);
      }
      throw new EngineError("ENGINE_UNAVAILABLE", "The engine ended its event stream.");
    };
    const catchingUp = async (scope: AbortSignal) => {
      const reconnected = this.#state === "reconnecting";
      const sessions = await this.#resync(connection, scope, reconnected);
      for (const event of waiting ?? []) this.apply(event);
      waiting = undefined;
      onOpen();
      this.#signal("opened");
      this.#status = { attempt: 0 };
      if (reconnected) this.#fanout.publish([{ type: "stream_resynced", sessions }]);
      this.#run?.opened.resolve();
    };
    return scoped([signal], async (scope) => {
      const [never] = await Promise.all([reading(), catchingUp(scope)]);
      return never;
    });
  }

  /** Reads what may have been missed, and folds it in. Returns how many sessions were read. */
  async #resync(connection: EngineConnection, signal: AbortSignal, afterGap: boolean): Promise<number> {
    const states = [...this.#store.all()];
    const busy = states.filter((state) => state.openTurns.size > 0 || state.session.status === "running");
    const withMessages = busy.map((state) => state.session.id);
    if (!this.#mirrors && states.length === 0) return 0;
    const sessionIds = this.#mirrors ? undefined : states.map((state) => state.session.id);
    const snapshots = await connection.snapshot({ sessionIds, withMessages, signal });
    for (const snapshot of snapshots) {
      const { id } = snapshot.session;
      const isNew = afterGap && !this.#store.get(id)?.known;
      const changes = this.#store.restore(snapshot, false);
      const session = this.#store.get(id)?.session;
      if (isNew && session !== undefined) this.#fanout.publish([{ type: "session_created", session }]);
      this.#publish(changes, id);
    }
    return snapshots.length;
  }

  #dropped(error: Error): void {
    if (!this.#signal("dropped")) {
      this.#signal("attempt_failed");
      return;
    }
    this.#lastWord.clear();
    this.#store.loseTouch();
    if (this.#run !== undefined) {
      this.#run.opened = Promise.withResolvers();
      this.#run.opened.promise.catch(() => {});
    }
    this.#options.diagnostic({
      level: "warning",
      code: "stream_dropped",
      message: error.message,
      cause: error,
    });
    this.#fanout.publish([{ type: "stream_gap", reason: error.message }]);
  }

  #giveUp(error: Error): void {
    this.#signal("gave_up");
    this.#status = { attempt: this.#status.attempt + 1, lastError: error };
    this.#run?.opened.reject(error);
    this.#options.diagnostic({ level: "error", code: "stream_closed", message: error.message, cause: error });
    this.#stop();
    this.#fanout.end(error);
  }

  #publish(events: Parameters<Fanout["publish"]>[0], sessionId: string | undefined): void {
    this.#fanout.publish(events);
    const state = sessionId === undefined ? undefined : this.#store.get(sessionId);
    if (state !== undefined) this.#lastWord.watch(state);
  }

  #signal(signal: ConnectionSignal): boolean {
    const result = connectionMachine.tryTransition(this.#state, signal);
    this.#state = result.state;
    return result.ok;
  }
}
