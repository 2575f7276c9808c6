import type { HealthStatus } from "../engine/engine-client.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import type { Link } from "../hub/link.ts";

const HEALTH_TIMEOUT_MS = 5_000;

/** Makes `client.health()`: it never fails, and answers in five seconds whatever the engine does. */
export function createHealth(name: string, link: Link): () => Promise<HealthStatus> {
  return async () => {
    const started = performance.now();
    try {
      const late = () => new EngineError("TIMEOUT", `${name} did not answer in ${HEALTH_TIMEOUT_MS} ms.`);
      return await withDeadline(HEALTH_TIMEOUT_MS, late, [], (signal) =>
        link.use(signal, (connection, scope) => connection.health({ signal: scope })),
      );
    } catch (error) {
      const latencyMs = performance.now() - started;
      return { ok: false, latencyMs, error: reasonOf(error) };
    }
  };
}
