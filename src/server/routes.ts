import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { V1RouteName } from "../v1/paths.ts";
import {
  createSessionBodySchema,
  messagesQuerySchema,
  permissionReplyBodySchema,
  promptBodySchema,
} from "../v1/schema/request.ts";
import type { V1Request } from "./body.ts";
import { Bus } from "./bus.ts";
import { eventStreamResponse } from "./event-stream.ts";
import { pageOf } from "./page.ts";
import { Prompts } from "./prompts.ts";
import { readJsonBody, readQuery } from "./read-request.ts";
import { parse } from "./schema/parse.ts";

export interface RoutesOptions {
  readonly heartbeatMs: number;
  /** The server's end: nobody listens to the client from then on. */
  readonly ended?: AbortSignal | undefined;
  /** The OpenAPI document, as this server is reached. */
  readonly document: () => object;
}

/** A request whose route is found. */
export interface Exchange {
  readonly request: V1Request;
  readonly url: URL;
  /** Aborts when the client left. */
  readonly signal: AbortSignal;
  /** What stands in the path for `:id`. */
  readonly id: string;
}

export type RouteHandler = (exchange: Exchange) => Promise<Response>;

/** Every route of the contract, answered by the client. What it throws is the caller's to tell. */
export function createRoutes(
  client: ManagedEngineClient,
  { heartbeatMs, ended, document }: RoutesOptions,
): Readonly<Record<V1RouteName, RouteHandler>> {
  const bus = new Bus(client, ended);
  const prompts = new Prompts(client);

  return {
    listSessions: async ({ signal }) =>
      Response.json(await client.session.list({ includeArchived: true, signal })),
    async createSession({ request, signal }) {
      const body = parse(createSessionBodySchema, await readJsonBody(request), "The body");
      return Response.json(await client.session.create({ ...body, signal }), { status: 201 });
    },
    getSession: async ({ id, signal }) => Response.json(await client.session.get(id, { signal })),
    async abort({ id, signal }) {
      await client.session.abort(id, { signal });
      return noContent();
    },
    async summarize({ id, signal }) {
      return Response.json({ summary: await client.session.summarize(id, { signal }) });
    },

    async listMessages({ url, id, signal }) {
      const { limit, before } = parse(messagesQuerySchema, readQuery(url), "The query");
      const messages = await client.session.messages(id, { signal });
      return Response.json(
        pageOf(messages, { limit: limit === undefined ? undefined : Number(limit), before }),
      );
    },
    async prompt({ request, id, signal }) {
      const body = parse(promptBodySchema, await readJsonBody(request), "The body");
      if (body.noReply) return Response.json(await prompts.store(id, body));
      // What the turn leaves behind (its session's status) is known only to those who listened meanwhile.
      await bus.listen(signal);
      const turn = prompts.send(id, body);
      const messageId = await turn.accepted;
      if (body.async) return Response.json({ messageId }, { status: 202 });
      const { log } = turn;
      return eventStreamResponse(log, { after: log.beginning, heartbeatMs, signal });
    },
    async events({ request, signal }) {
      const seat = await bus.join(request.headers.get("last-event-id"), signal);
      return eventStreamResponse(seat.log, { ...seat, heartbeatMs, signal });
    },

    listPermissions: async ({ signal }) => Response.json(await client.permissions.list({ signal })),
    async replyPermission({ request, id, signal }) {
      const { decision, message } = parse(permissionReplyBodySchema, await readJsonBody(request), "The body");
      await client.permissions.reply(id, decision, { message, signal });
      return noContent();
    },

    async health() {
      const { ok } = await client.health();
      const { storeMessage, permissions, summarize } = client.capabilities;
      const capabilities = { storeMessage, permissions, summarize };
      return Response.json({ ok, version: client.version, heartbeatMs, capabilities });
    },
    openapi: async () => Response.json(document()),
  };
}

function noContent(): Response {
  return new Response(null, { status: 204 });
}
