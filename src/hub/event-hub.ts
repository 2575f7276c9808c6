import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { EventStreamStatus } from "../engine/managed-engine-client.ts";
import { EventStream, type EventStreamOwner } from "./event-stream.ts";
import type { Fanout } from "./fanout.ts";
import { LastWord } from "./last-word.ts";
import type { Link } from "./link.ts";
import { readTruth } from "./resync.ts";
import type { SessionStore } from "./session-store.ts";

export interface EventHubOptions {
  /** Milliseconds that the stream stays open after its last user left. */
  readonly idleTimeout: number;
  /** Milliseconds after which `ready()` gives up. */
  readonly connectTimeout: number;
  /** Milliseconds of waiting between attempts after which reconnecting is given up. */
  readonly reconnectTimeout: number;
  readonly diagnostic: DiagnosticHandler;
}

/**
 * One stream of the engine's events for any number of users: opened for the first, closed after the last. Whatever
 * comes in is folded into the store once and told to the fan-out.
 */
export class EventHub {
  readonly #link: Link;
  readonly #store: SessionStore;
  readonly #fanout: Fanout;
  readonly #options: EventHubOptions;
  readonly #stream: EventStream;
  readonly #lastWord: LastWord;
  #users = 0;
  /** How many want every session, not just those that are in use. */
  #mirrors = 0;
  /** The store holds every session. */
  #isWhole = false;
  #closing: ReturnType<typeof setTimeout> | undefined;

  constructor(link: Link, store: SessionStore, fanout: Fanout, options: EventHubOptions) {
    this.#link = link;
    this.#store = store;
    this.#fanout = fanout;
    this.#options = options;
    const owner: EventStreamOwner = {
      take: (event) => this.apply(event),
      catchUp: (connection, signal, afterGap) => this.#resync(connection, signal, afterGap),
      onResynced: (sessions) => fanout.publish([{ type: "stream_resynced", sessions }]),
      onDropped: (error) => this.#dropped(error),
      onGivenUp: (error) => this.#givenUp(error),
    };
    this.#stream = new EventStream(link, owner, options.reconnectTimeout);
    this.#lastWord = new LastWord(async (sessionId, final) => {
      const snapshot = await this.#read(sessionId, undefined);
      if (snapshot === undefined) this.apply({ type: "session_deleted", sessionId });
      else this.#publish(store.restore(snapshot, final), sessionId);
    });
  }

  get status(): EventStreamStatus {
    return this.#stream.status;
  }

  /** Aborts when the client is disposed. */
  get life(): AbortSignal {
    return this.#link.signal;
  }

  /** Keeps the stream open (and opens it) until the returned function is called. */
  retain(): () => void {
    this.#users += 1;
    clearTimeout(this.#closing);
    this.#stream.open();
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#users -= 1;
      if (this.#users > 0 || !this.#stream.isRunning) return;
      const { idleTimeout } = this.#options;
      if (idleTimeout === 0) this.#release();
      else this.#closing = setTimeout(() => this.#release(), idleTimeout);
    };
  }

  /** Keeps the mirror of every session of the engine, for good. Resolves when it holds them. */
  async mirror(signal: AbortSignal | undefined): Promise<void> {
    this.#mirrors += 1;
    const release = this.retain();
    try {
      await this.ready(signal);
      // The stream was open for others already: what the mirror lacks is read now.
      if (!this.#isWhole)
        await this.#link.use(signal, (connection, scope) => this.#resync(connection, scope, false));
    } catch (error) {
      this.#mirrors -= 1;
      release();
      throw error;
    }
  }

  /**
   * Resolves when whatever the engine says from now on will be seen.
   * @throws EngineError why the engine can't be listened to; `TIMEOUT` after `connectTimeout`
   */
  ready(signal: AbortSignal | undefined): Promise<void> {
    return this.#stream.ready(this.#options.connectTimeout, signal);
  }

  /**
   * Reads a session that nobody has told of yet, so that what follows can be told from what was before.
   * @throws EngineError `SESSION_NOT_FOUND`, and as `ready()`
   */
  async meet(sessionId: string, signal: AbortSignal): Promise<void> {
    await this.ready(signal);
    if (this.#store.get(sessionId)?.known) return;
    const snapshot = await this.#read(sessionId, signal);
    if (snapshot === undefined)
      throw new EngineError("SESSION_NOT_FOUND", `There is no session ${sessionId}.`, { sessionId });
    this.#publish(this.#store.restore(snapshot, false), sessionId);
  }

  /** Takes in an event of the engine, or what the package knows before the engine says it. */
  apply(event: DriverEvent): void {
    const events = this.#store.apply(event);
    this.#publish(events, "sessionId" in event ? event.sessionId : undefined);
  }

  dispose(): void {
    this.#stream.close("disposed");
    this.#fanout.end();
    this.#forget();
  }

  #release(): void {
    this.#stream.close("released");
    this.#forget();
  }

  /** Nobody listens any more: what is kept would only grow old. */
  #forget(): void {
    clearTimeout(this.#closing);
    this.#lastWord.clear();
    this.#isWhole = false;
    this.#store.clear();
  }

  async #read(sessionId: string, signal: AbortSignal | undefined) {
    const read = { sessionIds: [sessionId], withMessages: [sessionId] };
    const [snapshot] = await this.#link.use(signal, (connection, scope) =>
      connection.snapshot({ ...read, signal: scope }),
    );
    return snapshot;
  }

  /** Reads what may have been missed, and folds it in. Returns how many sessions were read. */
  async #resync(connection: EngineConnection, signal: AbortSignal, afterGap: boolean): Promise<number> {
    const all = this.#mirrors > 0;
    const { snapshots, gone } = await readTruth(connection, this.#store, all, signal);
    for (const snapshot of snapshots) {
      const { id } = snapshot.session;
      const isNew = afterGap && !this.#store.get(id)?.known;
      const changes = this.#store.restore(snapshot, false);
      const session = this.#store.get(id)?.session;
      if (isNew && session !== undefined) this.#fanout.publish([{ type: "session_created", session }]);
      this.#publish(changes, id);
    }
    for (const sessionId of gone) this.apply({ type: "session_deleted", sessionId });
    this.#isWhole ||= all;
    return snapshots.length;
  }

  #dropped(cause: Error): void {
    const { message } = cause;
    this.#lastWord.clear();
    this.#isWhole = false;
    this.#store.loseTouch();
    this.#options.diagnostic({ level: "warning", code: "stream_dropped", message, cause });
    this.#fanout.publish([{ type: "stream_gap", reason: message }]);
  }

  #givenUp(cause: Error): void {
    const { message } = cause;
    this.#options.diagnostic({ level: "error", code: "stream_closed", message, cause });
    // Before what was seen of their turns is forgotten.
    this.#fanout.end(cause);
    this.#forget();
  }

  #publish(events: Parameters<Fanout["publish"]>[0], sessionId: string | undefined): void {
    this.#fanout.publish(events);
    const state = sessionId === undefined ? undefined : this.#store.get(sessionId);
    if (state !== undefined) this.#lastWord.watch(state);
  }
}
