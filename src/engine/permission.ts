import type { FileDiff } from "./message.ts";

/** `allow`: this once. `allow_session`: this and its like, in this session only. */
export type PermissionDecision = "allow" | "deny" | "allow_session";

/** The engine asks before it runs a tool. Times are Unix milliseconds. */
export interface PermissionRequest {
  readonly permissionId: string;
  readonly sessionId: string;
  readonly messageId?: string | undefined;
  readonly toolCallId?: string | undefined;
  /** In plain words, for example ``Run `echo hi` ``. */
  readonly description: string;
  /** What is asked for, for example `"bash"` or `"edit"`. */
  readonly tool: string;
  /** What it wants to do it to: commands, or paths. All of them are allowed, or none. */
  readonly patterns?: readonly string[] | undefined;
  /** What `allow_session` would allow, as wildcards: mostly more than `patterns`. Default: as `patterns`. */
  readonly sessionPatterns?: readonly string[] | undefined;
  /** For edits: the change, before it is applied. */
  readonly diff?: readonly FileDiff[] | undefined;
  /** Default: all three. */
  readonly options?: readonly PermissionDecision[] | undefined;
  readonly createdAt: number;
}

/** A request's id, or the request or event itself. */
export type PermissionRef =
  | string
  | { readonly permissionId: string; readonly sessionId?: string | undefined };

export interface QuestionOption {
  readonly label: string;
  readonly description?: string | undefined;
}

/** The model asks the person something. */
export interface QuestionRequest {
  readonly questionId: string;
  readonly sessionId: string;
  readonly messageId?: string | undefined;
  readonly toolCallId?: string | undefined;
  readonly questions: readonly {
    readonly question: string;
    readonly header?: string | undefined;
    readonly options: readonly QuestionOption[];
    /** More than one option may be chosen. Default: false. */
    readonly multiple?: boolean | undefined;
  }[];
  readonly createdAt: number;
}
