import { EngineError } from "./errors.ts";

/** Where a session stands. The moves between them are the table of `sessionMachine`. */
export type SessionStatus = "idle" | "running" | "completed" | "error";

/** What a `running` session is doing. */
export type SessionActivity =
  | "thinking"
  | "responding"
  | "tool"
  | "awaiting_permission"
  | "awaiting_answer"
  | "retrying";

/** The engine failed to reach its model and waits before it tries again. */
export interface RetryNotice {
  /** Counts from 1. */
  readonly attempt: number;
  readonly message: string;
  /** Unix milliseconds of the next attempt. */
  readonly nextAt: number;
}

/** What was taken back of a session. */
export interface SessionRevert {
  /** This message and all after it: they are still there, and go for good with the next prompt. */
  readonly messageId: string;
  /** Of that message only this part and those after it. */
  readonly partId?: string | undefined;
  /** `false`: the engine keeps no record of the files here (OpenCode does in git repositories only); they stayed as they were. */
  readonly filesRestored: boolean;
}

/** One conversation with an engine. Times are Unix milliseconds. */
export interface Session {
  readonly id: string;
  readonly title: string;
  /** Id of the engine that runs it, for example `"opencode"`. */
  readonly engineId: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly status: SessionStatus;
  /** Only while `status` is `"running"`. */
  readonly activity?: SessionActivity | undefined;
  /** Only while `activity` is `"retrying"`. */
  readonly retry?: RetryNotice | undefined;
  /**
   * `false`, only while `status` is `"running"`: another process seems to run it. Its newest answer is not finished, but
   * the engine that this client speaks with does not work on it. Nobody can say whether that process still lives.
   */
  readonly verified?: false | undefined;
  /** `provider/model`. */
  readonly model?: string | undefined;
  readonly workingDirectory?: string | undefined;
  /** The session that started this one as a subagent. */
  readonly parentId?: string | undefined;
  readonly starred?: boolean | undefined;
  readonly archived?: boolean | undefined;
  /** What it was created with, where the engine tells that. */
  readonly systemPrompt?: string | undefined;
  /** Only between `session.revert()` and the next prompt, or `session.unrevert()`. */
  readonly revert?: SessionRevert | undefined;
  /**
   * What is told of it was read from what the engine stores, not heard on its event stream: another process works on it.
   * Gone when the engine itself tells of it.
   */
  readonly origin?: "storage" | undefined;
  /** The engine was not there: this is what it had stored. Gone when the engine is there. */
  readonly source?: "history" | undefined;
}

/** A part of the list of sessions. */
export interface PageOfSessions {
  /** `updatedAt` descending, also from page to page. There may be fewer than were asked for, and still more to come. */
  readonly sessions: readonly Session[];
  /** Where the next page begins. Absent: this is the last. */
  readonly cursor?: string | undefined;
}

/** A session's id, or anything that has it. */
export type SessionRef = string | { readonly id: string };

/** @throws EngineError `INVALID_REQUEST` for what is neither: code without types can pass anything */
export function toSessionId(session: SessionRef): string {
  const id: unknown = typeof session === "object" ? session?.id : session;
  if (typeof id === "string") return id;
  throw new EngineError("INVALID_REQUEST", "A session is named by its id, or by an object that has one.");
}

/** What is to be changed of a session; what is left out stays. */
export interface SessionChanges {
  readonly title?: string | undefined;
  /** An archived session is kept, and no longer listed. Where the engine can't take it back, `false` is `UNSUPPORTED`. */
  readonly archived?: boolean | undefined;
  readonly starred?: boolean | undefined;
}

/** What a new session starts with; everything is optional. */
export interface CreateSessionOpts {
  /** Default: the engine makes one up after the first prompt. */
  readonly title?: string | undefined;
  /** `provider/model`, or a model's bare name. Default: the client's model, else the engine's. */
  readonly model?: string | undefined;
  /** Absolute path. Default: the client's working directory, else the engine's. */
  readonly workingDirectory?: string | undefined;
  /**
   * Added to the engine's own system prompt in every prompt of the session, whichever client of this package sends it,
   * if the engine keeps it; else in those that this client sends.
   */
  readonly systemPrompt?: string | undefined;
}
