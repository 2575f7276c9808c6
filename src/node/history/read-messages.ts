import type { DatabaseSync } from "node:sqlite";
import type { DriverMessage } from "../../engine/driver-events.ts";
import { decodeMessage } from "../../opencode/native/decode.ts";
import { messageSchema } from "../../opencode/native/schema.ts";
import { columnsOf, type Tables, type TableUse } from "./layout.ts";
import type { HistoryReader, Row } from "./reader.ts";
import { parseObject, readRow } from "./rows.ts";

export const messageTable: TableUse = {
  table: "message",
  needed: ["id", "session_id", "time_created", "data"],
};
export const partTable: TableUse = { table: "part", needed: ["id", "message_id", "data"] };

const ALL = -1;

export function messageReader(
  db: DatabaseSync,
  tables: Tables,
): Pick<HistoryReader, "messages" | "lastWord"> {
  const select = `SELECT ${columnsOf(tables, messageTable)} FROM message`;
  const newest = db.prepare(`${select} WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?`);
  const one = db.prepare(`${select} WHERE id = ?`);
  const parts = db.prepare("SELECT id, data FROM part WHERE message_id = ? ORDER BY id");

  const read = (row: Readonly<Record<string, unknown>>): Row<DriverMessage> => {
    const { id, session_id: sessionID, data } = row;
    const messageID = String(id);
    const own = parts.all(messageID);
    return readRow(`message ${messageID}`, () => {
      // In the file neither repeats what the columns say.
      const info = { ...parseObject(data), id, sessionID };
      const wires = own.map((part) => ({ ...parseObject(part.data), id: part.id, sessionID, messageID }));
      return decodeMessage(messageSchema.parse({ info, parts: wires }));
    });
  };

  return {
    messages: (sessionId, limit = ALL) => newest.all(sessionId, limit).reverse().map(read),
    lastWord(sessionId) {
      const row = newest.get(sessionId, 1);
      if (row === undefined) return [];
      const last = read(row);
      if (!last.ok || saysHowItEnded(last.value)) return [last];
      const prompt = one.get(last.value.turnId ?? "");
      return prompt === undefined ? [last] : [read(prompt), last];
    },
  };
}

/** Without a word of the model the prompt tells: it may be a note of a command that somebody ran. */
function saysHowItEnded({ role, error, stopReason, completedAt }: DriverMessage): boolean {
  return role === "user" || error !== undefined || stopReason !== undefined || completedAt === undefined;
}
