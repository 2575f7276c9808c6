/** Where an MCP server stands; an open union. */
export type McpStatus =
  | "connected"
  /** Its tools are not offered to the model, and it does not run. */
  | "disabled"
  /** It could not be started or reached: `error` says why. */
  | "failed"
  /** It wants somebody to log in. */
  | "needs_auth"
  | (string & {});

/** A server of the Model Context Protocol whose tools the engine offers to its model. */
export interface McpServer {
  readonly name: string;
  readonly status: McpStatus;
  /** Why it failed. */
  readonly error?: string | undefined;
  /** What the engine's names of its tools begin with, for example `"github_"`: for rules and the like. */
  readonly toolPrefix: string;
}

/** A program that is started, and spoken with over its standard streams. */
export interface McpStdioConfig {
  readonly type: "stdio";
  /** The program. */
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** Added to the engine's own environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Where it is started. Default: the working directory. */
  readonly cwd?: string | undefined;
  /** Milliseconds that it may take to answer. Default: the engine's. */
  readonly timeout?: number | undefined;
}

/** A server that runs elsewhere, over HTTP. */
export interface McpRemoteConfig {
  readonly type: "remote";
  readonly url: string;
  /** Sent with every request, for example `authorization`. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** `false`: it wants no OAuth, and is not asked whether it does. Default: found out. */
  readonly oauth?: false | undefined;
  /** Milliseconds that it may take to answer. Default: the engine's. */
  readonly timeout?: number | undefined;
}

/** How the engine reaches an MCP server. */
export type McpServerConfig = McpStdioConfig | McpRemoteConfig;

export interface McpOptions {
  /** Absolute. Default: the client's; servers are kept by directory. */
  readonly workingDirectory?: string | undefined;
  /** Ends the call; its `reason` is what the call rejects with, unchanged. */
  readonly signal?: AbortSignal | undefined;
}

/** The engine's MCP servers. */
export interface EngineMcp {
  /**
   * The MCP servers of a directory, also those that are switched off or failed.
   * @throws EngineError `UNSUPPORTED`, and as `session.list`
   */
  status(options?: McpOptions): Promise<readonly McpServer[]>;
  /**
   * Adds a server, or replaces the one of that name, and starts it. It is there until the engine ends; what is to stay
   * belongs into its configuration.
   * @throws EngineError `MCP_FAILED` when it does not start (it is listed all the same, and can be tried again with
   *   `connect`), `AUTH_REQUIRED` when it wants somebody to log in, `INVALID_REQUEST` for what is no configuration,
   *   `UNSUPPORTED`, and as `session.list`
   */
  add(name: string, config: McpServerConfig, options?: McpOptions): Promise<McpServer>;
  /** Starts it, or starts it again. Throws as `add`; `INVALID_REQUEST` names the servers that there are. */
  connect(name: string, options?: McpOptions): Promise<McpServer>;
  /** Ends it: its tools are no longer offered. Throws as `connect`, but not `MCP_FAILED`. */
  disconnect(name: string, options?: McpOptions): Promise<McpServer>;
}
