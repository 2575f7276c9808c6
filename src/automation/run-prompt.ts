import { asyncDispose } from "../engine/async-dispose.ts";
import type { CreateSessionOptions } from "../engine/call-options.ts";
import type { EngineClient, PromptOpts } from "../engine/engine-client.ts";
import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { OutputIn, OutputResult, OutputSchema } from "../engine/output.ts";
import { isPromptFailure, type PromptFailure, type PromptResult } from "../engine/prompt-call.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { scoped } from "../engine/scope.ts";
import type { Session } from "../engine/session.ts";
import { failureOf } from "../hub/turn-result.ts";
import { startPlainTurn } from "./plain-turn.ts";
import { checkRetry, type RetryOptions, retrying } from "./retry.ts";
import { isManaged, startTurn, type Turn, type TurnOptions } from "./turn.ts";

export interface RunPromptOptions
  extends CreateSessionOptions,
    Omit<PromptOpts, "signal" | "messageId" | "ifRunning"> {
  readonly prompt: PromptContent;
  /**
   * Told everything that happens; the next thing waits until this is done. Who answers permission requests does it here:
   * without it, and without anybody else who listens, they are denied. What it throws stops the engine, and is what the
   * run rejects with.
   */
  readonly onEvent?: ((event: PromptEvent) => void | Promise<void>) | undefined;
  /**
   * Tries again what failed and may go well the next time (`error.retryable`), in the same session. A prompt for which the
   * model has called a tool is not sent again. Default: it is tried once.
   */
  readonly retry?: RetryOptions | undefined;
  /** Deletes the session when all is over, whatever came of it. Default: false. */
  readonly deleteSession?: boolean | undefined;
}

/** What a client that was written by hand can do. */
export type PlainRunPromptOptions = Omit<RunPromptOptions, "prompt" | "onEvent" | "deleteSession"> & {
  readonly prompt: string;
};

export interface RunPromptResult extends PromptResult {
  /** As it was created. */
  readonly session: Session;
  /** How often the prompt was tried. */
  readonly attempts: number;
  /** Why the session could not be deleted, where it was to be. */
  readonly deleteError?: unknown;
}

type AnyRunPromptOptions = RunPromptOptions & Pick<TurnOptions, "output">;

/** A run that is under way: a promise of its result. The end of its `await using` stops the engine. */
export interface RunPromptCall<Result extends RunPromptResult = RunPromptResult>
  extends Promise<Result>,
    AsyncDisposable {
  /** Stops the engine, if it still works on it. Resolves when that is done, and all is over. */
  abort(): Promise<void>;
}

/**
 * Creates a session, sends it a prompt, and gives the result: what a script needs. Nothing goes on when it is left early:
 * the caller's signal, `abort()`, the end of its `await using`, and an `onEvent` that throws stop the engine.
 *
 * @example
 * ```ts
 * const { text } = await runPrompt(client, {
 *   prompt: "Summarise the diff",
 *   signal: AbortSignal.timeout(600_000),
 *   retry: { attempts: 3 },
 * });
 * ```
 * @throws what `session.create` throws; an EngineError with the partial turn as `result`, as the `result()` of a prompt;
 *   the signal's own `reason`; `INVALID_REQUEST` (options that make no sense)
 */
export function runPrompt<Schema extends OutputSchema>(
  client: ManagedEngineClient,
  options: RunPromptOptions & { readonly output: Schema },
): RunPromptCall<RunPromptResult & OutputResult<OutputIn<Schema>>>;
export function runPrompt(client: ManagedEngineClient, options: RunPromptOptions): RunPromptCall;
export function runPrompt(client: EngineClient, options: PlainRunPromptOptions): RunPromptCall;
export function runPrompt(client: EngineClient, options: AnyRunPromptOptions): RunPromptCall {
  const left = new AbortController();
  let turn: Turn | undefined;
  const result = run(client, options, left.signal, (begun) => {
    turn = begun;
  });
  // Who leaves it does not wait for it as well.
  result.catch(() => {});
  const abort = async () => {
    left.abort(
      new EngineError("PROMPT_ABORTED", "This run was aborted by its caller.", { engine: client.id }),
    );
    await turn?.stop();
    await Promise.allSettled([result]);
  };
  return Object.assign(result, { abort, [asyncDispose]: abort });
}

async function run(
  client: EngineClient,
  options: AnyRunPromptOptions,
  left: AbortSignal,
  begin: (turn: Turn) => void,
): Promise<RunPromptResult> {
  const { prompt, onEvent, retry = { attempts: 1 }, deleteSession = false, signal, ...rest } = options;
  const { title, model, workingDirectory, systemPrompt, reviewEdits, ...promptOptions } = rest;
  checkRetry(retry);
  if (!isManaged(client) && (deleteSession || onEvent !== undefined || rest.output !== undefined)) {
    const message = `The options deleteSession, onEvent and output need a client of createEngineClient(); ${client.name} is none.`;
    throw new EngineError("UNSUPPORTED", message, { engine: client.id });
  }
  const ended = signal === undefined ? left : AbortSignal.any([signal, left]);
  let session: Session | undefined;
  let failure: PromptFailure | undefined;

  const create = () =>
    scoped([ended], (scope) => {
      const wanted = { title, model, workingDirectory, systemPrompt, reviewEdits, signal: scope };
      return client.session.create(wanted);
    });

  const attempt = async (number: number): Promise<RunPromptResult> => {
    session ??= await create();
    if (failure !== undefined && (await hasCalledTools(client, failure, ended))) throw notAgain(failure);
    ended.throwIfAborted();
    const request = { sessionId: session.id, prompt, onEvent, options: { ...promptOptions, signal } };
    const turn = isManaged(client) ? startTurn(client, request) : startPlainTurn(client, request);
    begin(turn);
    try {
      return { session, attempts: number, ...(await turn.result) };
    } catch (error) {
      if (!isPromptFailure(error)) throw error;
      failure = error;
      const wouldRepeat = error.retryable && number < retry.attempts;
      throw wouldRepeat && error.result.toolCalls.length > 0 ? notAgain(error) : error;
    }
  };

  let deleteError: unknown;
  const tidyUp = async () => {
    if (!deleteSession || session === undefined || !isManaged(client)) return;
    await client.session.delete(session).catch((error: unknown) => {
      deleteError = error;
    });
  };
  // Where the run fails, that is what is told, and not that it could not tidy up either.
  const result = await retrying(retry, ended, attempt).finally(tidyUp);
  return deleteError === undefined ? result : { ...result, deleteError };
}

/** With these the client gave up, and not the engine. */
const MAY_GO_ON: ReadonlySet<string> = new Set(["TIMEOUT", "ENGINE_UNAVAILABLE"]);

/** By the engine's own records: of a turn that failed not everything may have been heard. */
async function hasCalledTools(
  client: EngineClient,
  { code, result: { sessionId } }: PromptFailure,
  signal: AbortSignal,
): Promise<boolean> {
  const messages = await scoped([signal], async () => {
    // While it goes on, it could call one as soon as this was read.
    if (MAY_GO_ON.has(code)) await client.session.abort(sessionId);
    return client.session.messages(sessionId);
  });
  return messages.some(({ toolCalls = [] }) => toolCalls.length > 0);
}

function notAgain({ code, message, engine, sessionId, result }: PromptFailure): EngineError {
  const told = `${message} The prompt was not sent again: the model has called tools, which would be called again.`;
  const error = new EngineError(code, told, { engine, sessionId, retryable: false });
  return failureOf({ ...result, error }) ?? error;
}
