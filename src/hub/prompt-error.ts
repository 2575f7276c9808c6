import { EngineError, type EngineErrorOptions, reasonOf } from "../engine/errors.ts";

/** What a prompt ends with that its own caller stopped. */
export function promptAborted(cause: unknown, options: EngineErrorOptions): EngineError {
  if (EngineError.is(cause, "PROMPT_ABORTED")) return cause;
  return new EngineError("PROMPT_ABORTED", "This prompt was aborted by its caller.", { ...options, cause });
}

/** What a prompt ends with that failed on its way. */
export function promptFailed(cause: unknown, options: EngineErrorOptions): EngineError {
  if (EngineError.is(cause)) return cause;
  const message = `The prompt failed: ${reasonOf(cause)}`;
  return new EngineError("UNKNOWN", message, { ...options, cause });
}
