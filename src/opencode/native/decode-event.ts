import type { DriverEvent } from "../../engine/driver-events.ts";
import {
  continuesTurn,
  decodeMessageInfo,
  decodePart,
  decodeQuestion,
  decodeRetry,
  decodeSession,
  decodeTodo,
} from "./decode.ts";
import { decodeFileDiff, diffOfTurn } from "./decode-diff.ts";
import { decodePermission } from "./decode-permission.ts";
import { decodeError } from "./errors.ts";
import { messageEventDecoder, partEventDecoder } from "./read-wire.ts";
import { anyDeltaSchema, eventSchemas, type WirePartDelta } from "./schema/events.ts";
import type { WireMessageInfo } from "./schema/message.ts";

export interface WirePayload {
  readonly type: string;
  readonly properties?: unknown;
}

/**
 * What one event of the engine tells. Pure: all state is in the fold. An event that is not read here is passed on as
 * `unknown`.
 * @throws the schema's error when an event that is read here is malformed
 */
export function decodeEvent(payload: WirePayload, now: number): readonly DriverEvent[] {
  const { type, properties = {} } = payload;
  switch (type) {
    case "message.part.delta":
      if (!isPartDelta(properties)) {
        // Only text grows in the fold; a delta of another field is somebody else's, a malformed one is nobody's.
        anyDeltaSchema.parse(properties);
        return [unknown(payload)];
      }
      return [
        {
          type: "part_delta",
          sessionId: properties.sessionID,
          messageId: properties.messageID,
          partId: properties.partID,
          delta: properties.delta,
        },
      ];
    case "message.part.updated": {
      const { part: wire } = partEventDecoder.parse(properties);
      const where = { sessionId: wire.sessionID, messageId: wire.messageID };
      if (wire.type === "step-start") return [{ type: "step_started", ...where }];
      const part = decodePart(wire);
      return [
        ...(continuesTurn(wire) ? [{ type: "turn_continued", ...where } as const] : []),
        ...(part === undefined ? [] : [{ type: "part_updated", ...where, ...part } as const]),
      ];
    }
    case "message.updated": {
      const { info } = messageEventDecoder.parse(properties);
      return [{ type: "message_updated", message: decodeMessageInfo(info) }, ...decodeTurnDiff(info)];
    }
    case "message.removed": {
      const { sessionID, messageID } = eventSchemas[type].parse(properties);
      return [{ type: "message_removed", sessionId: sessionID, messageId: messageID }];
    }
    case "message.part.removed": {
      const { sessionID, messageID, partID } = eventSchemas[type].parse(properties);
      return [{ type: "part_removed", sessionId: sessionID, messageId: messageID, partId: partID }];
    }
    case "session.created":
      return [{ type: "session_created", session: decodeSession(eventSchemas[type].parse(properties).info) }];
    case "session.updated":
      return [{ type: "session_updated", session: decodeSession(eventSchemas[type].parse(properties).info) }];
    case "session.deleted":
      return [{ type: "session_deleted", sessionId: eventSchemas[type].parse(properties).info.id }];
    case "session.status": {
      const { sessionID: sessionId, status } = eventSchemas[type].parse(properties);
      const retry = decodeRetry(status, now);
      return [
        { type: "session_status", sessionId, running: status.type !== "idle", ...(retry && { retry }) },
      ];
    }
    case "session.idle": {
      const { sessionID } = eventSchemas[type].parse(properties);
      return [{ type: "session_status", sessionId: sessionID, running: false }];
    }
    case "session.error": {
      const { sessionID, error } = eventSchemas[type].parse(properties);
      if (!sessionID || !error) return [unknown(payload)];
      return [{ type: "session_error", sessionId: sessionID, error: decodeError(error) }];
    }
    case "session.diff": {
      const { sessionID, diff } = eventSchemas[type].parse(properties);
      // Every turn begins with an empty one, which tells nothing.
      if (diff.length === 0) return [];
      return [{ type: "file_diff", sessionId: sessionID, diff: diff.map(decodeFileDiff) }];
    }
    case "todo.updated": {
      const { sessionID, todos } = eventSchemas[type].parse(properties);
      return [{ type: "todo_updated", sessionId: sessionID, todos: todos.map(decodeTodo) }];
    }
    case "permission.asked":
      return [
        {
          type: "permission_requested",
          request: decodePermission(eventSchemas[type].parse(properties), now),
        },
      ];
    case "permission.replied": {
      const { sessionID: sessionId, requestID: permissionId, reply } = eventSchemas[type].parse(properties);
      const decision = reply === "reject" ? "deny" : reply === "always" ? "allow_session" : "allow";
      return [{ type: "permission_resolved", permissionId, sessionId, decision }];
    }
    case "question.asked":
      return [{ type: "question_asked", request: decodeQuestion(eventSchemas[type].parse(properties), now) }];
    case "question.replied":
    case "question.rejected": {
      const { sessionID, requestID } = eventSchemas[type].parse(properties);
      return [{ type: "question_resolved", sessionId: sessionID, questionId: requestID }];
    }
    case "server.connected":
    case "server.heartbeat":
      return [];
    case "server.instance.disposed": {
      const { directory } = eventSchemas[type].parse(properties);
      const reason = `The engine let go of ${directory ?? "its directories"}.`;
      return [
        { type: "gap", reason, ...(directory ? { workingDirectory: directory } : {}) },
        unknown(payload),
      ];
    }
    default:
      return [unknown(payload)];
  }
}

/** `partDeltaSchema`, by hand: a model's answer is thousands of these. */
export function isPartDelta(value: unknown): value is WirePartDelta {
  if (typeof value !== "object" || value === null) return false;
  const { sessionID, messageID, partID, field, delta } = value as Partial<
    Record<keyof WirePartDelta, unknown>
  >;
  return (
    field === "text" &&
    typeof delta === "string" &&
    typeof partID === "string" &&
    typeof messageID === "string" &&
    typeof sessionID === "string"
  );
}

function decodeTurnDiff(info: WireMessageInfo): readonly DriverEvent[] {
  const diff = diffOfTurn(info);
  if (diff.length === 0) return [];
  return [{ type: "file_diff", sessionId: info.sessionID, messageId: info.id, diff }];
}

function unknown(payload: WirePayload): DriverEvent {
  const { properties } = payload;
  const sessionId =
    typeof properties === "object" && properties !== null && "sessionID" in properties
      ? properties.sessionID
      : undefined;
  return {
    type: "unknown",
    name: payload.type,
    raw: payload,
    ...(typeof sessionId === "string" ? { sessionId } : {}),
  };
}
