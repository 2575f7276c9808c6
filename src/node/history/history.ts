import type { DiagnosticHandler } from "../../engine/diagnostics.ts";
import type { FileDiff, Message } from "../../engine/message.ts";
import type { Session, SessionRef } from "../../engine/session.ts";
import type { TreeOptions } from "../../engine/session-registry.ts";
import type { Todo } from "../../engine/todo.ts";
import type { ToolCallRecord } from "../../engine/tool-calls.ts";
import type { TranscriptFormat } from "../../engine/transcript.ts";
import type { Environment } from "../places.ts";
import type { HistoryLayout } from "./reader.ts";
import type { StoredFile } from "./stored-files.ts";

export interface OpenHistoryOptions {
  /**
   * The database file. Default: the first that exists of `OPENCODE_DB`, `$XDG_DATA_HOME/opencode/opencode.db`,
   * `~/.local/share/opencode/opencode.db` and `~/.opencode/opencode.db`.
   */
  readonly path?: string | undefined;
  /** Where the variables for that are looked up. Default: `process.env`. */
  readonly env?: Environment | undefined;
  /**
   * Whether an engine may be at work on the file. `false`: an answer without a last word died with its engine. `true`: it
   * may still be written. Default: found out on Linux, where no other process has the file open; elsewhere `true`.
   */
  readonly engineRuns?: boolean | undefined;
  /**
   * Names of MCP servers. The database names tools alone; with these `toolCall.mcp` says which are theirs, as with the
   * running engine. Default: none.
   */
  readonly mcpServers?: readonly string[] | undefined;
  /** Told of rows that can't be understood (they are left out) and of a copy that had to be made. Default: nobody. */
  readonly onDiagnostic?: DiagnosticHandler | undefined;
}

/** What OpenCode has stored, read without it. Reading blocks the process, a session at a time. */
export interface History extends AsyncDisposable {
  /** The database file. */
  readonly path: string;
  /** Which tables it has. */
  readonly layout: HistoryLayout;
  /** `true`: it could not be opened where it is, and this is how it stood when it was opened. */
  readonly isCopy: boolean;
  /**
   * All sessions, also archived ones and those of subagents; the newest `updatedAt` first. Which ones there are is
   * settled when the loop begins; each is read when its turn comes.
   */
  sessions(options?: {
    /** Default: all. */
    readonly limit?: number | undefined;
    /** Only those of this directory. */
    readonly workingDirectory?: string | undefined;
  }): AsyncIterable<Session>;
  /** @throws EngineError `SESSION_NOT_FOUND` */
  session(session: SessionRef): Promise<Session>;
  /**
   * Oldest first.
   * @throws EngineError `SESSION_NOT_FOUND`
   */
  messages(
    session: SessionRef,
    options?: {
      /** The newest so many. Default: all. */
      readonly limit?: number | undefined;
    },
  ): Promise<readonly Message[]>;
  /**
   * Writes the session down, as `client.session.exportTranscript()` does.
   * @throws EngineError `SESSION_NOT_FOUND`, `INVALID_REQUEST` (a format that is none)
   */
  exportTranscript(session: SessionRef, format: TranscriptFormat): Promise<string>;
  /**
   * The sessions that this one started as subagents, the newest first.
   * @throws EngineError `SESSION_NOT_FOUND`
   */
  children(session: SessionRef): Promise<readonly Session[]>;
  /**
   * Every tool call of the session, in order, as `client.session.toolCalls()` tells it. `tree`: with those of its
   * subagents, by time.
   * @throws EngineError `SESSION_NOT_FOUND`
   */
  toolCalls(session: SessionRef, options?: TreeOptions): Promise<readonly ToolCallRecord[]>;
  /**
   * The list that the agent works through, in its order.
   * @throws EngineError `SESSION_NOT_FOUND`
   */
  todos(session: SessionRef): Promise<readonly Todo[]>;
  /**
   * What a turn changed: the newest one, or the one that a message belongs to. As `client.session.diff()` tells it.
   * @throws EngineError `SESSION_NOT_FOUND`; `UNSUPPORTED` in the legacy layout, which keeps whole files
   */
  diff(
    session: SessionRef,
    options?: {
      /** Default: the newest. One that is not in the session gives nothing. */
      readonly messageId?: string | undefined;
    },
  ): Promise<readonly FileDiff[]>;
  /**
   * The files that the session changed, each with all its versions, by path.
   * @throws EngineError `SESSION_NOT_FOUND`; `UNSUPPORTED` in the current layout, which keeps none (see `diff`)
   */
  files(session: SessionRef): Promise<readonly StoredFile[]>;
  /** May be called again. Every other call fails from then on. */
  close(): Promise<void>;
}
