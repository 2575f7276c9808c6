import type { DatabaseSync } from "node:sqlite";
import { diffOfTurn } from "../../opencode/native/decode-diff.ts";
import { messageDecoder } from "../../opencode/native/read-wire.ts";
import { prepareQuery, type Values } from "./query.ts";
import type { HistoryReader } from "./reader.ts";
import { parseObject, readRow } from "./rows.ts";

/** What a turn changed is noted on its prompt, when it has ended. */
export function diffReader(db: DatabaseSync): Pick<HistoryReader, "diff"> {
  const columns = "SELECT id, session_id, data FROM message WHERE session_id = ?";
  const newest = prepareQuery(db, `${columns} ORDER BY time_created DESC, id DESC LIMIT 1`);
  const one = prepareQuery(db, `${columns} AND id = ?`);
  const infoOf = (row: Values | undefined) => {
    if (row === undefined) return undefined;
    const [id, sessionID, data] = row;
    const read = readRow("message", id, () => {
      const info = { ...parseObject(data), id, sessionID };
      return messageDecoder.parse({ info, parts: [] }).info;
    });
    return read.ok ? read.value : undefined;
  };
  return {
    diff(sessionId, messageId) {
      const [row] = messageId === undefined ? newest(sessionId) : one(sessionId, messageId);
      const info = infoOf(row);
      const prompt = info?.parentID ? infoOf(one(sessionId, info.parentID)[0]) : info;
      return prompt === undefined ? [] : diffOfTurn(prompt);
    },
  };
}
