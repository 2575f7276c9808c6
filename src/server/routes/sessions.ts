import { EngineError } from "../../engine/errors.ts";
import { diffQuerySchema, sessionsQuerySchema } from "../../v1/schema/query.ts";
import {
  createSessionBodySchema,
  forkBodySchema,
  revertBodySchema,
  updateSessionBodySchema,
} from "../../v1/schema/request.ts";
import type { sessionOperations } from "../../v1/schema/session-operations.ts";
import { bodyOf, queryOf } from "../schema/read.ts";
import { noContent, type RouteHandler, type RoutesContext } from "./exchange.ts";

/** What is done with sessions as a whole. */
export function sessionRoutes({
  client,
}: RoutesContext): Readonly<Record<keyof typeof sessionOperations, RouteHandler>> {
  const { session } = client;
  return {
    async listSessions({ url, signal }) {
      const { limit, cursor, includeArchived = true, ...query } = queryOf(url, sessionsQuerySchema);
      if (limit !== undefined) {
        return Response.json(await session.page({ ...query, includeArchived, limit, cursor, signal }));
      }
      if (cursor !== undefined) {
        throw new EngineError("INVALID_REQUEST", '"cursor" goes on with a page: send the "limit", too.');
      }
      return Response.json(await session.list({ ...query, includeArchived, signal }));
    },
    async createSession({ request, signal }) {
      const body = await bodyOf(request, createSessionBodySchema);
      return Response.json(await session.create({ ...body, signal }), { status: 201 });
    },
    getSession: async ({ id, signal }) => Response.json(await session.get(id, { signal })),
    async updateSession({ request, id, signal }) {
      const changes = await bodyOf(request, updateSessionBodySchema);
      return Response.json(await session.update(id, changes, { signal }));
    },
    async deleteSession({ id, signal }) {
      await session.delete(id, { signal });
      return noContent();
    },
    async forkSession({ request, id, signal }) {
      const body = await bodyOf(request, forkBodySchema);
      return Response.json(await session.fork(id, { ...body, signal }), { status: 201 });
    },
    async revertSession({ request, id, signal }) {
      const body = await bodyOf(request, revertBodySchema);
      return Response.json(await session.revert(id, { ...body, signal }));
    },
    unrevertSession: async ({ id, signal }) => Response.json(await session.unrevert(id, { signal })),
    todo: async ({ id, signal }) => Response.json(await session.todo(id, { signal })),
    async diff({ url, id, signal }) {
      return Response.json(await session.diff(id, { ...queryOf(url, diffQuerySchema), signal }));
    },
  };
}
