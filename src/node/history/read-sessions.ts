import type { DatabaseSync } from "node:sqlite";
import { decodeSession } from "../../opencode/native/decode.ts";
import { sessionDecoder } from "../../opencode/native/read-wire.ts";
import { columnsOf, type Tables, type TableUse } from "./layout.ts";
import type { HistoryReader } from "./reader.ts";
import { parseJson, readRow } from "./rows.ts";

export const sessionTable: TableUse = {
  table: "session",
  needed: ["id", "title", "directory", "parent_id", "time_created", "time_updated"],
  optional: ["model", "time_archived", "metadata", "revert"],
};

// SQLite takes it as "no limit".
const ALL = -1;

export function sessionReader(
  db: DatabaseSync,
  tables: Tables,
): Pick<HistoryReader, "has" | "sessionIds" | "childIds" | "session"> {
  // Ids alone are sorted: there is no index by time, and a session's row may be large.
  const list = (where: string) =>
    db.prepare(`SELECT id FROM session ${where} ORDER BY time_updated DESC, id LIMIT ?`);
  const all = list("");
  const inDirectory = list("WHERE directory = ?");
  const children = list("WHERE parent_id = ?");
  const exists = db.prepare("SELECT 1 FROM session WHERE id = ?");
  const one = db.prepare(`SELECT ${columnsOf(tables, sessionTable)} FROM session WHERE id = ?`);
  const ids = (rows: readonly Record<string, unknown>[]) => rows.map(({ id }) => String(id));

  return {
    has: (sessionId) => exists.get(sessionId) !== undefined,
    sessionIds: ({ limit = ALL, workingDirectory }) =>
      ids(workingDirectory === undefined ? all.all(limit) : inDirectory.all(workingDirectory, limit)),
    childIds: (sessionId) => ids(children.all(sessionId, ALL)),
    session(sessionId) {
      const row = one.get(sessionId);
      return row && readRow("session", sessionId, () => decodeSession(sessionDecoder.parse(wireOf(row))));
    },
  };
}

/** The row as the engine's routes tell it. */
function wireOf(row: Readonly<Record<string, unknown>>): unknown {
  const { id, title, directory, parent_id, model, metadata, revert } = row;
  const { time_created, time_updated, time_archived } = row;
  return {
    id,
    title,
    directory,
    parentID: parent_id,
    model: model == null ? model : parseJson(model),
    metadata: metadata == null ? metadata : parseJson(metadata),
    revert: revert == null ? revert : parseJson(revert),
    time: { created: time_created, updated: time_updated, archived: time_archived },
  };
}
