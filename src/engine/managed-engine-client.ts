import type { EngineCapabilities } from "./capabilities.ts";
import type { Command } from "./command.ts";
import type { EngineClient, PromptOpts, Unsubscribe } from "./engine-client.ts";
import type { EngineEvent, EngineEventType } from "./events.ts";
import type { FileDiff, Message } from "./message.ts";
import type { Model } from "./model.ts";
import type { OutputIn, OutputResult, OutputSchema } from "./output.ts";
import type { PermissionDecision, PermissionRef, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { PromptCall } from "./prompt-call.ts";
import type { PromptContent } from "./prompt-content.ts";
import type { QuestionAnswer, QuestionRef } from "./question.ts";
import type { CreateSessionOpts, Session, SessionChanges, SessionRef } from "./session.ts";
import type { SessionQuery } from "./session-query.ts";
import type { Todo } from "./todo.ts";

export interface CallOptions {
  /** Ends the call; its `reason` is what the call rejects with, unchanged. */
  readonly signal?: AbortSignal | undefined;
}

export interface CreateSessionOptions extends CreateSessionOpts, CallOptions {
  /**
   * Every edit and write asks first, with its diff, whatever the engine's configuration says. It can't catch a
   * shell command that writes. Default: the client's setting, else false.
   */
  readonly reviewEdits?: boolean | undefined;
}

export interface ListSessionsOptions extends SessionQuery, CallOptions {
  /** At most so many, the newest of them. Default: all. */
  readonly limit?: number | undefined;
}

export interface AllSessionsOptions extends SessionQuery, CallOptions {
  /** How many are asked for at a time. Default: 100. */
  readonly pageSize?: number | undefined;
}

export interface ForkOptions extends CallOptions {
  /** Only the messages before this one are copied. Default: all. */
  readonly messageId?: string | undefined;
}

export interface CommandOpts extends Pick<PromptOpts, "model" | "ifRunning" | "timeouts" | "signal"> {
  /** Files and images that go with it. Default: none. */
  readonly attachments?: PromptContent | undefined;
}

export interface ReplyOptions extends CallOptions {
  /** With `"deny"`: tells the model why, and the turn goes on instead of ending. */
  readonly message?: string | undefined;
}

export interface EventStreamOptions<Type extends EngineEventType = EngineEventType> extends CallOptions {
  /** Only events of this session, and what its subagents ask. */
  readonly sessionId?: SessionRef | undefined;
  /** Only events of these types. Default: all. */
  readonly types?: readonly Type[] | undefined;
  /** How many events may wait for a slow reader before it fails with `EVENT_OVERFLOW`. Default: 4096. */
  readonly limit?: number | undefined;
}

export interface WaitForOptions extends CallOptions {
  /** Milliseconds until it rejects with `TIMEOUT`. Default: none. */
  readonly timeout?: number | undefined;
}

export interface RequestOptions extends CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds until it fails with `TIMEOUT`. Default: the client's `timeout`. */
  readonly timeout?: number | undefined;
}

/** Where the connection to the engine's events stands. */
export interface EventStreamStatus {
  readonly state: "idle" | "connecting" | "open" | "reconnecting" | "closed";
  /** How often it was tried in vain since the engine last said something. */
  readonly attempt: number;
  /** Unix milliseconds of the next try, while `state` is `"reconnecting"`. */
  readonly nextAttemptAt?: number | undefined;
  readonly lastError?: Error | undefined;
}

export interface EngineEvents extends AsyncIterable<EngineEvent> {
  /** Calls the handler with every event. One that throws is reported to diagnostics; the others still run. */
  subscribe(handler: (event: EngineEvent) => void): Unsubscribe;
  /**
   * The same events as an async iterator over the same connection. Leaving the loop ends it.
   * @throws EngineError `EVENT_OVERFLOW` when the reader is too slow, after what was waiting;
   *   `AUTH_REQUIRED`, `INVALID_RESPONSE` and the like when the engine can't be listened to.
   */
  stream<Type extends EngineEventType = EngineEventType>(
    options?: EventStreamOptions<Type>,
  ): AsyncIterable<Extract<EngineEvent, { type: Type }>>;
  /** The same object until it changes. */
  readonly status: EventStreamStatus;
  /** Calls the listener whenever `status` is another; fits `useSyncExternalStore`. It opens nothing. */
  onStatus(listener: () => void): Unsubscribe;
}

/** What is known of the engine's sessions; the same object while nothing changed. */
export interface RegistrySnapshot {
  /** The newest hundred, `updatedAt` descending: what a list on a screen needs, at no cost. */
  readonly latest: readonly Session[];
  /** All, `updatedAt` descending. Put together when it is first read. */
  readonly sessions: readonly Session[];
  /** Permission requests that wait for an answer, oldest first. */
  readonly permissions: readonly PermissionRequest[];
}

export interface TreeOptions {
  /** With what its subagents ask. Default: false. */
  readonly tree?: boolean | undefined;
}

/** The mirror of the engine's sessions. It is kept while the client is connected. */
export interface SessionRegistry {
  get(session: SessionRef): Session | undefined;
  /** `updatedAt` descending. */
  list(): readonly Session[];
  /** What waits for an answer in a session, oldest first. */
  permissions(session: SessionRef, options?: TreeOptions): readonly PermissionRequest[];
  /** Calls the listener after every change; fits `useSyncExternalStore`. */
  subscribe(listener: () => void): Unsubscribe;
  getSnapshot(): RegistrySnapshot;
  /**
   * Resolves with the session once the predicate holds for it, also at once.
   * @throws EngineError `TIMEOUT`, `SESSION_NOT_FOUND` (it was deleted), `ENGINE_UNAVAILABLE` (disposed)
   */
  waitFor(
    session: SessionRef,
    predicate: (session: Session) => boolean,
    options?: WaitForOptions,
  ): Promise<Session>;
}

export interface DisposeOptions {
  /** Stops the turns that this client's prompts opened. Default: false. */
  readonly abortRunning?: boolean | undefined;
}

/** What `createEngineClient` makes of a driver: the published core and everything around it. */
export interface ManagedEngineClient extends EngineClient, AsyncDisposable {
  readonly capabilities: EngineCapabilities;
  readonly session: {
    /**
     * The sessions of the engine, `updatedAt` descending; archived ones only with `includeArchived`.
     * @throws EngineError `ENGINE_UNAVAILABLE`, `AUTH_REQUIRED`, `TIMEOUT`, `INVALID_RESPONSE`, `INVALID_REQUEST` (a
     *   `limit` that is no whole number, 0 or more)
     */
    list(options?: ListSessionsOptions): Promise<readonly Session[]>;
    /**
     * The same sessions as `list()` gives, read page by page while they are iterated: leaving the loop asks for no more.
     * Each comes once. One that is used between two pages moves to the front, and may be missed if it had not come
     * yet; `client.registry` misses none. The iteration throws as `list`.
     */
    all(options?: AllSessionsOptions): AsyncIterable<Session>;
    /** @throws EngineError `INVALID_REQUEST` (an unknown model: the message names those that exist) and as `list` */
    create(options?: CreateSessionOptions): Promise<Session>;
    /** @throws EngineError `SESSION_NOT_FOUND` and as `list` */
    get(session: SessionRef, options?: CallOptions): Promise<Session>;
    /**
     * Changes the title, stars a session, archives it: all that is given, or nothing. The mirror has it when this
     * resolves, if it holds the session and the event stream is open; others are told by `session_updated`.
     * @throws EngineError `UNSUPPORTED` (also for `archived: false` where that can't be undone), and as `get`
     */
    update(session: SessionRef, changes: SessionChanges, options?: CallOptions): Promise<Session>;
    /**
     * Deletes a session for good, with those of its subagents. A turn that runs in it is stopped: it ends as `aborted`,
     * or as `error` with `SESSION_NOT_FOUND`. The mirror has it as in `update`; others are told by `session_deleted`.
     * @throws EngineError `UNSUPPORTED`, and as `get`
     */
    delete(session: SessionRef, options?: CallOptions): Promise<void>;
    /**
     * Makes a new session with copies of the messages, which have new ids; the model does not run, and files stay as
     * they are. The new session is nobody's child.
     * @throws EngineError `INVALID_REQUEST` (the session has no such message), `UNSUPPORTED`, and as `get`
     */
    fork(session: SessionRef, options?: ForkOptions): Promise<Session>;
    /** The sessions that this one started as subagents, `updatedAt` descending. Throws as `get`. */
    children(session: SessionRef, options?: CallOptions): Promise<readonly Session[]>;
    /**
     * The list that the agent works through, in its order; empty if it made none.
     * @throws EngineError `UNSUPPORTED`, and as `get`
     */
    todo(session: SessionRef, options?: CallOptions): Promise<readonly Todo[]>;
    /** Oldest first. Throws as `get`. */
    messages(session: SessionRef, options?: CallOptions): Promise<readonly Message[]>;
    /** As the other form, with an answer that fits a schema: `(await call.result()).output`. */
    prompt<Schema extends OutputSchema>(
      session: SessionRef,
      content: PromptContent,
      options: PromptOpts & { readonly output: Schema },
    ): PromptCall<OutputResult<OutputIn<Schema>>>;
    /**
     * Starts a turn at once. A failure is the last event of the iteration, and what `text()` and `result()` reject
     * with; nothing is thrown here, but `INVALID_REQUEST` for a `session` that is none.
     */
    prompt(session: SessionRef, content: PromptContent, options?: PromptOpts): PromptCall;
    /**
     * Runs a command of the engine, as `prompt` runs a prompt; `args` is what a person would type behind its name.
     * Fails with `INVALID_REQUEST` for a command that is not there (the message names those that are), `UNSUPPORTED`,
     * and as `prompt`. It is not sent again when its answer gets lost: it might run twice.
     */
    command(session: SessionRef, name: string, args?: string, options?: CommandOpts): PromptCall;
    /** Stops what runs in the session. Throws as `get`. */
    abort(session: SessionRef, options?: CallOptions): Promise<void>;
    /**
     * Has the model summarize the session, and resolves with the summary. It may take minutes.
     * @throws EngineError `UNSUPPORTED` where the engine has no such thing, `INVALID_REQUEST` (nothing to summarize),
     *   `PROVIDER_ERROR` and the like when the model fails, and as `get`
     */
    summarize(session: SessionRef, options?: CallOptions): Promise<string>;
    /**
     * What the session changed in files: in the turn that `messageId` belongs to, else in its newest turn.
     * @throws EngineError `UNSUPPORTED`, and as `get`
     */
    diff(
      session: SessionRef,
      options?: CallOptions & { readonly messageId?: string | undefined },
    ): Promise<readonly FileDiff[]>;
  };
  readonly message: {
    /** Stores a user message; the model does not run. Throws as `session.get`. */
    create(session: SessionRef, content: PromptContent, options?: CallOptions): Promise<Message>;
  };
  readonly events: EngineEvents;
  readonly permissions: {
    /** The requests that wait for an answer. Throws as `session.list`. */
    list(options?: CallOptions): Promise<readonly PermissionRequest[]>;
    /** @throws EngineError `PERMISSION_NOT_FOUND` when it was answered or dropped, and as `session.list` */
    reply(permission: PermissionRef, decision: PermissionDecision, options?: ReplyOptions): Promise<void>;
  };
  readonly questions: {
    /**
     * What the model asked and nobody has answered yet.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(options?: CallOptions): Promise<readonly QuestionRequest[]>;
    /**
     * Answers: for each question of the request, in their order, an option's label or the person's own words. An empty
     * list leaves a question unanswered.
     * @throws EngineError `QUESTION_NOT_FOUND` when it was answered or dropped; `INVALID_REQUEST` for more or fewer
     *   answers than questions, or several to a question that takes one (where the request is given or known);
     *   `UNSUPPORTED`, and as `session.list`
     */
    reply(question: QuestionRef, answers: readonly QuestionAnswer[], options?: CallOptions): Promise<void>;
    /** Does not answer: the turn that asked ends as `rejected`. Throws as `reply`. */
    reject(question: QuestionRef, options?: CallOptions): Promise<void>;
  };
  readonly models: {
    /**
     * The models that the engine can use in a directory; exactly one of them is the default, if there are any.
     * `workingDirectory`: absolute. Default: the client's.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(
      options?: CallOptions & { readonly workingDirectory?: string | undefined },
    ): Promise<readonly Model[]>;
  };
  readonly commands: {
    /**
     * The commands that the engine has in a directory. `workingDirectory`: absolute. Default: the client's.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(
      options?: CallOptions & { readonly workingDirectory?: string | undefined },
    ): Promise<readonly Command[]>;
  };
  readonly registry: SessionRegistry;
  /**
   * Subscribes to the engine's events and keeps the mirror of its sessions until `dispose()`.
   * Resolves when the mirror holds them.
   * @throws EngineError as `session.list`
   */
  connect(options?: CallOptions): Promise<void>;
  /**
   * Ends the client and leaves nothing behind: every pending call and iterator settles, requests end, timers and
   * listeners go. Does not stop what runs on the engine, unless told to. Calling it again does nothing more.
   */
  dispose(options?: DisposeOptions): Promise<void>;
  /**
   * Reaches any route of the engine with the client's own address, credentials and errors.
   * Resolves with the parsed JSON (`undefined` for an empty answer).
   * @throws EngineError `UNSUPPORTED`, and as `session.list`
   */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>;
}
