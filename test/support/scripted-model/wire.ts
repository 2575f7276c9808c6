import type { TokenUsage } from "./directives.ts";

/**
 * The seam between what a script says and how a provider's protocol says it. A wire is one object literal: it reads
 * requests, and encodes replies as frames. It knows no sockets, no scripts and no timing.
 */
export interface Wire {
  /** Names the wire in the request log. */
  readonly id: string;
  /** Whether a request to this path is one for this wire. */
  accepts(method: string, pathname: string): boolean;
  /** What a request asks, from its JSON body and its path. Never throws: what is missing is empty. */
  read(body: unknown, pathname: string): ModelTurn;
  /** The content type of a streamed reply. */
  readonly contentType: string;
  /** A new streamed reply. */
  encode(head: ReplyHead): ReplyEncoder;
  /** The JSON body of a reply that was asked for in one piece. */
  inOnePiece(head: ReplyHead, text: string): unknown;
  /** The JSON body of a failed request. */
  failure(failure: Failure): unknown;
  /** How this provider says that the prompt is too long. */
  readonly overflow: Failure;
}

/** What a request asks of the model. */
export interface ModelTurn {
  readonly model: string;
  /** False where the answer is wanted in one piece. */
  readonly streamed: boolean;
  /** The system prompt. */
  readonly system: string;
  /** The conversation without the system prompt, oldest first. */
  readonly messages: readonly TurnMessage[];
  /** Names of the tools on offer. */
  readonly tools: readonly string[];
}

/** A message of the conversation: its text parts, joined by line breaks. */
export interface TurnMessage {
  readonly role: string;
  readonly text: string;
}

/** What every frame of a reply repeats. */
export interface ReplyHead {
  /** Unique within the server. */
  readonly number: number;
  readonly model: string;
}

/** A piece of the body: text, or bytes where the wire is binary. */
export type Frame = string | Uint8Array;

/** Encodes one reply. It may hold state, such as the number of the next tool call. */
export interface ReplyEncoder {
  text(delta: string): Frame[];
  reasoning(delta: string): Frame[];
  /** A tool call with its arguments in the given pieces. */
  toolCall(name: string, argumentPieces: readonly string[]): Frame[];
  end(end: ReplyEnd): Frame[];
  /** An error in the middle of the stream. */
  failure(failure: Failure): Frame[];
}

/** How a reply ends. */
export interface ReplyEnd {
  /** The scripted finish reason, in the words of chat completions; undefined is the natural one. */
  readonly finish: string | undefined;
  /** Undefined leaves the token counts out. */
  readonly usage: TokenUsage | undefined;
  /** Whether to send the end mark, where the wire has one. */
  readonly mark: boolean;
}

/** An error as providers tell it. */
export interface Failure {
  /** The HTTP status, also of one that comes inside a stream. */
  readonly status: number;
  readonly message: string;
  readonly type: string;
  readonly code?: string | undefined;
}
