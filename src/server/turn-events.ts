import type { EngineErrorCode } from "../engine/errors.ts";
import type { PromptErrorEvent, PromptEvent, ToolCallResultEvent } from "../engine/prompt-events.ts";

/** What the answer to a prompt tells of its turn. */
export type TurnEvent =
  | { readonly type: "turn_started"; readonly sessionId: string; readonly messageId: string }
  | Exclude<PromptEvent, ToolCallResultEvent | PromptErrorEvent>
  | Omit<ToolCallResultEvent, "messageId" | "toolCall">
  | TurnErrorEvent;

export interface TurnErrorEvent {
  readonly type: "error";
  readonly error: string;
  readonly code: EngineErrorCode;
  readonly status: PromptErrorEvent["status"];
  readonly retryAfterMs?: number | undefined;
  /** Where it is not what follows from the code. */
  readonly retryable?: boolean | undefined;
}

/** An event of a prompt, without what only makes sense in this process or was told before. */
export function toTurnEvent(event: PromptEvent): TurnEvent {
  switch (event.type) {
    case "tool_call_result": {
      const { type, toolCallId, result, isError } = event;
      return { type, toolCallId, result, isError };
    }
    case "error": {
      const { type, error, code, status, cause } = event;
      const { retryAfterMs, retryable } = cause.toJSON();
      return { type, error, code, status, retryAfterMs, retryable };
    }
    default:
      return event;
  }
}
