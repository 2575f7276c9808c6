import type { Agent } from "./agent.ts";
import type {
  AllSessionsOptions,
  CallOptions,
  CommandOptions,
  CreateSessionOptions,
  DirectoryOptions,
  DisposeOptions,
  ForkOptions,
  ListSessionsOptions,
  ReplyOptions,
  RequestOptions,
  RevertOptions,
  SessionPageOptions,
} from "./call-options.ts";
import type { EngineCapabilities } from "./capabilities.ts";
import type { Command } from "./command.ts";
import type { EngineClient, PromptOpts } from "./engine-client.ts";
import type { EngineEvents } from "./engine-events.ts";
import type { EngineMcp } from "./mcp.ts";
import type { FileDiff, Message } from "./message.ts";
import type { Model } from "./model.ts";
import type { OutputIn, OutputResult, OutputSchema } from "./output.ts";
import type { PermissionDecision, PermissionRef, PermissionRequest, QuestionRequest } from "./permission.ts";
import type { PermissionRecord, QuestionRecord } from "./policy.ts";
import type { PromptCall } from "./prompt-call.ts";
import type { PromptContent } from "./prompt-content.ts";
import type { Provider } from "./provider.ts";
import type { QuestionAnswer, QuestionRef } from "./question.ts";
import type { PageOfSessions, Session, SessionChanges, SessionRef } from "./session.ts";
import type { SessionRegistry, TreeOptions } from "./session-registry.ts";
import type { Todo } from "./todo.ts";
import type { ToolCallRecord } from "./tool-calls.ts";
import type { TranscriptFormat } from "./transcript.ts";
import type { SessionUsage } from "./usage.ts";

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
    /**
     * One page of the list, for programs that do not stay until the next, such as servers; the others have `all()`. A
     * session that is used between two pages may come twice, or be missed if it had not come yet. Throws as `list`, and
     * `INVALID_REQUEST` for a `cursor` that is none.
     */
    page(options?: SessionPageOptions): Promise<PageOfSessions>;
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
    /**
     * Takes back the turn that a message belongs to and all turns after it: files are as they were before it, where the
     * engine keeps record of them (`revert.filesRestored` of the session says so). The messages stay until the next
     * prompt; until then `unrevert` undoes it.
     * @throws EngineError `SESSION_RUNNING`, `INVALID_REQUEST` (the session has no such message or part), `UNSUPPORTED`,
     *   and as `get`
     */
    revert(session: SessionRef, options: RevertOptions): Promise<Session>;
    /**
     * Undoes `revert`, also in the files. Where nothing was taken back it changes nothing.
     * @throws EngineError `SESSION_RUNNING`, `UNSUPPORTED`, and as `get`
     */
    unrevert(session: SessionRef, options?: CallOptions): Promise<Session>;
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
     * Every tool call of the session, in order: of the engine's record, also those of other clients and of earlier
     * days, and those that still run. `events.stream({ sessionId, types: ["tool_call_updated"] })` tells how it goes on.
     * `tree`: with those of its subagents, by time. Throws as `get`.
     */
    toolCalls(session: SessionRef, options?: CallOptions & TreeOptions): Promise<readonly ToolCallRecord[]>;
    /**
     * What the session has used so far: tokens and cost of its messages, with and without its subagents, and how much of
     * its model's context it takes. Throws as `get`.
     */
    usage(session: SessionRef, options?: CallOptions): Promise<SessionUsage>;
    /**
     * Writes the session down: as Markdown for people, or as JSON, which `parseTranscript` reads. It holds what the session
     * and its messages hold, as they stand now, without those of its subagents.
     * @throws EngineError `INVALID_REQUEST` (another format), and as `get`
     */
    exportTranscript(session: SessionRef, format: TranscriptFormat, options?: CallOptions): Promise<string>;
    /**
     * Starts a turn at once. A failure is the last event of the iteration, and what `text()` and `result()` reject
     * with; nothing is thrown here, but `INVALID_REQUEST` for a session, a policy or `tools` that are none.
     */
    prompt(session: SessionRef, content: PromptContent, options?: PromptOpts): PromptCall;
    /**
     * Runs a command of the engine, as `prompt` runs a prompt; `args` is what a person would type behind its name.
     * Fails with `INVALID_REQUEST` for a command that is not there (the message names those that are), `UNSUPPORTED`,
     * and as `prompt`. It is not sent again when its answer gets lost: it might run twice.
     */
    command(session: SessionRef, name: string, args?: string, options?: CommandOptions): PromptCall;
    /** Stops what runs in the session. Throws as `get`. */
    abort(session: SessionRef, options?: CallOptions): Promise<void>;
    /**
     * Has the model summarize the session, and resolves with the summary; the engine goes on from that alone. It waits for
     * what runs in the session, as a prompt does, and may take minutes. The signal stops the engine.
     * @throws EngineError `UNSUPPORTED` where the engine has no such thing, `INVALID_REQUEST` (nothing to summarize),
     *   `PROVIDER_ERROR` and the like when the model fails, `PROMPT_ABORTED`, and as `get`
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
    /** What this client decided, by people and without them: the newest thousand, the oldest first. */
    decisions(): readonly PermissionRecord[];
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
    /** As `permissions.decisions()`. */
    decisions(): readonly QuestionRecord[];
  };
  readonly models: {
    /**
     * The models that the engine can use in a directory; exactly one of them is the default, if there are any.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(options?: DirectoryOptions): Promise<readonly Model[]>;
  };
  readonly commands: {
    /**
     * The prompts that the engine keeps under names.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(options?: DirectoryOptions): Promise<readonly Command[]>;
  };
  readonly providers: {
    /**
     * Where the engine has its models from, and where it has the credentials for that: never what they are.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(options?: DirectoryOptions): Promise<readonly Provider[]>;
  };
  readonly agents: {
    /**
     * The agents that a prompt can choose; those that only other agents use have the role `"subagent"`.
     * @throws EngineError `UNSUPPORTED`, and as `session.list`
     */
    list(options?: DirectoryOptions): Promise<readonly Agent[]>;
  };
  readonly mcp: EngineMcp;
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
