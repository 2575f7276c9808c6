import type { Agent } from "./agent.ts";
import type { CreateSessionOptions, RequestOptions } from "./call-options.ts";
import type { EngineCapabilities } from "./capabilities.ts";
import type { Command } from "./command.ts";
import type { Diagnostic } from "./diagnostics.ts";
import type { DriverEvent, DriverMessage, DriverSession } from "./driver-events.ts";
import type {
  DirectoryCall,
  DriverCall,
  ListedSession,
  PermissionReply,
  PromptReceipt,
  PromptRequest,
  QuestionReply,
  SessionPage,
  SessionPageRequest,
  SessionSnapshot,
  SnapshotRequest,
} from "./driver-requests.ts";
import type { HealthStatus } from "./engine-client.ts";
import type { McpServer, McpServerConfig } from "./mcp.ts";
import type { DriverContent, FileDiff } from "./message.ts";
import type { Model } from "./model.ts";
import type { PermissionRequest, QuestionRequest } from "./permission.ts";
import type { Provider } from "./provider.ts";
import type { SessionChanges } from "./session.ts";
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

/** Where MCP servers are meant; absent: where the client works. */
export interface DriverMcpCall extends DriverCall {
  readonly workingDirectory?: string | undefined;
}

/** What an engine does with its MCP servers. Each gives all of them, as they stand then, also one that failed. */
export interface DriverMcp {
  status(call: DriverMcpCall): Promise<readonly McpServer[]>;
  add(name: string, config: McpServerConfig, call: DriverMcpCall): Promise<readonly McpServer[]>;
  /** Throws `INVALID_REQUEST` for a server that is not there. */
  connect(name: string, call: DriverMcpCall): Promise<readonly McpServer[]>;
  /** Throws as `connect`. */
  disconnect(name: string, call: DriverMcpCall): Promise<readonly McpServer[]>;
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
  /**
   * Capability `revert`: takes back the turn that the message belongs to and all after it, or what came from this part
   * of the message on. Throws `INVALID_REQUEST` for what the session does not have, `SESSION_RUNNING`.
   */
  revertSession?(
    sessionId: string,
    call: DriverCall & { readonly messageId: string; readonly partId?: string | undefined },
  ): Promise<DriverSession>;
  /** Capability `revert`. Where nothing was taken back it changes nothing. */
  unrevertSession?(sessionId: string, call: DriverCall): Promise<DriverSession>;
  /** Capability `todo`. */
  todo?(sessionId: string, call: DriverCall): Promise<readonly Todo[]>;
  /** Capability `storeMessage`. */
  storeMessage?(sessionId: string, content: DriverContent, call: DriverCall): Promise<DriverMessage>;
  /** Capability `permissions`. `undefined`: it can't tell them just now, and what is known counts. */
  listPermissions?(call: DriverCall): Promise<readonly PermissionRequest[] | undefined>;
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
  /** Capability `models`. */
  listModels?(call: DirectoryCall): Promise<readonly Model[]>;
  /** Capability `providers`. Never with a credential. */
  listProviders?(call: DirectoryCall): Promise<readonly Provider[]>;
  /** Capability `agents`. */
  listAgents?(call: DirectoryCall): Promise<readonly Agent[]>;
  /** Capability `commands`. */
  listCommands?(call: DirectoryCall): Promise<readonly Command[]>;
  /** Capability `mcp`. */
  readonly mcp?: DriverMcp | undefined;
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
 *   capabilities: { ...noCapabilities, permissions: true },
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
