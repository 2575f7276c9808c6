import type { DriverCall } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { Http, HttpCall } from "../http.ts";

/** A question that one kind of server answers in its own way. */
export interface Probe<T> {
  readonly path: string;
  /** Resolves with what the answer told; throws if it is not the answer of such a server. */
  ask(path: string, call: HttpCall): Promise<T>;
}

/** Milliseconds that one question may take: a server that is not ready yet accepts and never answers. */
const PROBE_TIMEOUT_MS = 5_000;

/** Who is not reached, or not let in, or put off, has learned nothing of what is there. */
const NO_VERDICT: ReadonlySet<string> = new Set([
  "ENGINE_UNAVAILABLE",
  "AUTH_REQUIRED",
  "PERMISSION_DENIED",
  "RATE_LIMITED",
  "TIMEOUT",
]);

/**
 * Asks one question after the other until one is answered as it should be. A status alone says nothing: OpenCode
 * answers unknown routes with 200 and a web page, older releases with an error of their proxy.
 * @throws EngineError `INVALID_RESPONSE` when something else is there; `ENGINE_UNAVAILABLE`, `AUTH_REQUIRED`,
 *   `TIMEOUT` and the like when that can't be found out
 */
export async function detect<T>(
  probes: readonly Probe<T>[],
  http: Pick<Http, "baseUrl" | "timeout">,
  { signal }: DriverCall,
): Promise<T> {
  const failures: EngineError[] = [];
  for (const { path, ask } of probes) {
    try {
      return await ask(path, { signal, timeout: Math.min(PROBE_TIMEOUT_MS, http.timeout) });
    } catch (error) {
      const isVerdict = EngineError.is(error) && error.status !== undefined && !NO_VERDICT.has(error.code);
      if (!isVerdict) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  const others = probes.slice(1).map(({ path }) => path);
  const besides = others.length === 0 ? "" : ` The answers of ${others.join(", ")} did not fit either.`;
  throw new EngineError(
    "INVALID_RESPONSE",
    `What answers at ${http.baseUrl} is no engine that this client knows. ${first?.message}${besides}`,
    {
      engine: "opencode",
      status: first?.status,
      retryable: first?.retryable,
      cause: new AggregateError(failures, "Every question was answered otherwise than an engine does."),
    },
  );
}
