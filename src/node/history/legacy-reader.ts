import type { DatabaseSync } from "node:sqlite";
import type { DriverSession } from "../../engine/driver-events.ts";
import { columnsOf, readTables, requireTables, type TableUse } from "./layout.ts";
import { readLegacyFiles } from "./legacy-files.ts";
import { decodeLegacyMessages, toMs } from "./legacy-messages.ts";
import type { HistoryReader } from "./reader.ts";
import { readRow } from "./rows.ts";
import { unsupported } from "./unreadable.ts";

const sessionsTable: TableUse = {
  table: "sessions",
  needed: ["id", "title", "created_at", "updated_at"],
  optional: ["parent_session_id"],
};
const messagesTable: TableUse = {
  table: "messages",
  needed: ["id", "session_id", "role", "parts", "created_at"],
  optional: ["model", "finished_at"],
};
const filesTable: TableUse = {
  table: "files",
  needed: ["session_id", "path", "content", "version"],
  optional: ["created_at"],
};
const tablesUsed = [sessionsTable, messagesTable];

const ALL = -1;
/** So many rows hold the last answer with the results of its tools. */
const LAST_ROWS = 8;

export function hasLegacyLayout(db: DatabaseSync): boolean {
  return readTables(db, ["sessions", "messages"]).size === 2;
}

/**
 * Reads the layout of the first OpenCode (the Go program), and of what descends from it. It knows neither directories
 * nor todos.
 *
 * @throws EngineError `HISTORY_UNREADABLE` that names what is missing
 */
export function legacyReader(path: string, db: DatabaseSync): HistoryReader {
  const tables = readTables(
    db,
    [...tablesUsed, filesTable].map(({ table }) => table),
  );
  requireTables(path, tables, tablesUsed);
  const knowsParents = tables.get("sessions")?.has("parent_session_id") === true;
  // Older rows have seconds, later ones milliseconds: both sort as they should.
  const newestFirst = "ORDER BY updated_at DESC, id LIMIT ?";
  const all = db.prepare(`SELECT id FROM sessions ${newestFirst}`);
  const children = knowsParents
    ? db.prepare(`SELECT id FROM sessions WHERE parent_session_id = ? ${newestFirst}`)
    : undefined;
  const one = db.prepare(`SELECT ${columnsOf(tables, sessionsTable)} FROM sessions WHERE id = ?`);
  // Several messages may be of one second; they were stored in their order.
  const newest = db.prepare(
    `SELECT ${columnsOf(tables, messagesTable)} FROM messages WHERE session_id = ? ORDER BY created_at DESC, rowid DESC LIMIT ?`,
  );
  const messages = (sessionId: string, rows: number) =>
    decodeLegacyMessages(newest.all(sessionId, rows).reverse());

  const exists = db.prepare("SELECT 1 FROM sessions WHERE id = ?");

  return {
    layout: "legacy",
    has: (sessionId) => exists.get(sessionId) !== undefined,
    sessionIds: ({ limit = ALL, workingDirectory }) =>
      workingDirectory === undefined ? all.all(limit).map(({ id }) => String(id)) : [],
    childIds: (sessionId) => children?.all(sessionId, ALL).map(({ id }) => String(id)) ?? [],
    session(sessionId) {
      const row = one.get(sessionId);
      return row && readRow("session", sessionId, () => decodeSession(row));
    },
    // Rows are no messages here: the results of tools have rows of their own.
    messages: (sessionId, limit) => newestOf(messages(sessionId, ALL), limit),
    lastWord: (sessionId) => messages(sessionId, LAST_ROWS).slice(-1),
    todos: () => [],
    diff() {
      throw unsupported(
        `${path} holds no diffs: the first OpenCode keeps whole versions. Ask files() for them.`,
      );
    },
    files(sessionId) {
      // Not before somebody asks: who wants the conversations can do without.
      requireTables(path, tables, [filesTable]);
      return readLegacyFiles(db, columnsOf(tables, filesTable), sessionId);
    },
  };
}

function decodeSession(row: Readonly<Record<string, unknown>>): DriverSession {
  const { id, title, created_at, updated_at, parent_session_id } = row;
  return {
    id: String(id),
    title: String(title),
    createdAt: toMs(created_at),
    updatedAt: toMs(updated_at),
    ...(parent_session_id ? { parentId: String(parent_session_id) } : {}),
  };
}

function newestOf<T>(list: readonly T[], limit: number | undefined): readonly T[] {
  return limit === undefined ? list : list.slice(Math.max(0, list.length - limit));
}
