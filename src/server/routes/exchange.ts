import type { ManagedEngineClient } from "../../engine/managed-engine-client.ts";

/** A request whose route is found. */
export interface Exchange {
  readonly request: Request;
  readonly url: URL;
  /** Aborts when the client left. */
  readonly signal: AbortSignal;
  /** What stands in the path for `:id` or `:name`. */
  readonly id: string;
}

export type RouteHandler = (exchange: Exchange) => Promise<Response>;

/** What all routes answer with. */
export interface RoutesContext {
  readonly client: ManagedEngineClient;
  /** The longest silence on an event stream, in milliseconds. */
  readonly heartbeatMs: number;
}

export function noContent(): Response {
  return new Response(null, { status: 204 });
}
