import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { errorResponse, routeNotFound } from "./errors.ts";
import { createRoutes } from "./routes.ts";
import { matchRoute } from "./routing.ts";

export interface V1HandlerOptions {
  /** What stands before `/v1` in every path, for example `"/engines/acme"`. Default: nothing. */
  readonly prefix?: string | undefined;
  /** The longest silence on an event stream, in milliseconds. Default: 10000. */
  readonly heartbeatMs?: number | undefined;
  /** Takes what went wrong in the server itself; its clients are told no details. Default: nobody is told. */
  readonly onDiagnostic?: DiagnosticHandler | undefined;
}

export type V1Handler = (request: Request) => Promise<Response>;

/**
 * Answers the whole `/v1` contract by any managed client: a fetch handler, for every server that takes one. The client
 * stays its owner's; when it is disposed the streams end, and requests are refused with 503.
 */
export function createV1Handler(client: ManagedEngineClient, options: V1HandlerOptions = {}): V1Handler {
  const { prefix = "", heartbeatMs = 10_000, onDiagnostic = () => {} } = options;
  const routes = createRoutes(client, { heartbeatMs });
  return async (request) => {
    const { signal } = request;
    const url = new URL(request.url);
    const match = matchRoute(request.method, url.pathname, prefix);
    if (match === undefined) return routeNotFound(request.method, url.pathname);
    try {
      return await routes[match.route]({ request, url, signal, id: match.id });
    } catch (cause) {
      // What is thrown because the client left is nobody's failure.
      if (!EngineError.is(cause) && !signal.aborted) {
        const message = `${request.method} ${url.pathname} failed in the server: ${reasonOf(cause)}`;
        onDiagnostic({ level: "error", code: "request_failed", message, cause });
      }
      return errorResponse(cause);
    }
  };
}
