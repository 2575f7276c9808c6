import { EngineError } from "../engine/errors.ts";

const FIRST_MS = 250;
const LONGEST_MS = 10_000;
/** While the outage is new: an engine that starts again is back in seconds, and turns and prompts wait for it. */
const LONGEST_NEW_MS = 2_000;

/** Milliseconds to wait before the next attempt: exponential with full jitter, so that clients do not come in step. */
export function backoff(attempt: number, isNew = false): number {
  const longest = isNew ? LONGEST_NEW_MS : LONGEST_MS;
  return Math.random() * Math.min(longest, FIRST_MS * 2 ** Math.min(attempt, 16));
}

/** What no further attempt will change, whatever was there before. */
const FINAL: ReadonlySet<string> = new Set([
  "AUTH_REQUIRED",
  "PERMISSION_DENIED",
  "CONFIG_INVALID",
  "UNSUPPORTED",
  "INVALID_REQUEST",
  "PROCESS_FAILED",
]);

/**
 * No further attempt will change this: the address, the password or the engine is the wrong one. `wasThere`: the engine
 * was there before; then what answers in its place (a proxy's page, while it starts again) is not the last word.
 */
export function isFinal(error: unknown, wasThere: boolean): boolean {
  if (!EngineError.is(error)) return false;
  if (FINAL.has(error.code)) return true;
  return !error.retryable && !(wasThere && error.code === "INVALID_RESPONSE");
}
