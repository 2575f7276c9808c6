import type { EngineErrorInfo } from "./errors.ts";

export interface MessageContent {
  readonly type: "text" | "image" | "file";
  readonly text?: string | undefined;
  /** `data:`, `file:` or `https:`; what of these is taken depends on the engine. */
  readonly url?: string | undefined;
  readonly mimeType?: string | undefined;
  /** Of a file or an image, for the model. */
  readonly name?: string | undefined;
}

/** Content as drivers get it: everything is text or has an address. */
export type DriverContent = string | readonly MessageContent[];

export function toContentList(content: DriverContent): readonly MessageContent[] {
  return typeof content === "string" ? [{ type: "text", text: content }] : content;
}

export interface FileDiff {
  readonly path: string;
  readonly status: "added" | "modified" | "deleted";
  readonly additions: number;
  readonly deletions: number;
  /** The unified diff. */
  readonly patch: string;
}

export type ToolCallStatus = "pending" | "running" | "success" | "error";

export interface ToolCall {
  readonly id: string;
  /** The engine's name of the tool, for example `"bash"`. */
  readonly name: string;
  /** Complete once `status` is no longer `"pending"`. */
  readonly input: Readonly<Record<string, unknown>>;
  readonly status: ToolCallStatus;
  /** A line for people, for example the command. */
  readonly title?: string | undefined;
  /** Grows while the tool runs, where the engine streams it. */
  readonly output?: string | undefined;
  /** Why it failed, when `status` is `"error"`. */
  readonly error?: string | undefined;
  readonly startedAt?: number | undefined;
  readonly endedAt?: number | undefined;
  readonly diff?: readonly FileDiff[] | undefined;
}

export interface ToolResult {
  readonly toolCallId: string;
  readonly output: string;
  readonly isError?: boolean | undefined;
}

export interface TextPart {
  readonly type: "text";
  readonly id: string;
  readonly text: string;
  /** Written by the engine, not by a person: the contents of an attached file, a reminder. */
  readonly synthetic?: boolean | undefined;
}

export interface ReasoningPart {
  readonly type: "reasoning";
  readonly id: string;
  readonly text: string;
}

export interface ToolPart {
  readonly type: "tool";
  readonly id: string;
  readonly toolCall: ToolCall;
}

export interface AttachmentPart {
  readonly type: "image" | "file";
  readonly id: string;
  readonly url: string;
  readonly mimeType?: string | undefined;
  readonly name?: string | undefined;
}

/** A piece of a message, in the order in which the engine made it. */
export type Part = TextPart | ReasoningPart | ToolPart | AttachmentPart;

export interface Usage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly reasoningTokens?: number | undefined;
  readonly cachedTokens?: number | undefined;
  /** US dollars. */
  readonly costUsd?: number | undefined;
}

/** Why the model stopped; an open union. */
export type StopReason = "stop" | "length" | "tool_calls" | "content_filter" | (string & {});

/** One message of a session. Times are Unix milliseconds. */
export interface Message {
  readonly id: string;
  readonly sessionId: string;
  readonly role: "user" | "assistant" | "tool";
  /** The whole text; `parts` has the detail. */
  readonly content: MessageContent;
  readonly createdAt: number;
  /** Id of the user message that opened the turn; a user message names itself. */
  readonly turnId?: string | undefined;
  readonly completedAt?: number | undefined;
  readonly toolCalls?: readonly ToolCall[] | undefined;
  readonly toolResults?: readonly ToolResult[] | undefined;
  readonly parts?: readonly Part[] | undefined;
  /** `provider/model`. */
  readonly model?: string | undefined;
  readonly usage?: Usage | undefined;
  readonly stopReason?: StopReason | undefined;
  readonly error?: EngineErrorInfo | undefined;
  /**
   * `true`: the engine's own summary of the conversation, made to shorten it. Where that happened in the middle of a
   * turn it belongs to the turn, but it is no part of its answer.
   */
  readonly summary?: boolean | undefined;
  /** `false`: the turn died with its engine, and this is only what was seen of it. */
  readonly complete?: boolean | undefined;
}
