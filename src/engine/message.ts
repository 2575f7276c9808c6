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

/** What became of a file. `hunksOf(diff)` has it line by line. */
export interface FileDiff {
  /** As the engine names it: absolute in requests and tool calls, mostly; below the repository's root in the rest. */
  readonly path: string;
  /** What it was called before, of a renamed one. Engines that do not look for that tell a deleted and an added file. */
  readonly previousPath?: string | undefined;
  readonly status: "added" | "modified" | "deleted" | "renamed";
  /** Lines; 0 of a binary file. */
  readonly additions: number;
  /** Lines; 0 of a binary file. */
  readonly deletions: number;
  /** The unified diff. Empty where the engine makes none: of a binary file. */
  readonly patch: string;
}

/** A file or an image that stands in a message, or that a tool brought back. */
export interface Attachment {
  readonly type: "image" | "file";
  readonly url: string;
  readonly mimeType?: string | undefined;
  readonly name?: string | undefined;
}

/** Which tool of which MCP server. */
export interface McpTool {
  /** The server's name, as `client.mcp.status()` has it. */
  readonly server: string;
  /** Of the server's tools, as the engine writes it: what is no letter, digit, `-` or `_` has become `_` in OpenCode. */
  readonly tool: string;
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
  /** On the engine's machine, where the whole output is: of one so long that `output` is only a part of it. */
  readonly outputPath?: string | undefined;
  /** Why it failed, when `status` is `"error"`. */
  readonly error?: string | undefined;
  /** Unix milliseconds. */
  readonly startedAt?: number | undefined;
  /** Unix milliseconds. */
  readonly endedAt?: number | undefined;
  /** What it changed in files, where the engine says so. */
  readonly diff?: readonly FileDiff[] | undefined;
  /** What it brought back besides its output, for example the image that it read. */
  readonly attachments?: readonly Attachment[] | undefined;
  /** Where it is a tool of an MCP server, and the engine's servers are known. */
  readonly mcp?: McpTool | undefined;
  /** The session of the subagent that it started. */
  readonly childSessionId?: string | undefined;
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

export interface AttachmentPart extends Attachment {
  readonly id: string;
}

/** A piece of a message, in the order in which the engine made it. */
export type Part = TextPart | ReasoningPart | ToolPart | AttachmentPart;

/** What an answer, or several, took of a model. No token is in two of the counts. */
export interface Usage {
  /** Read by the model, but neither from its cache nor into it. */
  readonly inputTokens: number;
  /** Written by the model, but for its reasoning. */
  readonly outputTokens: number;
  readonly reasoningTokens?: number | undefined;
  /** Read from the provider's cache. */
  readonly cachedTokens?: number | undefined;
  /** Read, and written into the provider's cache. */
  readonly cacheWriteTokens?: number | undefined;
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
