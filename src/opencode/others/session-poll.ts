import type { DriverItem, DriverReport, EngineConnection } from "../../engine/driver.ts";
import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver-requests.ts";
import { reasonOf } from "../../engine/errors.ts";
import { sessionOf } from "../../hub/session-of.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { Lookout } from "./lookout.ts";

export interface SessionPollOptions {
  readonly connection: EngineConnection;
  readonly elsewhere: Elsewhere;
  readonly report: DriverReport;
  /** Milliseconds between two questions. */
  readonly every: number;
  /** Also asks for the list of all sessions, and not only for those that another process runs as far as is known. */
  readonly isListing: boolean;
  /** Unix milliseconds: what was changed later is news. Default: what is not in the first list. */
  readonly since?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * For engines whose storage can't be read, because it is on another machine: asks again and again. What changed in the
 * sessions, and the engine did not tell of, another process did.
 */
export class SessionPoll implements Lookout {
  readonly #options: SessionPollOptions;
  /** When each session was changed, as far as it was told, heard or read. */
  readonly #known = new Map<string, number>();
  /** What was heard while the list was read, and may not be in it. */
  #heard = new Set<string>();
  #news: DriverItem[] = [];
  #next: number;
  #isAsking = false;
  /** A whole list was read: what is not in it is new. */
  #hasList = false;

  constructor(options: SessionPollOptions) {
    this.#options = options;
    this.#hasList = options.since !== undefined;
    this.#next = performance.now() + options.every;
  }

  hear(item: DriverItem): readonly DriverItem[] {
    const sessionId = sessionOf(item.event);
    if (sessionId !== undefined) this.#heard.add(sessionId);
    if (item.event.type === "session_created" || item.event.type === "session_updated")
      this.#known.set(item.event.session.id, item.event.session.updatedAt);
    return this.#options.elsewhere.tell(item, Date.now(), () => undefined);
  }

  /** What the client reads is no news. */
  reading({ sessionIds }: SnapshotRequest): (read: readonly SessionSnapshot[] | undefined) => void {
    return (read) => read && this.#saw(read, sessionIds === undefined);
  }

  /** What was found since the last call. */
  look(): readonly DriverItem[] {
    if (!this.#isAsking && performance.now() >= this.#next) void this.#ask();
    const news = [...this.#news, ...this.#options.elsewhere.due(Date.now())];
    this.#news = [];
    return news;
  }

  async #ask(): Promise<void> {
    const { connection, elsewhere, isListing, signal, report, every } = this.#options;
    this.#isAsking = true;
    try {
      this.#heard = new Set();
      const listed = isListing ? await this.#changed() : [];
      const sessionIds = [...new Set([...elsewhere.running(), ...listed])];
      if (sessionIds.length === 0) return;
      const read = await connection.snapshot({ sessionIds, withMessages: sessionIds, signal });
      for (const snapshot of read) this.#take(snapshot);
    } catch (error) {
      if (signal.aborted) return;
      const message = `The sessions of other processes could not be read again: ${reasonOf(error)}`;
      report.diagnostic({ level: "warning", code: "sessions_not_polled", message, cause: error });
    } finally {
      this.#isAsking = false;
      this.#next = performance.now() + every;
    }
  }

  /** Sessions in which something is new. */
  async #changed(): Promise<readonly string[]> {
    const { connection, signal } = this.#options;
    const listed = await connection.snapshot({ withMessages: [], newestOnly: true, signal });
    const changed = listed.filter(({ session }) => this.#isNews(session.id, session.updatedAt));
    const hadList = this.#hasList;
    this.#saw(listed, true);
    return hadList ? changed.map(({ session }) => session.id) : [];
  }

  #saw(snapshots: readonly SessionSnapshot[], isList: boolean): void {
    this.#hasList ||= isList;
    for (const { session } of snapshots) this.#known.set(session.id, session.updatedAt);
  }

  #isNews(sessionId: string, updatedAt: number): boolean {
    const { since = -1 } = this.#options;
    return !this.#heard.has(sessionId) && (this.#known.get(sessionId) ?? since) < updatedAt;
  }

  /** Tells a session, and the newest turn in it. */
  #take({ session, running, messages = [] }: SessionSnapshot): void {
    // The engine itself is at work on it, and tells of it.
    if (running || this.#heard.has(session.id)) return;
    const turnId = messages.at(-1)?.turnId;
    const events = [
      { type: "session_created", session } as const,
      ...messages
        .filter((message) => message.turnId === turnId)
        .map((message) => ({ type: "message_updated", message }) as const),
    ];
    const now = Date.now();
    for (const event of events)
      this.#news.push(...this.#options.elsewhere.tell({ event, origin: "storage" }, now, () => undefined));
  }
}
