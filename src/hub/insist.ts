import { EngineError } from "../engine/errors.ts";
import { delay } from "../engine/scope.ts";

/** Milliseconds before each further attempt. */
const AGAIN_AFTER_MS = [100, 400, 1_600];

/** The connection broke, or nobody answers: the same again may reach the engine. */
function mayReach(error: unknown): boolean {
  return EngineError.is(error) && error.retryable && error.code !== "RATE_LIMITED";
}

/** Does something that may be done twice until it succeeds, a few times. `attempt` counts from 0. */
export async function insist<T>(signal: AbortSignal, work: (attempt: number) => Promise<T>): Promise<T> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      const wait = AGAIN_AFTER_MS[attempt];
      if (wait === undefined || signal.aborted || !mayReach(error)) throw error;
      await delay(wait, signal);
    }
  }
}
