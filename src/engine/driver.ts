import type { EngineCapabilities } from "./capabilities.ts";
import type { Command } from "./command.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { DriverEvent, DriverMessage, DriverSession, RestingStatus } from "./driver-events.ts";
import type { HealthStatus } from "./engine-client.ts";
import type { CreateSessionOptions, RequestOptions } from "./managed-engine-client.ts";
import type { DriverContent, FileDiff } from "./message.ts";
import type { Model } from "./model.ts";
import type { PermissionDecision, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { RetryNotice, SessionChanges } from "./session.ts";
import type { SessionQuery } from "./session-query.ts";
import type { Todo } from "./todo.ts";

/** How a connection tells of itself while it lives. */
export interface DriverReport {
  /** Anything arrived on the event stream, a comment too: what tells a quiet stream from a dead one. */
  alive(): void;
  /** What arrived is a heartbeat: it comes at regular intervals, also when nothing happens. `alive()` is told besides. */
  beat(): void;
  /** The engine wants to be left alone for so many milliseconds after the next drop (`retry:` of a stream). */
  retryAfter(ms: number): void;
  /** Input that could not be read and was left out, and the like. */
  diagnostic(diagnostic: Diagnostic): void;
}

export interface ConnectOptions {
  /** Aborts when the client no longer wants the connection. */
  readonly signal: AbortSignal;
  readonly report: DriverReport;
}

/** One item of the wire. `cursor`: where to resume after it, for engines that can. */
export interface DriverItem {
  readonly event: DriverEvent;
  readonly cursor?: string | undefined;
  /** The engine's own id of what it told; one thing that it tells may be several items. */
  readonly id?: string | undefined;
  /** It was not heard but read from what the engine stores: another process wrote it. */
  readonly origin?: "storage" | undefined;
}

export interface DriverEventStream extends AsyncIterable<DriverItem> {
  /** Everything after the cursor follows, so nothing must be re-read. */
  readonly resumed?: boolean | undefined;
  /** At least this often the engine says something, in milliseconds. Default: learned from its heartbeats. */
  readonly heartbeatMs?: number | undefined;
}

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
  readonly permissions: readonly PermissionRequest[];
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
  readonly maxTokens?: number | undefined;
  readonly temperature?: number | undefined;
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

/**
 * One life of the wire. It never reconnects: when it drops, `events` ends or throws, and the package connects
 * again. What dies with it (caches, open requests) is kept here; what outlives it is the package's.
 */
export interface EngineConnection {
  readonly version: string;
  /** Of this engine in this release; absent: the driver's. */
  readonly capabilities?: EngineCapabilities | undefined;
  /** What it tells it also keeps, by the `id` of its items; and other processes may work on its sessions. */
  readonly keepsEvents?: boolean | undefined;
  /**
   * Listens. Resolves once the engine is being listened to: whatever it says from then on is in the stream.
   * Leaving the loop closes the socket.
   */
  events(options: {
    readonly after?: string | undefined;
    readonly signal: AbortSignal;
  }): Promise<DriverEventStream>;
  /** Ends it: no request, no process, no timer is left. Never rejects. */
  close(): Promise<void>;

  health(call: DriverCall): Promise<HealthStatus>;
  /** Reads sessions. One that was asked for by name and is missing in the answer no longer exists. */
  snapshot(request: SnapshotRequest): Promise<readonly SessionSnapshot[]>;
  createSession(options: CreateSessionOptions): Promise<DriverSession>;
  messages(sessionId: string, call: DriverCall): Promise<readonly DriverMessage[]>;
  /** Rejects only where nothing was sent: then it is asked again. What fails once it was sent is told by `accepted`. */
  prompt(request: PromptRequest): Promise<PromptReceipt>;
  abort(sessionId: string, call: DriverCall): Promise<void>;

  /** Reads sessions page by page. Absent: the package filters what `snapshot()` reads. */
  listSessions?(request: SessionPageRequest): Promise<SessionPage>;
  /** The sessions that this one started as subagents. Absent: the package looks for them in what `snapshot()` reads. */
  children?(sessionId: string, call: DriverCall): Promise<readonly ListedSession[]>;
  /** Capability `updateSession`. All of it or nothing; throws `UNSUPPORTED` for what can't be undone (`unarchive`). */
  updateSession?(sessionId: string, changes: SessionChanges, call: DriverCall): Promise<DriverSession>;
  /** Capability `deleteSession`: with its subagents' sessions. What runs in it ends. */
  deleteSession?(sessionId: string, call: DriverCall): Promise<void>;
  /** Capability `fork`: a new session with the messages before this one, or with all. */
  forkSession?(
    sessionId: string,
    call: DriverCall & { readonly messageId?: string | undefined },
  ): Promise<DriverSession>;
  /** Capability `todo`. */
  todo?(sessionId: string, call: DriverCall): Promise<readonly Todo[]>;
  /** Capability `storeMessage`. */
  storeMessage?(sessionId: string, content: DriverContent, call: DriverCall): Promise<DriverMessage>;
  /** Capability `permissions`. */
  listPermissions?(call: DriverCall): Promise<readonly PermissionRequest[]>;
  /** Capability `permissions`. */
  replyPermission?(reply: PermissionReply): Promise<void>;
  /** Capability `questions`. */
  listQuestions?(call: DriverCall): Promise<readonly QuestionRequest[]>;
  /** Capability `questions`. */
  replyQuestion?(reply: QuestionReply): Promise<void>;
  /** Capability `diff`. */
  diff?(
    sessionId: string,
    call: DriverCall & { readonly messageId?: string | undefined },
  ): Promise<readonly FileDiff[]>;
  /** Capability `summarize`. */
  summarize?(sessionId: string, call: DriverCall): Promise<string>;
  /** Capability `models`. `workingDirectory`: where they are to be used. */
  listModels?(
    call: DriverCall & { readonly workingDirectory?: string | undefined },
  ): Promise<readonly Model[]>;
  /** Capability `commands`. `workingDirectory`: where they are to be used. */
  listCommands?(
    call: DriverCall & { readonly workingDirectory?: string | undefined },
  ): Promise<readonly Command[]>;
  /** Capability `request`. */
  request?(method: string, path: string, options: RequestOptions): Promise<unknown>;
}

/**
 * What an adapter author writes: how to speak with one engine, and nothing else. Fan-out, reconnects, resync,
 * state machines and prompt streams are the package's. An object literal is enough.
 *
 * @example
 * ```ts
 * export const acmeDriver = (options: AcmeOptions): EngineDriver => ({
 *   id: "acme",
 *   name: "Acme",
 *   capabilities: { ... },
 *   connect: async ({ signal, report }) => acmeConnection(options, signal, report),
 * });
 * export const createAcme = (options: AcmeOptions) => createEngineClient(acmeDriver(options));
 * ```
 */
export interface EngineDriver {
  readonly id: string;
  readonly name: string;
  readonly capabilities: EngineCapabilities;
  /**
   * Begins one life of the wire. Drivers of HTTP engines do no more here than find out what answers; they listen in
   * `events()`.
   * @throws EngineError `ENGINE_UNAVAILABLE`, `AUTH_REQUIRED`, `INVALID_RESPONSE` (something else answers), `TIMEOUT`
   */
  connect(options: ConnectOptions): Promise<EngineConnection>;
  /** Ends what outlives connections, a process for example. Called once, by the client's `dispose()`. */
  dispose?(): Promise<void>;
}
