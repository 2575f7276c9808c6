import type { DriverSession } from "../../engine/driver-events.ts";
import type { DriverCall } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { decodeSession } from "./decode.ts";
import { sessionDecoder } from "./read-wire.ts";
import { requireMessage } from "./require-message.ts";
import type { NativeSessions } from "./sessions.ts";

/** Takes back the turn of a message and all after it, or what came from one of its parts on. */
export async function revertSession(
  sessionId: string,
  http: Http,
  sessions: NativeSessions,
  {
    messageId,
    partId,
    signal,
  }: DriverCall & { readonly messageId: string; readonly partId?: string | undefined },
): Promise<DriverSession> {
  // What it does not find the engine passes over, and says that all is well.
  const { info, parts } = await requireMessage(sessionId, messageId, "to take back", http, sessions, signal);
  if (partId !== undefined && !parts.some(({ id }) => id === partId)) {
    const message = `Message ${messageId} of session ${sessionId} has no part ${JSON.stringify(partId)} to take back.`;
    throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
  }
  const revert = async (body: { readonly messageID: string; readonly partID?: string }) => {
    const path = `${sessions.path(sessionId)}/revert`;
    return (await http.json("POST", path, sessionDecoder, { body, signal })).value;
  };
  // Of an answer it would take back the whole turn, but restore only the files that this answer changed.
  if (partId === undefined) return decodeSession(await revert({ messageID: info.parentID ?? info.id }));
  const wire = await revert({ messageID: messageId, partID: partId });
  // So it does as well with a part that nothing stands before.
  if (!wire.revert || wire.revert.partID) return decodeSession(wire);
  return decodeSession(await revert({ messageID: wire.revert.messageID }));
}

export async function unrevertSession(
  sessionId: string,
  http: Http,
  sessions: NativeSessions,
  { signal }: DriverCall,
): Promise<DriverSession> {
  const path = `${sessions.path(sessionId)}/unrevert`;
  return decodeSession((await http.json("POST", path, sessionDecoder, { signal })).value);
}
