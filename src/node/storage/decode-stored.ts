import type { DriverEvent } from "../../engine/driver-events.ts";
import { sessionOf } from "../../hub/session-of.ts";
import { decodeEvent } from "../../opencode/native/decode-event.ts";
import type { StoredEvent } from "./event-table.ts";

/** What is read of the table. It holds more: of the engine's second model, and of what it does with other machines. */
const READ: ReadonlySet<string> = new Set([
  "session.created",
  "session.updated",
  "message.updated",
  "message.removed",
  "message.part.updated",
  "message.part.removed",
]);

/**
 * What a stored event tells: by the same functions as if it had come over the wire, for it is the same.
 * @throws what they throw for a row that can't be understood
 */
export function decodeStored({ type, data, sessionId }: StoredEvent, now: number): readonly DriverEvent[] {
  const name = type.replace(/\.\d+$/, "");
  if (!READ.has(name)) return [];
  const events = decodeEvent({ type: name, properties: JSON.parse(data) }, now);
  return events.filter((event) => sessionOf(event) === sessionId);
}

/** Is this of what an engine keeps? The rest (text as it comes, status, requests) is told and gone. */
export function isKept({ type }: DriverEvent): boolean {
  switch (type) {
    case "session_created":
    case "session_updated":
    case "session_deleted":
    case "message_updated":
    case "message_removed":
    case "part_updated":
    case "part_removed":
    case "step_started":
    case "turn_continued":
      return true;
    default:
      return false;
  }
}
