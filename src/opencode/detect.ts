import { EngineError } from "../engine/errors.ts";
import type { Http } from "../http.ts";
import { healthSchema } from "./native/schema.ts";

/** Milliseconds that the first question may take: a server that is not ready yet accepts and never answers. */
const PROBE_TIMEOUT_MS = 5_000;

export interface Detected {
  readonly version: string;
}

/**
 * Finds out whether OpenCode answers, and which release. A status alone says nothing: its unknown routes answer 200
 * with a web page.
 * @throws EngineError `INVALID_RESPONSE` when something else answers; as `Http.json` otherwise
 */
export async function detect(http: Http, signal: AbortSignal | undefined): Promise<Detected> {
  try {
    const health = await http.json("GET", "/global/health", healthSchema, {
      signal,
      timeout: Math.min(PROBE_TIMEOUT_MS, http.timeout),
    });
    return { version: health.value.version };
  } catch (cause) {
    if (!EngineError.is(cause, "INVALID_RESPONSE")) throw cause;
    const message = `What answers at ${http.baseUrl} is not an OpenCode server: ${cause.message}`;
    const { status, retryable } = cause;
    throw new EngineError("INVALID_RESPONSE", message, { engine: "opencode", status, retryable, cause });
  }
}
