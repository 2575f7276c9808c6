import { asyncDispose } from "../engine/async-dispose.ts";
import type { PromptCall, PromptResult, PromptStream } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import type { PromptRun } from "./prompt-run.ts";
import { failureOf } from "./turn-result.ts";

/** What is still to be done with a completed turn before its caller gets it. */
export interface PromptEnding<Result extends PromptResult> {
  /** May be asked for several times, with the same result. */
  finish(result: PromptResult): Promise<Result>;
  /** Stops what it began. */
  abort(): Promise<void>;
  letGo(): void;
}

const nothingElse: PromptEnding<PromptResult> = {
  finish: async (result) => result,
  abort: async () => {},
  letGo: () => {},
};

/** A run as its caller holds it: a promise of the accepted stream that is itself the stream. */
export function createPromptCall(run: PromptRun): PromptCall;
export function createPromptCall<Result extends PromptResult>(
  run: PromptRun,
  ending: PromptEnding<Result>,
): PromptCall<Result>;
export function createPromptCall(
  run: PromptRun,
  ending: PromptEnding<PromptResult> = nothingElse,
): PromptCall {
  const stream = createPromptStream(run, ending);
  const accepted = run.accepted.then(
    () => stream,
    (error: unknown) => {
      run.throwIfCancelled();
      throw error;
    },
  );
  // A call that is iterated, or asked for its text, is not awaited as well.
  accepted.catch(() => {});
  const call = Object.assign(accepted, stream);
  // Copied, it would stay what it is now.
  Object.defineProperty(call, "turnId", { get: () => run.turnId });
  return call;
}

/** The whole turn, when it is over: what `result()` resolves or rejects with. */
export async function completedResult(run: PromptRun): Promise<PromptResult> {
  const settled = await run.settled;
  run.throwIfCancelled();
  const failure = failureOf(settled);
  if (failure !== undefined) throw failure;
  return settled;
}

function createPromptStream(run: PromptRun, ending: PromptEnding<PromptResult>): PromptStream {
  return {
    get turnId() {
      return run.turnId;
    },
    [Symbol.asyncIterator]: () => run[Symbol.asyncIterator](),
    result: async () => ending.finish(await completedResult(run)),
    text: async () => (await completedResult(run)).text,
    settled: () => run.settled,
    abort: async () => {
      await Promise.all([run.abort(), ending.abort()]);
    },
    toReadableStream: () => toReadableStream(run[Symbol.asyncIterator]()),
    [asyncDispose]: async () => {
      run.letGo();
      ending.letGo();
    },
  };
}

function toReadableStream(events: AsyncIterator<PromptEvent>): ReadableStream<PromptEvent> {
  return new ReadableStream<PromptEvent>(
    {
      async pull(controller) {
        const { done, value } = await events.next();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel() {
        await events.return?.();
      },
    },
    // The channel is the buffer; a second one here would only delay.
    { highWaterMark: 0 },
  );
}
