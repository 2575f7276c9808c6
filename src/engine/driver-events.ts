import type { EngineErrorInfo } from "./errors.ts";
import type { TurnStatus, UnknownEvent } from "./events.ts";
import type { FileDiff, Message, Part } from "./message.ts";
import type { PermissionDecision, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { RetryNotice, Session, SessionActivity, SessionStatus } from "./session.ts";
import type { Todo } from "./todo.ts";

/** A session as an engine tells it: what the package derives (status, activity) is left out. */
export type DriverSession = Omit<Session, "status" | "activity" | "retry" | "verified" | "engineId">;

/** A part, and whether it will still grow. */
export interface DriverPart {
  readonly part: Part;
  /** `false`: its text is still being written, and what is told of it here may lag behind. */
  readonly complete: boolean;
}

/** A message as an engine tells it; what the package derives from the parts is left out. */
export interface DriverMessage extends Omit<Message, "content" | "parts" | "toolCalls" | "toolResults"> {
  /** The whole list, in order. Absent: not told here, what is known stays. */
  readonly parts?: readonly DriverPart[] | undefined;
  /** The whole text, for engines that do not say in which parts it stands. */
  readonly text?: string | undefined;
  /** As `turn_continued` says it. */
  readonly continues?: boolean | undefined;
}

/** How a session rests, for engines that say so themselves; for the others the package derives it. */
export type RestingStatus = Exclude<SessionStatus, "running">;

/**
 * What a driver tells the package: facts, as small as the engine gives them. `reduceSession` folds them into the
 * session's state and makes `EngineEvent`s of what changed.
 */
export type DriverEvent =
  | { readonly type: "session_created"; readonly session: DriverSession }
  | { readonly type: "session_updated"; readonly session: DriverSession }
  | { readonly type: "session_deleted"; readonly sessionId: string }
  /** The engine works on the session, waits to retry, or has nothing to do. */
  | {
      readonly type: "session_status";
      readonly sessionId: string;
      readonly running: boolean;
      /** Of a running one. Default: `"thinking"`. */
      readonly activity?: SessionActivity | undefined;
      readonly retry?: RetryNotice | undefined;
      /** Of a running one. `false`: another process seems to run it. Default: the engine says so itself. */
      readonly verified?: false | undefined;
      /** Of one that has nothing to do. */
      readonly resting?: RestingStatus | undefined;
    }
  /** Something failed; whether the turn ends with it is told by the status that follows. */
  | { readonly type: "session_error"; readonly sessionId: string; readonly error: EngineErrorInfo }
  /** A prompt opened a turn. The package says it of its own prompts; drivers may say it of others. */
  | { readonly type: "turn_started"; readonly sessionId: string; readonly turnId: string }
  /**
   * This user message is no prompt of its own. The engine wrote it to itself, to go on with the turn of the message
   * before it: the conversation had become too long, say.
   */
  | { readonly type: "turn_continued"; readonly sessionId: string; readonly messageId: string }
  /** For engines that say themselves how a turn ended; for the others the package derives it. */
  | {
      readonly type: "turn_ended";
      readonly sessionId: string;
      readonly turnId: string;
      readonly status: TurnStatus;
      readonly error?: EngineErrorInfo | undefined;
    }
  | { readonly type: "message_updated"; readonly message: DriverMessage }
  | { readonly type: "message_removed"; readonly sessionId: string; readonly messageId: string }
  | ({
      readonly type: "part_updated";
      readonly sessionId: string;
      readonly messageId: string;
    } & DriverPart)
  /**
   * Text that follows. `offset`: the length of the part's text before it, for engines that say so. `kind`: begins the
   * part if it was not told of, for engines that do not tell parts.
   */
  | {
      readonly type: "part_delta";
      readonly sessionId: string;
      readonly messageId: string;
      readonly partId: string;
      readonly delta: string;
      readonly offset?: number | undefined;
      readonly kind?: "text" | "reasoning" | undefined;
    }
  | {
      readonly type: "part_removed";
      readonly sessionId: string;
      readonly messageId: string;
      readonly partId: string;
    }
  /** The engine asks its model (again) for this message: parts that were not finished are withdrawn. */
  | { readonly type: "step_started"; readonly sessionId: string; readonly messageId: string }
  | { readonly type: "permission_requested"; readonly request: PermissionRequest }
  | {
      readonly type: "permission_resolved";
      readonly permissionId: string;
      readonly sessionId: string;
      readonly decision: PermissionDecision | "dropped";
    }
  | { readonly type: "question_asked"; readonly request: QuestionRequest }
  | { readonly type: "question_resolved"; readonly questionId: string; readonly sessionId: string }
  | {
      readonly type: "file_diff";
      readonly sessionId: string;
      readonly messageId?: string | undefined;
      readonly diff: readonly FileDiff[];
    }
  | { readonly type: "todo_updated"; readonly sessionId: string; readonly todos: readonly Todo[] }
  /** Something went by unseen although the wire holds: in this directory, or anywhere. It is read again. */
  | { readonly type: "gap"; readonly reason: string; readonly workingDirectory?: string | undefined }
  /**
   * Only from here on it is sure that the engine tells this connection everything: it counts its listeners later than it
   * lets them in. What is at work is read again, in case that something was said between.
   */
  | { readonly type: "listening" }
  | UnknownEvent;
