import { EngineError, type EngineErrorCode, type EngineErrorInfo } from "../engine/errors.ts";

/** The contract's table. What is not in it is the server's own failure. */
const STATUS_OF: ReadonlyMap<EngineErrorCode, number> = new Map([
  ["INVALID_REQUEST", 400],
  ["AUTH_REQUIRED", 401],
  ["PERMISSION_DENIED", 403],
  ["SESSION_NOT_FOUND", 404],
  ["PERMISSION_NOT_FOUND", 404],
  ["QUESTION_NOT_FOUND", 404],
  ["SESSION_RUNNING", 409],
  ["CONTEXT_OVERFLOW", 413],
  ["RATE_LIMITED", 429],
  ["UNSUPPORTED", 501],
  ["ENGINE_UNAVAILABLE", 503],
  ["TIMEOUT", 504],
]);

/** What is told of a mistake in this program: nothing of its inside. */
const UNEXPECTED: EngineErrorInfo = {
  code: "UNKNOWN",
  message: "The server failed at this request; its log says why.",
};

/** Any failure as the contract tells it. */
export function errorResponse(error: unknown): Response {
  const told = EngineError.is(error) ? error.toJSON() : UNEXPECTED;
  return refuse(STATUS_OF.get(told.code) ?? 500, told);
}

export function routeNotFound(method: string, pathname: string): Response {
  return refuse(404, { code: "UNSUPPORTED", message: `There is no route ${method} ${pathname} here.` });
}

function refuse(status: number, error: EngineErrorInfo): Response {
  const { retryAfterMs } = error;
  const headers: HeadersInit =
    retryAfterMs === undefined ? {} : { "retry-after": String(Math.ceil(retryAfterMs / 1000)) };
  return Response.json({ error }, { status, headers });
}
