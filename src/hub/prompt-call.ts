import { asyncDispose } from "../engine/async-dispose.ts";
import type { PromptCall, PromptResult, PromptStream } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import type { PromptRun } from "./prompt-run.ts";
import { failureOf } from "./turn-result.ts";

/** A run as its caller holds it: a promise of the accepted stream that is itself the stream. */
export function createPromptCall(run: PromptRun): PromptCall {
  const stream = createPromptStream(run);
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

function createPromptStream(run: PromptRun): PromptStream {
  const result = async (): Promise<PromptResult> => {
    const settled = await run.settled;
    run.throwIfCancelled();
    const failure = failureOf(settled);
    if (failure !== undefined) throw failure;
    return settled;
  };
  return {
    get turnId() {
      return run.turnId;
    },
    [Symbol.asyncIterator]: () => run[Symbol.asyncIterator](),
    result,
    text: async () => (await result()).text,
    settled: () => run.settled,
    abort: () => run.abort(),
    toReadableStream: () => toReadableStream(run[Symbol.asyncIterator]()),
    [asyncDispose]: async () => run.letGo(),
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
