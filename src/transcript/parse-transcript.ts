import { EngineError } from "../engine/errors.ts";
import type { Message } from "../engine/message.ts";
import type { Session } from "../engine/session.ts";
import type { Transcript } from "../engine/transcript.ts";

/**
 * Reads a transcript that was written as JSON. What is in the session and in the messages is not checked any further.
 * @throws EngineError `INVALID_REQUEST` for what is no such transcript, or one of a later version
 */
export function parseTranscript(json: string): Transcript {
  const value = parse(json);
  if (!isRecord(value) || value.version === undefined) throw notOne("it has no version");
  if (value.version !== 1)
    throw notOne(`its version is ${JSON.stringify(value.version)}, and only 1 is known`);
  const { version, session, messages } = value;
  if (!isSession(session)) throw notOne("it has no session");
  if (!Array.isArray(messages)) throw notOne("it has no list of messages");
  const broken = messages.findIndex((message) => !isMessage(message));
  if (broken >= 0) throw notOne(`message ${broken + 1} is none`);
  return { version, session, messages };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (cause) {
    throw notOne("it is no JSON", cause);
  }
}

function notOne(why: string, cause?: unknown): EngineError {
  const message = `This is not a transcript that can be read: ${why}. Write one with exportTranscript(session, "json").`;
  return new EngineError("INVALID_REQUEST", message, { cause });
}

function isSession(value: unknown): value is Session {
  return isRecord(value) && typeof value.id === "string" && typeof value.title === "string";
}

function isMessage(value: unknown): value is Message {
  return (
    isRecord(value) &&
    typeof value.id === "string" &&
    typeof value.role === "string" &&
    isRecord(value.content)
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
