import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { passwordGuard } from "./auth.ts";
import { withBodyLimit } from "./body.ts";
import { createCors, isPreflight, preflightResponse } from "./cors.ts";
import { errorResponse, methodNotAllowed, routeNotFound } from "./errors.ts";
import { hostGuard } from "./hosts.ts";
import { servedDocument } from "./openapi.ts";
import { createRoutes } from "./routes.ts";
import { matchRoute, methodsAt, readPrefix } from "./routing.ts";

export interface V1HandlerOptions {
  /** What stands before `/v1` in every path, for example `"/engines/acme"`. Default: nothing. */
  readonly prefix?: string | undefined;
  /** Wanted of every request, as a bearer token or by HTTP Basic with any user name. Default: none is wanted. */
  readonly password?: string | undefined;
  /**
   * Web pages of other origins that may use this server, such as `"https://app.example.com"`. Default: none; requests
   * that no page has sent are not concerned.
   */
  readonly allowedOrigins?: readonly string[] | undefined;
  /** The only names, without ports, under which this server answers. Default: every name; `serveV1()` sets it. */
  readonly allowedHosts?: readonly string[] | undefined;
  /** The most that is taken of a request's body, in bytes. Default: 32 MiB. */
  readonly maxBodyBytes?: number | undefined;
  /** The longest silence on an event stream, in milliseconds. Default: 10000. */
  readonly heartbeatMs?: number | undefined;
  /** When it aborts the event streams end, and whatever is still asked is refused with 503. Default: never. */
  readonly signal?: AbortSignal | undefined;
  /** Takes what went wrong in the server itself; its clients are told no details. Default: nobody is told. */
  readonly onDiagnostic?: DiagnosticHandler | undefined;
}

export type V1Handler = (request: Request) => Promise<Response>;

const CLOSED = "This server is being closed.";
const MAX_BODY_BYTES = 32 * 1024 * 1024;

/**
 * Answers the whole `/v1` contract by any managed client: a fetch handler, for every server that takes one. It never
 * rejects. The client stays its owner's; when it is disposed the streams end, and requests are refused with 503.
 *
 * @example
 * ```ts
 * const client = createEngineClient(acmeDriver({ baseUrl }));
 * const handle = createV1Handler(client, { prefix: "/engines/acme", password: process.env.ENGINE_PASSWORD });
 * app.all("/engines/acme/*", (context) => handle(context.req.raw));
 * ```
 * @throws EngineError `CONFIG_INVALID` for an option that makes no sense
 */
export function createV1Handler(client: ManagedEngineClient, options: V1HandlerOptions = {}): V1Handler {
  const { heartbeatMs = 10_000, maxBodyBytes = MAX_BODY_BYTES, onDiagnostic = () => {} } = options;
  const { password, signal: ended } = options;
  const prefix = readPrefix(options.prefix ?? "");
  const cors = createCors(options.allowedOrigins ?? []);
  // The password last: before a page sends it, its browser asks without it.
  const strangers = [hostGuard(options.allowedHosts), cors.guard];
  const known = passwordGuard(password);
  const document = () => servedDocument({ prefix, hasPassword: password !== undefined });
  const routes = createRoutes(client, { heartbeatMs, ended, document });

  const answer = async (request: Request, signal: AbortSignal): Promise<Response> => {
    const url = new URL(request.url);
    const { pathname } = url;
    for (const guard of strangers) {
      const refusal = await guard(request);
      if (refusal !== undefined) return refusal;
    }
    const methods = methodsAt(pathname, prefix);
    if (isPreflight(request)) return preflightResponse(request, methods);
    const refusal = await known(request);
    if (refusal !== undefined) return refusal;
    if (ended?.aborted) throw new EngineError("ENGINE_UNAVAILABLE", CLOSED);
    const method = request.method === "HEAD" ? "GET" : request.method;
    const match = matchRoute(method, pathname, prefix);
    if (match !== undefined) {
      const { route, id } = match;
      return routes[route]({ request: withBodyLimit(request, maxBodyBytes), url, signal, id });
    }
    if (methods.length === 0) return routeNotFound(method, pathname);
    if (method === "OPTIONS")
      return new Response(null, { status: 204, headers: { allow: methods.join(", ") } });
    return methodNotAllowed(method, pathname, methods);
  };

  const settle = async (request: Request): Promise<Response> => {
    const signal = ended === undefined ? request.signal : AbortSignal.any([request.signal, ended]);
    try {
      return await answer(request, signal);
    } catch (cause) {
      // What is thrown because the client left is nobody's failure.
      if (!EngineError.is(cause) && !signal.aborted) {
        // Without the query: that may hold anything.
        const path = request.url.replace(/^\w+:\/\/[^/]*|[?#].*$/g, "");
        const message = `${request.method} ${path} failed in the server: ${reasonOf(cause)}`;
        onDiagnostic({ level: "error", code: "request_failed", message, cause });
      }
      const isCutShort = ended?.aborted === true && !EngineError.is(cause);
      return errorResponse(isCutShort ? new EngineError("ENGINE_UNAVAILABLE", CLOSED) : cause);
    }
  };

  return async (request) => {
    const response = cors.mark(request, await settle(request));
    return request.method === "HEAD" ? headOf(response) : response;
  };
}

/** An answer without its body; of an event stream nobody reads on. */
async function headOf({ body, status, headers }: Response): Promise<Response> {
  await body?.cancel();
  return new Response(null, { status, headers });
}
