/**
 * The `/v1` contract over any client: a fetch handler, and a server of its own for Node, Bun and Deno.
 * @module
 */
export { createV1Handler, type V1Handler, type V1HandlerOptions } from "./server/handler.ts";
export { type ServeV1Options, serveV1, type V1Server } from "./server/serve.ts";
