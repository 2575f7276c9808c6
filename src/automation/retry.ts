import { EngineError } from "../engine/errors.ts";
import { delay } from "../engine/scope.ts";

/** Whether, when and how often something that failed is tried again. */
export interface RetryOptions {
  /** How often it is tried at most, the first time counted. */
  readonly attempts: number;
  /** Milliseconds: how long the first wait is at most; each further one at most twice as long. Default: 1000. */
  readonly minDelay?: number | undefined;
  /** Milliseconds: no wait is longer. Who asks for a longer one is not asked again. Default: 60000. */
  readonly maxDelay?: number | undefined;
  /** Told before each wait. */
  readonly onRetry?: ((retry: RetryNews) => void) | undefined;
}

/** What failed, and when it is tried again. */
export interface RetryNews {
  /** The attempt that failed; counts from 1. */
  readonly attempt: number;
  readonly error: EngineError;
  /** Milliseconds until the next one. */
  readonly delayMs: number;
}

/**
 * Does the work again when it failed with a retryable error, after a wait that the signal ends at once.
 * @throws what the last attempt failed with, or the signal's `reason`
 */
export async function retrying<T>(
  retry: RetryOptions,
  signal: AbortSignal,
  work: (attempt: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(attempt);
    } catch (error) {
      const delayMs = waitAfter(attempt, error, retry);
      if (delayMs === undefined || !EngineError.is(error)) throw error;
      retry.onRetry?.({ attempt, error, delayMs });
      await delay(delayMs, signal);
    }
  }
}

/** @throws EngineError `INVALID_REQUEST` */
export function checkRetry({ attempts, minDelay = 0, maxDelay = 0 }: RetryOptions): void {
  if (!Number.isSafeInteger(attempts) || attempts < 1) {
    const message = `The option retry.attempts is ${String(attempts)}; it must be a whole number, 1 or more.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  if (minDelay >= 0 && maxDelay >= 0) return;
  const message = `The options retry.minDelay and maxDelay are ${minDelay} and ${maxDelay}; they must be milliseconds, 0 or more.`;
  throw new EngineError("INVALID_REQUEST", message);
}

/** Milliseconds to wait after this failure. `undefined`: it is the last word. */
function waitAfter(
  attempt: number,
  error: unknown,
  { attempts, minDelay = 1_000, maxDelay = 60_000 }: RetryOptions,
): number | undefined {
  if (attempt >= attempts || !EngineError.is(error) || !error.retryable) return undefined;
  const asked = error.retryAfterMs ?? 0;
  if (asked > maxDelay) return undefined;
  // Full jitter, also behind a wait that was asked for: all who were refused at once were told the same.
  const jitter = Math.random() * Math.min(maxDelay, minDelay * 2 ** (attempt - 1));
  return Math.min(maxDelay, asked + jitter);
}
