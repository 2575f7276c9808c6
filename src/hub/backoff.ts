import { EngineError } from "../engine/errors.ts";

const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Milliseconds to wait before the next attempt: exponential with full jitter, so that clients do not come in step. */
export function backoff(attempt: number): number {
  return Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 16));
}

/** No further attempt will change this: the address, the password or the engine is the wrong one. */
export function isFinal(error: unknown): boolean {
  return EngineError.is(error) && !error.retryable;
}
