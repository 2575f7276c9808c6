import type { EngineError, EngineErrorCode } from "./errors.ts";
import type { FileDiffEvent, PermissionRequestedEvent, QuestionAskedEvent } from "./events.ts";
import type { Message, ToolCall, Usage } from "./message.ts";
import type { RetryNotice } from "./session.ts";

/** Text of the answer. `offset` is the length of the part's text before it, in UTF-16 units. */
export interface TextDeltaEvent {
  readonly type: "text_delta";
  readonly delta: string;
  readonly messageId: string;
  readonly partId: string;
  readonly offset: number;
}
export interface ReasoningDeltaEvent {
  readonly type: "reasoning_delta";
  readonly delta: string;
  readonly messageId: string;
  readonly partId: string;
  readonly offset: number;
}
/** The engine withdrew text or reasoning that was already shown: `text` is the whole part now. */
export interface TextResetEvent {
  readonly type: "text_reset";
  readonly messageId: string;
  readonly partId: string;
  readonly text: string;
}
/** A tool call is seen for the first time; its input may still be on its way (`status: "pending"`). */
export interface ToolCallStartEvent {
  readonly type: "tool_call_start";
  readonly messageId: string;
  readonly toolCall: ToolCall;
}
export interface ToolCallUpdateEvent {
  readonly type: "tool_call_update";
  readonly messageId: string;
  readonly toolCall: ToolCall;
}
/** A tool call is over. `result` is its output, or the reason of its failure. */
export interface ToolCallResultEvent {
  readonly type: "tool_call_result";
  readonly messageId: string;
  readonly toolCallId: string;
  readonly result: string;
  readonly isError: boolean;
  readonly toolCall: ToolCall;
}
export interface RetryingEvent extends RetryNotice {
  readonly type: "retrying";
}
/** The last event of a turn that was not cut short. */
export interface MessageDoneEvent {
  readonly type: "message_done";
  /** The final message of the assistant. */
  readonly message: Message;
  readonly status: "completed" | "superseded" | "rejected";
  /** Of the whole turn. */
  readonly usage?: Usage | undefined;
}
/** The last event of a turn that failed, was aborted or was lost. */
export interface PromptErrorEvent {
  readonly type: "error";
  readonly error: string;
  readonly code: EngineErrorCode;
  readonly status: "error" | "aborted" | "lost";
  readonly cause: EngineError;
}

/** What happens in one turn, in order; the last is `message_done` or `error`. An open union. */
export type PromptEvent =
  | TextDeltaEvent
  | ReasoningDeltaEvent
  | TextResetEvent
  | ToolCallStartEvent
  | ToolCallUpdateEvent
  | ToolCallResultEvent
  | PermissionRequestedEvent
  | QuestionAskedEvent
  | RetryingEvent
  | FileDiffEvent
  | MessageDoneEvent
  | PromptErrorEvent;

/**
 * The least that an engine's `prompt` must tell, as published for hand-written clients: every
 * {@link PromptEvent} is one, without the ids that a managed client adds. The name is the published one; it
 * shadows a DOM global, so import it `as` something else in browser code.
 */
export type MessageEvent =
  | { readonly type: "text_delta"; readonly delta: string }
  | { readonly type: "tool_call_start"; readonly toolCall: ToolCall }
  | { readonly type: "tool_call_result"; readonly toolCallId: string; readonly result: unknown }
  | { readonly type: "message_done"; readonly message: Message }
  | { readonly type: "error"; readonly error: string; readonly code?: EngineErrorCode | undefined }
  | Exclude<
      PromptEvent,
      TextDeltaEvent | ToolCallStartEvent | ToolCallResultEvent | MessageDoneEvent | PromptErrorEvent
    >;
