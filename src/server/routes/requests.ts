import { permissionReplyBodySchema, questionReplyBodySchema } from "../../v1/schema/request.ts";
import type { requestOperations } from "../../v1/schema/request-operations.ts";
import { bodyOf } from "../schema/read.ts";
import { noContent, type RouteHandler, type RoutesContext } from "./exchange.ts";

/** What people are asked. */
export function requestRoutes({
  client,
}: RoutesContext): Readonly<Record<keyof typeof requestOperations, RouteHandler>> {
  const { permissions, questions } = client;
  return {
    listPermissions: async ({ signal }) => Response.json(await permissions.list({ signal })),
    async replyPermission({ request, id, signal }) {
      const { decision, message } = await bodyOf(request, permissionReplyBodySchema);
      await permissions.reply(id, decision, { message, signal });
      return noContent();
    },
    listQuestions: async ({ signal }) => Response.json(await questions.list({ signal })),
    async replyQuestion({ request, id, signal }) {
      const body = await bodyOf(request, questionReplyBodySchema);
      if ("answers" in body) await questions.reply(id, body.answers, { signal });
      else await questions.reject(id, { signal });
      return noContent();
    },
  };
}
