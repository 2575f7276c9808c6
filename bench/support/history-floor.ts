import type { DatabaseSync } from "node:sqlite";

const ALL = -1;

/** The least that anybody must do who wants these rows: SQL, and JSON.parse of the columns that hold JSON. */
export function createFloor(db: DatabaseSync) {
  const sessions = db.prepare(
    `SELECT id, title, directory, parent_id, time_created, time_updated, model, time_archived FROM session
     ORDER BY time_updated DESC, id LIMIT ?`,
  );
  const messages = db.prepare(
    "SELECT id, session_id, time_created, data FROM message WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?",
  );
  const allParts = db.prepare("SELECT id, message_id, data FROM part WHERE session_id = ?");
  const parts = db.prepare("SELECT id, message_id, data FROM part WHERE message_id = ?");
  const parsed = (rows: readonly Record<string, unknown>[], column: string) =>
    rows.map((row) => JSON.parse(String(row[column])));

  return {
    sessions: (limit: number) => parsed(sessions.all(limit), "model"),
    /** The newest message of each as well: without it nobody knows how a session rests. */
    restingSessions(limit: number) {
      const rows = sessions.all(limit);
      return [parsed(rows, "model"), rows.map(({ id }) => parsed(messages.all(id ?? null, 1), "data"))];
    },
    messages(sessionId: string, limit = ALL) {
      const rows = messages.all(sessionId, limit);
      const own = limit === ALL ? allParts.all(sessionId) : rows.flatMap(({ id }) => parts.all(id ?? null));
      return [parsed(rows, "data"), parsed(own, "data")];
    },
  };
}
