import type { DriverEvent } from "../engine/driver-events.ts";

/** The session that an engine tells of; `undefined` where it is none. */
export function sessionOf(event: DriverEvent): string | undefined {
  switch (event.type) {
    case "session_created":
    case "session_updated":
      return event.session.id;
    case "message_updated":
      return event.message.sessionId;
    case "permission_requested":
    case "question_asked":
      return event.request.sessionId;
    case "gap":
    case "listening":
      return undefined;
    default:
      return event.sessionId;
  }
}
