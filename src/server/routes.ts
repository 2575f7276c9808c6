import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { V1RouteName } from "../v1/paths.ts";
import { announcedCapabilities, expectedCapabilities, SESSION_PAGES } from "../v1/schema/capabilities.ts";
import { openApiDocument } from "../v1/schema/openapi.ts";
import { Bus } from "./bus.ts";
import { eventStreamResponse } from "./event-stream.ts";
import { catalogueRoutes } from "./routes/catalogue.ts";
import type { RouteHandler } from "./routes/exchange.ts";
import { requestRoutes } from "./routes/requests.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { turnRoutes } from "./routes/turns.ts";

export interface RoutesOptions {
  readonly heartbeatMs: number;
}

/** Every route of the contract, answered by the client. What it throws is the caller's to tell. */
export function createRoutes(
  client: ManagedEngineClient,
  { heartbeatMs }: RoutesOptions,
): Readonly<Record<V1RouteName, RouteHandler>> {
  const context = { client, heartbeatMs };
  const bus = new Bus(client);
  return {
    ...sessionRoutes(context),
    ...turnRoutes(context, bus),
    ...requestRoutes(context),
    ...catalogueRoutes(context),
    async events({ request, signal }) {
      const seat = await bus.join(request.headers.get("last-event-id"), signal);
      return eventStreamResponse(seat.log, { ...seat, heartbeatMs, signal });
    },
    async health() {
      const { ok } = await client.health();
      const capabilities = capabilitiesOf(client);
      return Response.json({ ok, version: client.version, heartbeatMs, capabilities });
    },
    openapi: async () => Response.json(openApiDocument()),
  };
}

/** What the engine can do of that which the contract carries. */
function capabilitiesOf({ capabilities }: ManagedEngineClient): Readonly<Record<string, boolean>> {
  const carried = [...expectedCapabilities, ...announcedCapabilities];
  return {
    ...Object.fromEntries(carried.map((name) => [name, capabilities[name]])),
    [SESSION_PAGES]: true,
  };
}
