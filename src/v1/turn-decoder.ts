import type { DriverEvent } from "../engine/driver-events.ts";
import type { EngineErrorInfo } from "../engine/errors.ts";
import type { ToolCall } from "../engine/message.ts";
import { decodeMessage, toolPart, withResult } from "./decode.ts";
import type { V1TurnEvent } from "./schema/turn-event.ts";

/** The last event of a turn's stream. */
export type TurnEnd = Extract<V1TurnEvent, { type: "message_done" | "error" }>;

export function isTurnEnd(event: V1TurnEvent): event is TurnEnd {
  return event.type === "message_done" || event.type === "error";
}

/** Makes facts of the stream that answers a prompt, for clients that have no bus: it tells of messages by id only. */
export class TurnDecoder {
  readonly #sessionId: string;
  readonly #turnId: string;
  readonly #messages = new Set<string>();
  readonly #reasoning = new Set<string>();
  readonly #calls = new Map<string, { readonly messageId: string; readonly toolCall: ToolCall }>();

  constructor(sessionId: string, turnId: string) {
    this.#sessionId = sessionId;
    this.#turnId = turnId;
  }

  take(event: V1TurnEvent, now: number): readonly DriverEvent[] {
    const sessionId = this.#sessionId;
    switch (event.type) {
      case "turn_started":
        return [{ type: "session_status", sessionId, running: true }];
      case "text_delta":
      case "reasoning_delta": {
        const { messageId, partId, offset, delta } = event;
        const kind = event.type === "text_delta" ? "text" : "reasoning";
        if (kind === "reasoning") this.#reasoning.add(partId);
        const grown = { type: "part_delta", sessionId, messageId, partId, kind, offset, delta } as const;
        return [...this.#meet(messageId, now), grown];
      }
      case "text_reset": {
        const { messageId, partId: id, text } = event;
        const part = { type: this.#reasoning.has(id) ? "reasoning" : "text", id, text } as const;
        const reset = { type: "part_updated", sessionId, messageId, part, complete: true } as const;
        return [...this.#meet(messageId, now), reset];
      }
      case "tool_call_start":
      case "tool_call_update":
        return [...this.#meet(event.messageId, now), ...this.#call(event.messageId, event.toolCall)];
      case "tool_call_result": {
        const known = this.#calls.get(event.toolCallId);
        if (known === undefined) return [];
        return this.#call(known.messageId, withResult(known.toolCall, event.result, event.isError));
      }
      case "permission_requested": {
        const { type, ...request } = event;
        return [{ type, request }];
      }
      case "question_asked": {
        const { type, ...request } = event;
        return [{ type, request }];
      }
      case "retrying": {
        const { type: _type, ...retry } = event;
        return [{ type: "session_status", sessionId, running: true, retry }];
      }
      case "file_diff":
        return [event];
      case "message_done":
      case "error":
        return this.#end(event);
    }
  }

  #end(event: TurnEnd): readonly DriverEvent[] {
    const ended = {
      type: "turn_ended",
      sessionId: this.#sessionId,
      turnId: this.#turnId,
      status: event.status,
    } as const;
    if (event.type === "error") {
      const resting = event.status === "aborted" ? "idle" : "error";
      return [{ ...ended, error: errorOf(event) }, this.#rests(resting)];
    }
    const told: DriverEvent = { type: "message_updated", message: decodeMessage(event.message) };
    // Of a turn that was taken over the session goes on with the other.
    if (event.status === "superseded") return [told, ended];
    return [told, ended, this.#rests(event.status === "completed" ? "completed" : "idle")];
  }

  #rests(resting: "idle" | "completed" | "error"): DriverEvent {
    return { type: "session_status", sessionId: this.#sessionId, running: false, resting };
  }

  #meet(messageId: string, createdAt: number): readonly DriverEvent[] {
    if (this.#messages.has(messageId)) return [];
    this.#messages.add(messageId);
    const [sessionId, turnId] = [this.#sessionId, this.#turnId];
    return [
      {
        type: "message_updated",
        message: { id: messageId, sessionId, role: "assistant", turnId, createdAt },
      },
    ];
  }

  #call(messageId: string, toolCall: ToolCall): readonly DriverEvent[] {
    this.#calls.set(toolCall.id, { messageId, toolCall });
    return [{ type: "part_updated", sessionId: this.#sessionId, messageId, ...toolPart(toolCall) }];
  }
}

function errorOf({
  code,
  error: message,
  retryAfterMs,
  retryable,
}: Extract<TurnEnd, { type: "error" }>): EngineErrorInfo {
  return {
    code,
    message,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...(retryable === undefined ? {} : { retryable }),
  };
}
