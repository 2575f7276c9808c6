import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { messageDecoder } from "./read-wire.ts";
import type { WireMessage } from "./schema/message.ts";
import type { NativeSessions } from "./sessions.ts";

/**
 * A message that something is to be done with: of one that the session does not have the engine says nothing.
 * @throws EngineError `INVALID_REQUEST` with `purpose` in its sentence, and `SESSION_NOT_FOUND`
 */
export async function requireMessage(
  sessionId: string,
  messageId: string,
  purpose: string,
  http: Http,
  sessions: NativeSessions,
  signal: AbortSignal | undefined,
): Promise<WireMessage> {
  await sessions.get(sessionId, signal);
  const missing = () => {
    const message = `Session ${sessionId} has no message ${JSON.stringify(messageId)} ${purpose}.`;
    return new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
  };
  // The engine refuses such a name without saying why.
  if (!messageId.startsWith("msg")) throw missing();
  const path = `${sessions.path(sessionId)}/message/${encodeURIComponent(messageId)}`;
  try {
    return (await http.json("GET", path, messageDecoder, { signal })).value;
  } catch (error) {
    // It says "not found" of the message in the words that it has for sessions.
    throw EngineError.is(error, "SESSION_NOT_FOUND") ? missing() : error;
  }
}
