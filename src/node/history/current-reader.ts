import type { DatabaseSync } from "node:sqlite";
import { readTables, requireTables, type TableUse } from "./layout.ts";
import { diffReader } from "./read-diffs.ts";
import { messageReader, messageTable, partTable } from "./read-messages.ts";
import { sessionReader, sessionTable } from "./read-sessions.ts";
import type { HistoryReader } from "./reader.ts";
import { unsupported } from "./unreadable.ts";

const todoTable: TableUse = {
  table: "todo",
  needed: ["session_id", "content", "status", "priority", "position"],
};
const needed = [sessionTable, messageTable, partTable];

/**
 * Reads the layout of OpenCode 1.x.
 * @throws EngineError `HISTORY_UNREADABLE` that names what is missing
 */
export function currentReader(path: string, db: DatabaseSync): HistoryReader {
  const tables = readTables(
    db,
    [...needed, todoTable].map(({ table }) => table),
  );
  requireTables(path, tables, needed);
  return {
    layout: "current",
    ...sessionReader(db, tables),
    ...messageReader(db),
    ...diffReader(db),
    files() {
      throw unsupported(
        `${path} holds no versions of files: OpenCode 1.x keeps them in git snapshots beside it. Ask diff() what a turn changed.`,
      );
    },
    todos(sessionId) {
      // Not before somebody asks: who wants the conversations can do without.
      requireTables(path, tables, [todoTable]);
      return db
        .prepare("SELECT content, status, priority FROM todo WHERE session_id = ? ORDER BY position")
        .all(sessionId)
        .map(({ content, status, priority }) => ({
          content: String(content),
          status: String(status),
          priority: String(priority),
        }));
    },
  };
}
