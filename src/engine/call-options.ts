import type { PromptOpts } from "./engine-client.ts";
import type { Policies } from "./policy.ts";
import type { PromptContent } from "./prompt-content.ts";
import type { CreateSessionOpts } from "./session.ts";
import type { SessionQuery } from "./session-query.ts";

export interface CallOptions {
  /** Ends the call; its `reason` is what the call rejects with, unchanged. */
  readonly signal?: AbortSignal | undefined;
}

/** What can be chosen from depends on the directory. */
export interface DirectoryOptions extends CallOptions {
  /** Absolute. Default: the client's. */
  readonly workingDirectory?: string | undefined;
}

export interface CreateSessionOptions extends CreateSessionOpts, CallOptions, Policies {
  /**
   * Every edit and write asks first, with its diff, whatever the engine's configuration says. Subagents can't edit then.
   * It can't catch a shell command that writes. Default: the client's setting, else false.
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

export interface SessionPageOptions extends SessionQuery, CallOptions {
  /** At most so many. Default: 100. */
  readonly limit?: number | undefined;
  /** `cursor` of the page before. Default: the first page. */
  readonly cursor?: string | undefined;
}

export interface ForkOptions extends CallOptions {
  /** Only the messages before this one are copied. Default: all. */
  readonly messageId?: string | undefined;
}

export interface RevertOptions extends CallOptions {
  /** Any message of the first turn to take back. */
  readonly messageId: string;
  /** Of that message only what came from this part on; what came before it stays. */
  readonly partId?: string | undefined;
}

export interface CommandOptions
  extends Pick<
    PromptOpts,
    | "model"
    | "agent"
    | "variant"
    | "ifRunning"
    | "timeouts"
    | "signal"
    | "permissionPolicy"
    | "questionPolicy"
  > {
  /** Files and images that go with it. Default: none. */
  readonly attachments?: PromptContent | undefined;
}

export interface ReplyOptions extends CallOptions {
  /** With `"deny"`: tells the model why, and the turn goes on instead of ending. */
  readonly message?: string | undefined;
}

export interface RequestOptions extends CallOptions {
  readonly query?: Readonly<Record<string, string | number | boolean | undefined>> | undefined;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Milliseconds until it fails with `TIMEOUT`. Default: the client's `timeout`. */
  readonly timeout?: number | undefined;
}

export interface DisposeOptions {
  /** Stops the turns that this client's prompts opened. Default: false. */
  readonly abortRunning?: boolean | undefined;
}
