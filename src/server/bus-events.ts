import type { EngineErrorInfo } from "../engine/errors.ts";
import { type EngineEvent, sessionIdOf, type TurnEndedEvent } from "../engine/events.ts";
import type { Message } from "../engine/message.ts";

/** What the bus does not tell: it follows from the rest, or is about this server's own connection. */
type Untold = "turn_ended" | "stream_gap" | "stream_resynced" | "unknown";
export type BusEvent = Exclude<EngineEvent, { readonly type: Untold }>;

/**
 * What the bus tells of events that the client told in one go. How a turn ended stands in its last message, and that
 * comes before the status which the session has by it: engines that do not say so themselves are completed here.
 */
export function toBusEvents(events: readonly EngineEvent[]): readonly BusEvent[] {
  const told: BusEvent[] = [];
  for (const event of events) {
    if (event.type === "turn_ended") {
      const message = lastWord(event);
      if (message !== undefined) told.splice(placeOf(told, event), 0, { type: "message_updated", message });
    } else if (isTold(event)) told.push(event);
  }
  return told;
}

function isTold(event: EngineEvent): event is BusEvent {
  switch (event.type) {
    case "session_created":
    case "session_updated":
    case "session_deleted":
    case "message_created":
    case "message_updated":
    case "message_removed":
    case "message_delta":
    case "tool_call_updated":
    case "permission_requested":
    case "permission_resolved":
    case "question_asked":
    case "question_resolved":
    case "file_diff":
    case "todo_updated":
      return true;
    default:
      return false;
  }
}

/** The turn's last message with its end, where the engine left that out. */
function lastWord({ messages, status, error }: TurnEndedEvent): Message | undefined {
  const last = messages.at(-1);
  if (last === undefined) return undefined;
  const failure = last.error ?? error ?? FAILURES[status];
  if (last.completedAt !== undefined && last.error === failure) return undefined;
  return {
    ...last,
    completedAt: last.completedAt ?? Date.now(),
    ...(failure === undefined ? {} : { error: failure }),
  };
}

const FAILURES: Readonly<Record<TurnEndedEvent["status"], EngineErrorInfo | undefined>> = {
  completed: undefined,
  superseded: undefined,
  rejected: undefined,
  aborted: { code: "PROMPT_ABORTED", message: "Somebody aborted this turn before it was done." },
  error: { code: "UNKNOWN", message: "The turn failed, and the engine does not say why." },
  lost: { code: "TURN_LOST", message: "The turn died with its engine. Send the prompt again." },
};

/** Before the status that the turn's end gave the session; that was told just before. */
function placeOf(told: readonly BusEvent[], { sessionId }: TurnEndedEvent): number {
  const last = told.at(-1);
  const isStatus = last?.type === "session_updated" && sessionIdOf(last) === sessionId;
  return isStatus && last.session.status !== "running" ? told.length - 1 : told.length;
}
