import { EngineError, reasonOf } from "../engine/errors.ts";

/** What became of a request that got no answer, or only a part of one. */
export function networkError(error: unknown, where: string, engine: string): EngineError {
  // Not what ky or fetch make of it: ky's error holds the request, and with it the credentials.
  const cause = innermost(error);
  const reason = reasonOf(cause);
  // That is Node's; other platforms do not tell it from a connection that failed.
  if (cause instanceof Error && cause.name === "HTTPParserError") {
    const message = `${where} was answered by something that does not speak HTTP (${reason}). Check baseUrl.`;
    return new EngineError("INVALID_RESPONSE", message, { engine, cause });
  }
  const advice = "Check that the engine is running, and that baseUrl is its address.";
  return new EngineError("ENGINE_UNAVAILABLE", `${where} failed: ${reason}. ${advice}`, { engine, cause });
}

/** Nothing listens there, at none of the host's addresses. Browsers do not tell. */
export function isRefused(error: unknown): boolean {
  const inner = innermost(error);
  return inner instanceof Error && "code" in inner && inner.code === "ECONNREFUSED";
}

/** Fetch wraps "connection refused" twice. */
function innermost(error: unknown): unknown {
  let inner = error;
  while (inner instanceof Error && inner.cause instanceof Error) inner = inner.cause;
  return inner;
}

/** An answer that had begun did not come to its end. */
export function brokeOff(where: string, cause: unknown): EngineError {
  if (EngineError.is(cause)) return cause;
  return new EngineError("ENGINE_UNAVAILABLE", `${where} broke off: ${reasonOf(cause)}`, { cause });
}
