import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { DriverItem, DriverReport, EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { EventStreamStatus } from "../engine/engine-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { EngineEvent } from "../engine/events.ts";
import { EventStream } from "./event-stream.ts";
import type { Caught, EventStreamOwner } from "./event-stream-owner.ts";
import type { Fanout } from "./fanout.ts";
import { Inbox } from "./inbox.ts";
import { LastWord } from "./last-word.ts";
import type { Link } from "./link.ts";
import { Listeners } from "./listeners.ts";
import { Records } from "./records.ts";
import { sessionOf } from "./session-of.ts";
import type { SessionStore } from "./session-store.ts";
import { SmallGaps } from "./small-gaps.ts";

export interface EventHubOptions {
  /** Milliseconds that the stream stays open after its last user left. */
  readonly idleTimeout: number;
  /** Milliseconds after which `ready()` gives up. */
  readonly connectTimeout: number;
  /** Milliseconds that the engine may be out of reach before it is given up. */
  readonly reconnectTimeout: number;
  readonly diagnostic: DiagnosticHandler;
}

/** Milliseconds that one attempt to open the stream may take, whatever a driver does. */
const ATTEMPT_MS = 30_000;

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
  readonly #inbox = new Inbox((item) => this.#fold(item));
  readonly #records: Records;
  readonly #gaps: SmallGaps;
  readonly #lastWord = new LastWord((sessionId, final) => this.#reread(sessionId, final));
  readonly #statusListeners = new Listeners<() => void>();
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
    const publish = this.#publish.bind(this);
    this.#records = new Records({ link, store, inbox: this.#inbox, publish });
    const { diagnostic } = options;
    this.#gaps = new SmallGaps({ link, store, fanout, records: this.#records, diagnostic });
    const owner: EventStreamOwner = {
      take: (item) => this.#inbox.take(item),
      catchUp: (connection, signal, afterGap) => this.#catchUp(connection, signal, afterGap),
      onResynced: (caught) => fanout.publish([{ type: "stream_resynced", ...caught }]),
      onEnded: () => this.#inbox.break(),
      onDropped: (error) => this.#dropped(error),
      onGivenUp: (error) => this.#givenUp(error),
      onStatus: () => this.#statusListeners.tell((listener) => listener()),
    };
    const { reconnectTimeout: patience } = options;
    this.#stream = new EventStream(link, owner, { patience, attemptTimeout: ATTEMPT_MS });
  }

  get status(): EventStreamStatus {
    return this.#stream.status;
  }

  /** What a connection says of itself. */
  get vitals(): Omit<DriverReport, "diagnostic"> {
    return this.#stream.vitals;
  }

  /** Aborts when the client is disposed. */
  get life(): AbortSignal {
    return this.#link.signal;
  }

  /** Calls the listener whenever `status` is another. It must not throw. */
  onStatus(listener: () => void): () => void {
    return this.#statusListeners.add(listener);
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
      // The stream was open for others already: what the mirror lacks is read now. After a drop it is read anyway.
      while (!this.#isWhole) {
        await this.#link.use(signal, (connection, scope) => this.#readAll(connection, scope, false));
        await this.ready(signal);
      }
    } catch (error) {
      this.#mirrors -= 1;
      release();
      throw error;
    }
  }

  /**
   * Resolves when whatever the engine says from now on will be seen.
   * @throws EngineError why the engine can't be listened to; `TIMEOUT` after `timeout` ms (the client's `connectTimeout`)
   */
  ready(signal: AbortSignal | undefined, timeout = this.#options.connectTimeout): Promise<void> {
    return this.#stream.ready(timeout, signal);
  }

  /**
   * Reads a session that nobody has told of yet, so that what follows can be told from what was before.
   * @throws EngineError `SESSION_NOT_FOUND`, and as `ready()`
   */
  async meet(sessionId: string, signal: AbortSignal, timeout?: number): Promise<void> {
    await this.ready(signal, timeout);
    while (!this.#store.isKnown(sessionId)) {
      const told = await this.#records.read(sessionId, false, signal).catch((error: unknown) => {
        // It failed because the wire dropped: it is read when that is back.
        if (this.status.state === "reconnecting" && !signal.aborted) return "old" as const;
        throw error;
      });
      if (told === "gone")
        throw new EngineError("SESSION_NOT_FOUND", `There is no session ${sessionId}.`, { sessionId });
      // It dropped meanwhile: what was read may be old.
      if (told === "old") await this.ready(signal, timeout);
    }
  }

  /** Takes in what the package knows before the engine says it. A call that learns something after the end is late. */
  apply(event: DriverEvent): void {
    if (!this.life.aborted) this.#inbox.take({ event });
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
    this.#inbox.break();
    this.#store.clear();
  }

  #fold(item: DriverItem): void {
    const { event, origin } = item;
    this.#stream.passed(item);
    if (event.type === "gap") return void this.#gaps.close(event);
    if (event.type === "listening") return void this.#gaps.closeBeginning();
    const events = this.#store.apply(event);
    const marked = origin === undefined ? events : events.map((one) => ({ ...one, origin }));
    this.#publish(marked, sessionOf(event));
  }

  /** Throws when nothing was learned. */
  async #reread(sessionId: string, final: boolean): Promise<void> {
    const told = await this.#records.read(sessionId, final, undefined);
    if (told === "gone") this.apply({ type: "session_deleted", sessionId });
    if (told === "old") throw new EngineError("ENGINE_UNAVAILABLE", "The event stream dropped meanwhile.");
  }

  async #catchUp(connection: EngineConnection, signal: AbortSignal, afterGap: boolean): Promise<Caught> {
    if (afterGap) this.#store.loseTouch();
    return this.#readAll(connection, signal, afterGap);
  }

  async #readAll(connection: EngineConnection, signal: AbortSignal, afterGap: boolean): Promise<Caught> {
    const all = this.#mirrors > 0;
    const extent = all ? "all" : "known";
    const caught = await this.#records.readAll(connection, signal, { extent, afterGap });
    if (caught !== undefined) this.#isWhole ||= all;
    return caught ?? { sessions: 0, missed: 0 };
  }

  #dropped(cause: Error): void {
    const { message } = cause;
    this.#lastWord.clear();
    this.#isWhole = false;
    this.#options.diagnostic({ level: "warning", code: "stream_dropped", message, cause });
    this.#fanout.publish([{ type: "stream_gap", reason: message }]);
  }

  #givenUp(cause: Error): void {
    const { message } = cause;
    // Before what was seen of their turns is forgotten.
    this.#fanout.end(cause);
    this.#forget();
    this.#options.diagnostic({ level: "error", code: "stream_closed", message, cause });
  }

  #publish(events: readonly EngineEvent[], sessionId: string | undefined): void {
    this.#fanout.publish(events);
    const state = sessionId === undefined ? undefined : this.#store.get(sessionId);
    if (state !== undefined) this.#lastWord.watch(state);
  }
}
