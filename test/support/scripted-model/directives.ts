/**
 * What a script can tell the model to do, as data. In a prompt a directive stands as `[[name arguments]]`, and
 * everything outside directives is ignored; `script.ts` writes that form, `parse-directives.ts` reads it.
 *
 * The directives of a step run in order. `then` ends a step: the first request after a user message runs step 0,
 * the request that brings the first tool result runs step 1, and so on.
 */
export type Directive = Emission | Ending | Transport | Failing | Then | Title;

type Emission =
  /** Text deltas: one per word, or of `size` UTF-16 units each (which can split surrogate pairs), or one (`0`). */
  | { readonly type: "text" | "reasoning"; readonly text: string; readonly size?: number }
  /** `count` deltas, `everyMs` apart; `#` in `text` is the counter. */
  | { readonly type: "repeat"; readonly count: number; readonly everyMs: number; readonly text: string }
  /** One long run of text, 64 characters a line, in deltas of 4096. */
  | { readonly type: "big"; readonly bytes: number }
  /** A tool call, its arguments in one delta or cut into `size` units. Several in a step are parallel calls. */
  | { readonly type: "tool"; readonly name: string; readonly input: unknown; readonly size?: number }
  /** A tool call whose arguments are sent as they stand, JSON or not. */
  | { readonly type: "badtool"; readonly name: string; readonly rawArguments: string };

type Ending =
  /** The finish reason, in the words of the chat-completions wire. Default: `tool_calls` or `stop`. */
  | { readonly type: "finish"; readonly reason: string }
  | ({ readonly type: "usage" } & Partial<TokenUsage>)
  /** No token counts. */
  | { readonly type: "nousage" }
  /** No end mark (`data: [DONE]`) after the last frame. */
  | { readonly type: "nodone" };

type Transport =
  | { readonly type: "delay"; readonly ms: number }
  /** From here on the body is written in slices of `size` bytes, which splits UTF-8 sequences and frames. */
  | { readonly type: "bytes"; readonly size: number }
  /** Drops the socket here; with `times` only for the first requests of the step, later ones go on. */
  | { readonly type: "cut"; readonly times?: number }
  /** Sends nothing more and never finishes. */
  | { readonly type: "hang" }
  /** Waits until the gate is opened from outside. */
  | { readonly type: "gate"; readonly name: string };

/** Failures are answered instead of a stream (but `streamerror`), so they stand first in their step. */
type Failing =
  | ({ readonly type: "error"; readonly status: number; readonly message?: string } & ErrorOptions)
  /** The prompt is longer than the model's context. */
  | { readonly type: "overflow" }
  /** Status 200, then an error in the stream. */
  | { readonly type: "streamerror"; readonly message: string };

type Then = { readonly type: "then" };

/** What to answer when the engine asks for a title of the conversation (its first 24 characters). */
type Title = { readonly type: "title"; readonly title: string };

/** Token counts as the provider reports them. */
export interface TokenUsage {
  readonly input: number;
  readonly output: number;
  readonly cached: number;
  readonly reasoning: number;
}

/** The rest of an `error` directive. */
export interface ErrorOptions {
  /** The provider's error code, such as `invalid_api_key`. */
  readonly code?: string;
  /** The provider's error type. Default `scripted_error`. */
  readonly errorType?: string;
  /** Seconds, sent as `retry-after`. */
  readonly retryAfter?: number;
  /** Milliseconds, sent as `retry-after-ms`. */
  readonly retryAfterMs?: number;
  /** Only the first `times` requests of the step fail; later ones run the rest of it. */
  readonly times?: number;
}

/** Cuts a list of directives into steps. A list has at least one step. */
export function stepsOf(directives: readonly Directive[]): Directive[][] {
  const steps: Directive[][] = [[]];
  for (const directive of directives) {
    if (directive.type === "then") steps.push([]);
    else steps.at(-1)?.push(directive);
  }
  return steps;
}
