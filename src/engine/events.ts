import type { EngineErrorInfo } from "./errors.ts";
import type { FileDiff, Message, ToolCall } from "./message.ts";
import type { PermissionDecision, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { Session } from "./session.ts";
import type { Todo } from "./todo.ts";

/**
 * How a turn ended.
 *
 * - `completed`: the model answered.
 * - `superseded`: another prompt took the turn over.
 * - `rejected`: a denied permission (or a dismissed question) ended it.
 * - `aborted`: somebody stopped it.
 * - `error`: the engine or its provider failed.
 * - `lost`: it died with its engine, or the engine says nothing of how it ended.
 */
export type TurnStatus = "completed" | "superseded" | "rejected" | "aborted" | "error" | "lost";

export interface SessionCreatedEvent {
  readonly type: "session_created";
  readonly session: Session;
}
/** Anything of the session changed: title, status, activity. */
export interface SessionUpdatedEvent {
  readonly type: "session_updated";
  readonly session: Session;
}
export interface SessionDeletedEvent {
  readonly type: "session_deleted";
  readonly sessionId: string;
}
export interface MessageCreatedEvent {
  readonly type: "message_created";
  readonly message: Message;
}
export interface MessageUpdatedEvent {
  readonly type: "message_updated";
  readonly message: Message;
}
/** A message is gone: it was taken back by `session.revert()`, and then another prompt came. */
export interface MessageRemovedEvent {
  readonly type: "message_removed";
  readonly sessionId: string;
  readonly messageId: string;
}
/** Text arrived. `offset` is the length of the part's text before it, in UTF-16 units. */
export interface MessageDeltaEvent {
  readonly type: "message_delta";
  readonly sessionId: string;
  readonly messageId: string;
  readonly partId: string;
  readonly kind: "text" | "reasoning";
  readonly offset: number;
  readonly delta: string;
}
export interface ToolCallUpdatedEvent {
  readonly type: "tool_call_updated";
  readonly sessionId: string;
  readonly messageId: string;
  readonly toolCall: ToolCall;
}
export interface PermissionRequestedEvent extends PermissionRequest {
  readonly type: "permission_requested";
}
/** `dropped`: nobody answered before the turn ended. */
export interface PermissionResolvedEvent {
  readonly type: "permission_resolved";
  readonly permissionId: string;
  readonly sessionId: string;
  readonly decision: PermissionDecision | "dropped";
}
export interface QuestionAskedEvent extends QuestionRequest {
  readonly type: "question_asked";
}
export interface QuestionResolvedEvent {
  readonly type: "question_resolved";
  readonly questionId: string;
  readonly sessionId: string;
}
/**
 * Files changed. With a `messageId` the diff is that of the turn which this user message opened; without one it is what
 * the engine told of the session (OpenCode: what `session.revert()` takes back).
 */
export interface FileDiffEvent {
  readonly type: "file_diff";
  readonly sessionId: string;
  readonly messageId?: string | undefined;
  readonly diff: readonly FileDiff[];
}
/** The list that the agent works through, as it is now. What was missed in a gap, `session.todo()` reads. */
export interface TodoUpdatedEvent {
  readonly type: "todo_updated";
  readonly sessionId: string;
  readonly todos: readonly Todo[];
}
/** A turn is over: last word on it, after everything that belongs to it. */
export interface TurnEndedEvent {
  readonly type: "turn_ended";
  readonly sessionId: string;
  readonly turnId: string;
  readonly status: TurnStatus;
  readonly error?: EngineErrorInfo | undefined;
  /** The turn that took this one over, when `status` is `"superseded"`. */
  readonly supersededBy?: string | undefined;
  /** The assistant's messages of the turn, oldest first. */
  readonly messages: readonly Message[];
}
/** The connection dropped: events may be missing until `stream_resynced`. */
export interface StreamGapEvent {
  readonly type: "stream_gap";
  readonly reason: string;
  /** Only what happened in this directory may be missing. */
  readonly workingDirectory?: string | undefined;
}
/** The client has read again what it could have missed; what it had missed was told just before. */
export interface StreamResyncedEvent {
  readonly type: "stream_resynced";
  /** How many sessions were read. 0: the engine went on where the stream broke off. */
  readonly sessions: number;
  /** How many events told what had been missed. */
  readonly missed: number;
  /** As in `stream_gap`. */
  readonly workingDirectory?: string | undefined;
}
/** Something that this release does not know, passed on as it came. */
export interface UnknownEvent {
  readonly type: "unknown";
  readonly sessionId?: string | undefined;
  /** The engine's own name of the event. */
  readonly name: string;
  readonly raw: unknown;
}

/** What every event may say of itself. */
export interface EventOrigin {
  /** `"storage"`: another process did it, and it was read from what the engine stores. Absent: the engine told it. */
  readonly origin?: "storage" | undefined;
}

/** What happens in an engine, whoever caused it. An open union: keep a `default` branch. */
export type EngineEvent = EventOrigin &
  (
    | SessionCreatedEvent
    | SessionUpdatedEvent
    | SessionDeletedEvent
    | MessageCreatedEvent
    | MessageUpdatedEvent
    | MessageRemovedEvent
    | MessageDeltaEvent
    | ToolCallUpdatedEvent
    | PermissionRequestedEvent
    | PermissionResolvedEvent
    | QuestionAskedEvent
    | QuestionResolvedEvent
    | FileDiffEvent
    | TodoUpdatedEvent
    | TurnEndedEvent
    | StreamGapEvent
    | StreamResyncedEvent
    | UnknownEvent
  );

export type EngineEventType = EngineEvent["type"];

/** The session that an event belongs to; `undefined` where it belongs to none. */
export function sessionIdOf(event: EngineEvent): string | undefined {
  switch (event.type) {
    case "session_created":
    case "session_updated":
      return event.session.id;
    case "message_created":
    case "message_updated":
      return event.message.sessionId;
    case "stream_gap":
    case "stream_resynced":
      return undefined;
    default:
      return event.sessionId;
  }
}
