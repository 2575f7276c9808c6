import type { DatabaseSync } from "node:sqlite";
import type { DriverMessage } from "../../engine/driver-events.ts";
import { decodeMessage } from "../../opencode/native/decode.ts";
import { messageDecoder } from "../../opencode/native/read-wire.ts";
import { columnsOf, type Tables, type TableUse } from "./layout.ts";
import type { HistoryReader, Row } from "./reader.ts";
import { parseObject, readRow } from "./rows.ts";

export const messageTable: TableUse = {
  table: "message",
  needed: ["id", "session_id", "time_created", "data"],
};
export const partTable: TableUse = { table: "part", needed: ["id", "message_id", "data"] };

type Columns = Readonly<Record<string, unknown>>;

const ALL = -1;

export function messageReader(
  db: DatabaseSync,
  tables: Tables,
): Pick<HistoryReader, "messages" | "lastWord"> {
  const select = `SELECT ${columnsOf(tables, messageTable)} FROM message`;
  const newestFirst = "WHERE session_id = ? ORDER BY time_created DESC, id DESC LIMIT ?";
  const newest = db.prepare(`${select} ${newestFirst}`);
  const one = db.prepare(`${select} WHERE id = ?`);
  const partsOfOne = db.prepare("SELECT id, message_id, data FROM part WHERE message_id = ?");
  // One query for all: asked for one message after the other, they cost twice as much.
  const partsOfNewest = db.prepare(
    `SELECT part.id, part.message_id, part.data FROM (SELECT id FROM message ${newestFirst}) AS newest
     JOIN part ON part.message_id = newest.id`,
  );

  const withParts = (row: Columns) => decodeRow(row, inOrder(partsOfOne.all(String(row.id))));

  return {
    messages(sessionId, limit = ALL) {
      const own = byMessage(partsOfNewest.all(sessionId, limit));
      return newest
        .all(sessionId, limit)
        .reverse()
        .map((row) => decodeRow(row, inOrder(own.get(row.id))));
    },
    lastWord(sessionId) {
      const row = newest.get(sessionId, 1);
      if (row === undefined) return [];
      const bare = decodeRow(row);
      // Most say it themselves, and then their parts, which may be large, need not be read.
      if (bare.ok && saysHowItEnded(bare.value)) return [bare];
      const last = withParts(row);
      if (!last.ok || last.value.stopReason !== undefined) return [last];
      // Without a word of the model the prompt tells: it may be a note of a command that somebody ran.
      const prompt = one.get(last.value.turnId ?? "");
      return prompt === undefined ? [last] : [withParts(prompt), last];
    },
  };
}

/** A message of the engine's routes, which repeat in it what the columns say. */
function decodeRow(
  { id, session_id: sessionID, data }: Columns,
  parts: readonly Columns[] = [],
): Row<DriverMessage> {
  return readRow("message", id, () => {
    const info = Object.assign(parseObject(data), { id, sessionID });
    const wires = parts.map((part) =>
      Object.assign(parseObject(part.data), { id: part.id, sessionID, messageID: id }),
    );
    return decodeMessage(messageDecoder.parse({ info, parts: wires }));
  });
}

/** Of a message that calls tools the parts say whether one was denied. */
function saysHowItEnded({ role, error, stopReason, completedAt }: DriverMessage): boolean {
  if (role === "user" || error !== undefined || completedAt === undefined) return true;
  return stopReason !== undefined && stopReason !== "tool_calls";
}

function byMessage(parts: readonly Columns[]): ReadonlyMap<unknown, Columns[]> {
  const groups = new Map<unknown, Columns[]>();
  for (const part of parts) {
    const group = groups.get(part.message_id);
    if (group === undefined) groups.set(part.message_id, [part]);
    else group.push(part);
  }
  return groups;
}

/** Parts stand in the order of their ids. The index gives them so; nothing promises it. */
function inOrder(parts: readonly Columns[] = []): readonly Columns[] {
  const sorted = parts.every(({ id }, index) => index === 0 || String(parts[index - 1]?.id) <= String(id));
  return sorted ? parts : parts.toSorted((a, b) => (String(a.id) < String(b.id) ? -1 : 1));
}
