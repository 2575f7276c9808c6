import type { DriverReport } from "../../engine/driver.ts";
import type { DriverMessage } from "../../engine/driver-events.ts";
import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { decodeMessage } from "./decode.ts";
import { lacksRoute } from "./errors.ts";
import { messagesDecoder, sessionDecoder, sessionsDecoder } from "./read-wire.ts";
import { statusesSchema, type WireSession, type WireStatus } from "./schema/session.ts";

const PAGE = 500;
/** How many sessions are looked at for news. */
const NEWEST = 100;
const NO_LIMIT = 1_000_000;
/** How many messages are read to catch up with a turn. */
const RECENT_MESSAGES = 50;

/** Reads sessions, and remembers in which directory each lives: some routes answer for one directory only. */
export class NativeSessions {
  readonly #http: Http;
  readonly #report: DriverReport;
  /** Where this client works unless told otherwise; `undefined`: where the server was started. */
  readonly defaultDirectory: string | undefined;
  readonly #directoryOf = new Map<string, string>();

  constructor(http: Http, report: DriverReport, defaultDirectory: string | undefined) {
    this.#http = http;
    this.#report = report;
    this.defaultDirectory = defaultDirectory;
  }

  readonly saw = (sessionId: string, directory: string | undefined): void => {
    if (directory !== undefined) this.#directoryOf.set(sessionId, directory);
  };

  /** The directories in which something was seen to happen, and the one where this client works. */
  directories(): readonly (string | undefined)[] {
    return [...new Set([this.defaultDirectory, ...this.#directoryOf.values()])];
  }

  /** @throws EngineError `SESSION_NOT_FOUND` for an id that can't be one: the engine would answer 500 */
  path(sessionId: string): string {
    if (sessionId.startsWith("ses")) return `/session/${encodeURIComponent(sessionId)}`;
    throw new EngineError(
      "SESSION_NOT_FOUND",
      `There is no session ${JSON.stringify(sessionId)}: OpenCode's session ids begin with "ses".`,
      { engine: "opencode", sessionId },
    );
  }

  async get(sessionId: string, signal: AbortSignal | undefined): Promise<WireSession> {
    const { value } = await this.#http.json("GET", this.path(sessionId), sessionDecoder, { signal });
    this.saw(value.id, value.directory ?? undefined);
    return value;
  }

  knownDirectoryOf(sessionId: string): string | undefined {
    return this.#directoryOf.get(sessionId);
  }

  async directoryOf(sessionId: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    return this.#directoryOf.get(sessionId) ?? (await this.get(sessionId, signal)).directory ?? undefined;
  }

  /** All sessions of the engine, page by page; those of one directory where the release knows no more. */
  async list(signal: AbortSignal | undefined): Promise<readonly WireSession[]> {
    const found = new Map<string, WireSession>();
    let cursor: string | undefined;
    do {
      const page = await this.page({ archived: true }, PAGE, cursor, signal);
      if (page === undefined) return this.listDirectory(undefined, signal);
      for (const session of page.sessions) found.set(session.id, session);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return [...found.values()];
  }

  /** Of one page; those of one directory where the release knows no more. */
  async newest(signal: AbortSignal | undefined): Promise<readonly WireSession[]> {
    const page = await this.page({ archived: true }, NEWEST, undefined, signal);
    return page?.sessions ?? this.listDirectory(undefined, signal);
  }

  async newestMessageId(sessionId: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    const path = `${this.path(sessionId)}/message`;
    const { value } = await this.#http.json("GET", path, messagesDecoder, { query: { limit: 1 }, signal });
    return value.at(-1)?.info.id;
  }

  /** The newest first. `undefined`: the release has no pages. */
  async page(
    filter: Readonly<Record<string, string | boolean | undefined>>,
    limit: number,
    after: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly sessions: readonly WireSession[]; readonly cursor: string | undefined } | undefined> {
    const { before, given } = readCursor(after);
    try {
      const query = { ...filter, limit: limit + given.length, cursor: before };
      const { value, headers } = await this.#http.json("GET", "/experimental/session", sessionsDecoder, {
        query,
        signal,
      });
      const isGiven = new Set(given);
      const sessions = value.filter(({ id }) => !isGiven.has(id));
      const next = headers.get("x-next-cursor") === null ? undefined : writeCursor(value, given);
      // A page that brings nothing new would come again for ever.
      return { sessions, cursor: sessions.length === 0 || next === after ? undefined : next };
    } catch (error) {
      if (lacksRoute(error)) return undefined;
      throw error;
    }
  }

  /** All sessions of a directory; without one, of that where this client works. */
  async listDirectory(
    directory: string | undefined = this.defaultDirectory,
    signal?: AbortSignal | undefined,
  ): Promise<readonly WireSession[]> {
    // Without a limit current releases give a hundred; below zero 1.1.65 gives one.
    const query = { directory, limit: NO_LIMIT };
    return (await this.#http.json("GET", "/session", sessionsDecoder, { query, signal })).value;
  }

  /** The sessions that run in a directory, or wait to ask their model again. Asking makes the engine load it. */
  async statuses(
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly (readonly [sessionId: string, status: WireStatus])[]> {
    try {
      const query = { directory };
      const { value } = await this.#http.json("GET", "/session/status", statusesSchema, { query, signal });
      return Object.entries(value).filter(([, { type }]) => type !== "idle");
    } catch (error) {
      // A directory with a broken configuration answers 400 to everything; the others are well.
      if (!EngineError.is(error, "CONFIG_INVALID")) throw error;
      this.#report.diagnostic({
        level: "warning",
        code: "directory_unreadable",
        message: error.message,
        cause: error,
      });
      return [];
    }
  }

  /** The newest messages, oldest first; `undefined` if the session is gone, or the engine can't read them itself. */
  async recentMessages(
    sessionId: string,
    signal: AbortSignal,
    limit: number = RECENT_MESSAGES,
  ): Promise<readonly DriverMessage[] | undefined> {
    try {
      const path = `${this.path(sessionId)}/message`;
      const query = { limit };
      return (await this.#http.json("GET", path, messagesDecoder, { query, signal })).value.map(
        decodeMessage,
      );
    } catch (error) {
      if (EngineError.is(error, "SESSION_NOT_FOUND")) return undefined;
      // So it is for good once a prompt has asked for a format. The other sessions are well, and so is this one's stream.
      const isUnreadable = EngineError.is(error, "INVALID_REQUEST") || lacksRoute(error);
      if (!EngineError.is(error) || !isUnreadable) throw error;
      const message = `The messages of session ${sessionId} can't be read: ${error.message}`;
      this.#report.diagnostic({ level: "warning", code: "session_unreadable", message, cause: error });
      return undefined;
    }
  }
}

/*
 * The engine's cursor is a time, and what was changed in that very millisecond is on neither side of it. So that time is
 * asked for again with the next page, and who was given of it is left out.
 */

function readCursor(cursor: string | undefined): { before: number | undefined; given: readonly string[] } {
  if (cursor === undefined) return { before: undefined, given: [] };
  const [time, ...given] = cursor.split(" ");
  return { before: Number(time) + 1, given };
}

function writeCursor(page: readonly WireSession[], given: readonly string[]): string | undefined {
  const last = page.at(-1)?.time.updated;
  if (last === undefined) return undefined;
  const ids = page.filter(({ time }) => time.updated === last).map(({ id }) => id);
  const before = page[0]?.time.updated === last ? given : [];
  return [String(last), ...new Set([...before, ...ids])].join(" ");
}
