import type { DriverMessage, DriverSession, RestingStatus } from "./driver-events.ts";
import type { DriverContent } from "./message.ts";
import type { PermissionDecision, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { RetryNotice } from "./session.ts";
import type { SessionQuery } from "./session-query.ts";

/** The engine's truth about one session, read in one go. */
export interface SessionSnapshot {
  readonly session: DriverSession;
  readonly running: boolean;
  /** Of a running one. `false`: another process seems to run it. Default: the engine says so itself. */
  readonly verified?: false | undefined;
  /** While the engine waits to ask its model again. */
  readonly retry?: RetryNotice | undefined;
  /** How it rests, if it does not run and the engine says so. */
  readonly resting?: RestingStatus | undefined;
  /**
   * All that the driver read of the newest messages, oldest first. May be absent when they were not asked for, and may
   * be there all the same: from the newest message follows how a session rests.
   */
  readonly messages?: readonly DriverMessage[] | undefined;
  /** Absent: they can't be listed, and what is known stays. */
  readonly permissions?: readonly PermissionRequest[] | undefined;
  /** Absent: they can't be listed, and what is known stays. */
  readonly questions?: readonly QuestionRequest[] | undefined;
}

export interface SnapshotRequest {
  /** The sessions to read; absent: every session of the engine. */
  readonly sessionIds?: readonly string[] | undefined;
  /** Those whose newest messages are wanted too. */
  readonly withMessages: readonly string[];
  /**
   * Also others in which something goes on, where the ones asked for are: a session that was asked for may have started
   * them as subagents while nobody listened. Default: false.
   */
  readonly withOthersAtWork?: boolean | undefined;
  /**
   * The newest sessions, and of them nothing but `session`, are enough: it is asked again and again. A driver may read
   * more all the same. Default: false.
   */
  readonly newestOnly?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface PromptRequest {
  readonly sessionId: string;
  /** With `command`: what is attached to it, if anything. */
  readonly content: DriverContent;
  /** Capability `commands`: it is not the content that is the prompt, but this command of the engine. */
  readonly command?: { readonly name: string; readonly arguments: string } | undefined;
  readonly model?: string | undefined;
  readonly systemPrompt?: string | undefined;
  /** Whose system prompt that is. One of the session may be left out by engines that keep what it was created with. */
  readonly systemPromptOf?: "session" | "prompt" | undefined;
  /** Capability `agents`. */
  readonly agent?: string | undefined;
  /** Capability `variants`. */
  readonly variant?: string | undefined;
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
  /**
   * Capability `promptTools`: exactly these tools are off in this turn. Absent: nothing is to be changed, because the
   * prompt is said into a turn that runs.
   */
  readonly toolsOff?: readonly string[] | undefined;
  /** Names the user message, and with it the turn, where the engine lets its clients do so. */
  readonly messageId?: string | undefined;
  /** It was sent before under this name (`sentAs` of that receipt): under the same it is no second prompt. */
  readonly sendAs?: string | undefined;
  /** The session's newest message as far as the client has seen; absent: the driver finds out if it needs it. */
  readonly newestMessageId?: string | undefined;
  readonly signal: AbortSignal;
}

/** The engine is being asked. */
export type PromptReceipt = {
  /** The prompt may be sent again under this name and stays one prompt. Absent: it must not be sent again. */
  readonly sentAs?: string | undefined;
  /** The engine answers when the turn is over: that it tells of the turn is what says that it has taken the prompt. */
  readonly answersLate?: true | undefined;
} & (
  | {
      /** Names the turn: `turnId` of its messages. Where the engine has no such id, the driver makes one up. */
      readonly turnId: string;
      /** The engine has taken the prompt, or why not. */
      readonly accepted: Promise<unknown>;
    }
  | {
      /** Absent: the engine names the turn when it takes the prompt. What it tells meanwhile waits. */
      readonly turnId?: undefined;
      /** Resolves with the name. */
      readonly accepted: Promise<string>;
    }
);

export interface PermissionReply {
  readonly permissionId: string;
  /** Absent when the client has not seen the request. */
  readonly sessionId?: string | undefined;
  readonly decision: PermissionDecision;
  readonly message?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface QuestionReply {
  readonly questionId: string;
  /** Absent when the client has not seen the request. */
  readonly sessionId?: string | undefined;
  /** For each question, in their order, what was chosen or said. Absent: the person does not want to answer. */
  readonly answers?: readonly (readonly string[])[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A session of a list. */
export type ListedSession = Pick<SessionSnapshot, "session" | "running" | "verified" | "resting">;

export interface SessionPageRequest extends SessionQuery {
  /** How many are wanted at most. */
  readonly limit: number;
  /** `cursor` of the page before. Absent: the first page. */
  readonly cursor?: string | undefined;
  readonly signal: AbortSignal;
}

export interface SessionPage {
  /** `updatedAt` descending, also from page to page. There may be fewer than `limit`, or none, and still more to come. */
  readonly sessions: readonly ListedSession[];
  /** Where the next page begins. Absent: this is the last. */
  readonly cursor?: string | undefined;
}

/** Options of a single call: `signal` must reach the socket. */
export interface DriverCall {
  readonly signal?: AbortSignal | undefined;
}

/** `workingDirectory`: where what is asked for is to be used. Absent: where the client works. */
export interface DirectoryCall extends DriverCall {
  readonly workingDirectory?: string | undefined;
}
