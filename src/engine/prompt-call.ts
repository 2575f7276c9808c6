import { EngineError } from "./errors.ts";
import type { TurnStatus } from "./events.ts";
import type { Message, StopReason, ToolCall, Usage } from "./message.ts";
import type { PromptEvent } from "./prompt-events.ts";

/** How a turn ended, with everything of it that was seen. */
export interface PromptResult {
  readonly status: TurnStatus;
  readonly sessionId: string;
  /** Absent when the prompt never reached the engine. */
  readonly turnId?: string | undefined;
  readonly stopReason?: StopReason | undefined;
  /** The final message of the assistant; absent when it said nothing. */
  readonly message?: Message | undefined;
  /** All messages of the assistant in this turn (one for each step), oldest first. */
  readonly messages: readonly Message[];
  /** The text of the whole turn: what the `text_delta`s add up to. */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** Of the whole turn. */
  readonly usage?: Usage | undefined;
  /** Set when `status` is `error`, `aborted`, `lost` or `rejected`. */
  readonly error?: EngineError | undefined;
}

/**
 * An `EngineError` of a turn: `result` holds what was seen of the turn before it failed.
 */
export interface PromptFailure extends EngineError {
  readonly result: PromptResult;
}

/** Did a turn fail with this error? Then `error.result` is the turn as far as it came. */
export function isPromptFailure(error: unknown): error is PromptFailure {
  return EngineError.is(error) && "result" in error;
}

/**
 * A turn that is under way. Iterate it once for its events; the other methods can be used besides, in any number.
 * Leaving the loop early lets go of the turn; the engine goes on. Only `abort()` and the caller's signal stop it.
 */
export interface PromptStream<Result extends PromptResult = PromptResult>
  extends AsyncIterable<PromptEvent>,
    AsyncDisposable {
  /** Names the turn: `turnId` of its messages. `undefined` until the engine has been asked. */
  readonly turnId: string | undefined;
  /**
   * The text of the whole turn, when it is over.
   * @throws EngineError with the partial turn as `result`, when the turn did not complete: `PROMPT_ABORTED`,
   *   `PERMISSION_DENIED` (a denied permission ended it), `TURN_LOST`, `PROVIDER_ERROR`, `RATE_LIMITED`, ...
   */
  text(): Promise<string>;
  /**
   * The whole turn, when it is over. Throws as `text()` does.
   *
   * Of a prompt with `output`: with the answer as `output`, once it fits the schema. If it does not, the model is asked
   * once more, in another turn; then this throws `INVALID_RESPONSE` with the schema's `issues`.
   */
  result(): Promise<Result>;
  /** The whole turn, when it is over. Never rejects: look at `status` and `error`. */
  settled(): Promise<PromptResult>;
  /** Stops the engine's work on this turn. Resolves when the engine has taken it. */
  abort(): Promise<void>;
  /** The events as a web stream. Takes the place of iterating; cancelling it lets go. */
  toReadableStream(): ReadableStream<PromptEvent>;
}

/**
 * What `prompt()` returns at once: await it, iterate it, or ask it for the text; no double `await` is needed.
 * As a promise it resolves when the engine has accepted the prompt.
 *
 * @example
 * ```ts
 * const text = await client.session.prompt(id, "Summarise the diff").text();
 * for await (const event of client.session.prompt(id, "Add validation")) console.log(event);
 * ```
 */
export interface PromptCall<Result extends PromptResult = PromptResult>
  extends Promise<PromptStream<Result>>,
    PromptStream<Result> {
  readonly [Symbol.toStringTag]: string;
}
