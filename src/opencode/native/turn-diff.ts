import type { DriverCall } from "../../engine/driver-requests.ts";
import type { FileDiff } from "../../engine/message.ts";
import type { Http } from "../../http.ts";
import { decodeFileDiff } from "./decode-diff.ts";
import { messageDecoder, messagesDecoder } from "./read-wire.ts";
import { fileDiffsSchema } from "./schema/diff.ts";

/** What a turn changed: that of a message, else the newest. `path`: the session's. */
export async function readTurnDiff(
  path: string,
  http: Http,
  { signal, messageId }: DriverCall & { readonly messageId?: string | undefined },
): Promise<readonly FileDiff[]> {
  const messageID = await turnOf(`${path}/message`, messageId, http, signal);
  if (messageID === undefined) return [];
  const { value } = await http.json("GET", `${path}/diff`, fileDiffsSchema, { query: { messageID }, signal });
  return value.map(decodeFileDiff);
}

async function turnOf(
  path: string,
  messageId: string | undefined,
  http: Http,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (messageId === undefined) {
    const { value } = await http.json("GET", path, messagesDecoder, { query: { limit: 1 }, signal });
    const info = value.at(-1)?.info;
    return info?.parentID ?? info?.id;
  }
  const one = `${path}/${encodeURIComponent(messageId)}`;
  const { info } = (await http.json("GET", one, messageDecoder, { signal })).value;
  return info.parentID ?? info.id;
}
