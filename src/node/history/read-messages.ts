import type { DatabaseSync } from "node:sqlite";
import type { DriverMessage } from "../../engine/driver-events.ts";
import { decodeMessage } from "../../opencode/native/decode.ts";
import { messageDecoder } from "../../opencode/native/read-wire.ts";
import type { TableUse } from "./layout.ts";
import { prepareQuery, type Values } from "./query.ts";
import type { HistoryReader, Row } from "./reader.ts";
import { parseObject, readRow } from "./rows.ts";

export const messageTable: TableUse = {
  table: "message",
  needed: ["id", "session_id", "time_created", "data"],
};
export const partTable: TableUse = { table: "part", needed: ["id", "message_id", "data"] };

const ALL = -1;

export function messageReader(db: DatabaseSync): Pick<HistoryReader, "messages" | "lastWord"> {
  const columns = "SELECT id, session_id, data FROM message";
  const newestFirst = "WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?";
  const newest = prepareQuery(db, `${columns} ${newestFirst}`);
  const one = prepareQuery(db, `${columns} WHERE id = ?`);
  // Of one message after the other, which the index gives in order. All with one query are no cheaper: their rows are
  // then in memory together with what is made of them, and the garbage collector copies both.
  const partsOf = prepareQuery(db, "SELECT id, data FROM part WHERE message_id = ? ORDER BY id");
  const withParts = (row: Values) => decodeRow(row, partsOf(String(row[0])));

  return {
    messages: (sessionId, limit = ALL) => newest(sessionId, limit).toReversed().map(withParts),
    lastWord(sessionId) {
      const [row] = newest(sessionId, 1);
      if (row === undefined) return [];
      const bare = decodeRow(row);
      // Most say it themselves, and then their parts, which may be large, need not be read.
      if (bare.ok && saysHowItEnded(bare.value)) return [bare];
      const last = withParts(row);
      if (!last.ok || last.value.stopReason !== undefined) return [last];
      // Without a word of the model the prompt tells: it may be a note of a command that somebody ran.
      const [prompt] = one(last.value.turnId ?? "");
      return prompt === undefined ? [last] : [withParts(prompt), last];
    },
  };
}

/** A message as the engine's routes tell it: they repeat in it what the columns say. */
function decodeRow([id, sessionID, data]: Values, parts: readonly Values[] = []): Row<DriverMessage> {
  return readRow("message", id, () => {
    const info = parseObject(data);
    info.id = id;
    info.sessionID = sessionID;
    const wires = parts.map(([partId, own]) => {
      const wire = parseObject(own);
      wire.id = partId;
      wire.sessionID = sessionID;
      wire.messageID = id;
      return wire;
    });
    return decodeMessage(messageDecoder.parse({ info, parts: wires }));
  });
}

/** Of a message that calls tools the parts say whether one was denied. */
function saysHowItEnded({ role, error, stopReason, completedAt }: DriverMessage): boolean {
  if (role === "user" || error !== undefined || completedAt === undefined) return true;
  return stopReason !== undefined && stopReason !== "tool_calls";
}
