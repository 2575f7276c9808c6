import type { DriverMessage, DriverSession } from "../../engine/driver-events.ts";
import type { FileDiff } from "../../engine/message.ts";
import type { Todo } from "../../engine/todo.ts";
import type { StoredFile } from "./stored-files.ts";

/** `"current"`: of OpenCode 1.x. `"legacy"`: of the first OpenCode, the Go program, and of what descends from it. */
export type HistoryLayout = "current" | "legacy";

/** What a row says, or why it can't be understood. */
export type Row<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: string };

export interface SessionFilter {
  readonly limit: number | undefined;
  readonly workingDirectory: string | undefined;
}

/** One layout of the database: facts as a driver tells them, from which the package derives the rest. */
export interface HistoryReader {
  readonly layout: HistoryLayout;
  has(sessionId: string): boolean;
  /** The newest first. */
  sessionIds(filter: SessionFilter): readonly string[];
  /** The newest first. */
  childIds(sessionId: string): readonly string[];
  /** `undefined`: there is none. */
  session(sessionId: string): Row<DriverSession> | undefined;
  /** Oldest first; the newest `limit`. */
  messages(sessionId: string, limit: number | undefined): readonly Row<DriverMessage>[];
  /** As much of the newest turn as tells how it ended, oldest first. */
  lastWord(sessionId: string): readonly Row<DriverMessage>[];
  todos(sessionId: string): readonly Todo[];
  /**
   * What a turn changed; the newest, or the one that a message belongs to. Nothing where there is no such message.
   * @throws EngineError `UNSUPPORTED` where the layout keeps no diffs
   */
  diff(sessionId: string, messageId: string | undefined): readonly FileDiff[];
  /** @throws EngineError `UNSUPPORTED` where the layout keeps no files */
  files(sessionId: string): readonly StoredFile[];
}
