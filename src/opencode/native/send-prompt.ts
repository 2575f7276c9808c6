import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";

/** Milliseconds for an answer that comes when the turn is over. Node's fetch gives up on it after 300 s. */
export const WHOLE_TURN_MS = 290_000;

interface SentBody {
  readonly parts: readonly Readonly<Record<string, unknown>>[];
}

/**
 * Sends a prompt; `path` is the session's. One with attachments goes to the route that answers when the turn is over:
 * the quick one says that it has taken what it then can't decode, and nothing more is ever told of such a prompt.
 */
export async function sendPrompt(
  path: string,
  body: SentBody,
  http: Http,
  signal: AbortSignal | undefined,
): Promise<void> {
  const files = body.parts.filter(({ type }) => type === "file");
  if (files.length === 0) {
    await http.send("POST", `${path}/prompt_async`, { body, signal });
    return;
  }
  try {
    await http.send("POST", `${path}/message`, { body, signal, timeout: WHOLE_TURN_MS });
  } catch (cause) {
    throw EngineError.is(cause, "INVALID_REQUEST") ? undecodable(files, cause) : cause;
  }
}

/** The engine itself says nothing but that it refuses. */
function undecodable(files: SentBody["parts"], cause: EngineError): EngineError {
  const names = files.map(({ filename, mime }) => `${filename ?? "an attachment"} (${mime})`).join(", ");
  const message = `OpenCode refuses the attachments of this prompt: ${names}. Of images it can decode PNG, JPEG, GIF, WebP and BMP.`;
  const { engine, sessionId, status } = cause;
  return new EngineError("INVALID_REQUEST", message, { engine, sessionId, status, cause });
}
