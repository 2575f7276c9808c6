import type { DriverEvent } from "../engine/driver-events.ts";
import { decodeMessage, decodeSession, decodeStatus, toolPart } from "./decode.ts";
import { busEventSchemas, type V1MessageDelta, wireEventSchema } from "./schema/bus-event.ts";

/**
 * What one event of the bus tells. Pure: all state is in the fold. An event that is not read here is passed on as
 * `unknown`.
 * @throws the schema's error when it is no event, or one that is read here and malformed
 */
export function decodeBusEvent(value: unknown): readonly DriverEvent[] {
  if (isMessageDelta(value)) {
    const { sessionId, messageId, partId, kind, offset, delta } = value;
    return [{ type: "part_delta", sessionId, messageId, partId, kind, offset, delta }];
  }
  const { type } = wireEventSchema.parse(value);
  switch (type) {
    case "session_created":
    case "session_updated": {
      const { session } = busEventSchemas[type].parse(value);
      return [{ type, session: decodeSession(session) }, decodeStatus(session)];
    }
    case "message_created":
    case "message_updated": {
      const { message } = busEventSchemas[type].parse(value);
      return [{ type: "message_updated", message: decodeMessage(message) }];
    }
    case "tool_call_updated": {
      const { sessionId, messageId, toolCall } = busEventSchemas[type].parse(value);
      return [{ type: "part_updated", sessionId, messageId, ...toolPart(toolCall) }];
    }
    case "permission_requested": {
      const { type: _type, ...request } = busEventSchemas[type].parse(value);
      return [{ type, request }];
    }
    case "question_asked": {
      const { type: _type, ...request } = busEventSchemas[type].parse(value);
      return [{ type, request }];
    }
    case "session_deleted":
    case "message_removed":
    case "permission_resolved":
    case "question_resolved":
    case "file_diff":
    case "todo_updated":
      return [busEventSchemas[type].parse(value)];
    case "ready":
      return [];
    case "message_delta":
      // Not as `isMessageDelta` wants it: the schema says what is wrong.
      busEventSchemas[type].parse(value);
      return [];
    default:
      return [unknown(type, value)];
  }
}

/** `messageDeltaSchema`, by hand: a model's answer is thousands of these. */
export function isMessageDelta(value: unknown): value is V1MessageDelta {
  if (typeof value !== "object" || value === null) return false;
  const { type, sessionId, messageId, partId, kind, offset, delta } = value as Partial<
    Record<keyof V1MessageDelta, unknown>
  >;
  return (
    type === "message_delta" &&
    typeof delta === "string" &&
    Number.isSafeInteger(offset) &&
    (offset as number) >= 0 &&
    (kind === "text" || kind === "reasoning") &&
    typeof partId === "string" &&
    typeof messageId === "string" &&
    typeof sessionId === "string"
  );
}

function unknown(name: string, raw: unknown): DriverEvent {
  const session = typeof raw === "object" && raw !== null && "sessionId" in raw ? raw.sessionId : undefined;
  return { type: "unknown", name, raw, ...(typeof session === "string" ? { sessionId: session } : {}) };
}
