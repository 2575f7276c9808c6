import { messagesQuerySchema } from "../../v1/schema/query.ts";
import { commandBodySchema, promptBodySchema } from "../../v1/schema/request.ts";
import type { turnOperations } from "../../v1/schema/turn-operations.ts";
import type { Bus } from "../bus.ts";
import { eventStreamResponse } from "../event-stream.ts";
import { pageOf } from "../page.ts";
import { Prompts } from "../prompts.ts";
import { bodyOf, queryOf } from "../schema/read.ts";
import type { Turn } from "../turn.ts";
import { noContent, type RouteHandler, type RoutesContext } from "./exchange.ts";

/** What goes on in a session. */
export function turnRoutes(
  { client, heartbeatMs }: RoutesContext,
  bus: Bus,
): Readonly<Record<keyof typeof turnOperations, RouteHandler>> {
  const { session } = client;
  const prompts = new Prompts(client);

  const follow = async (open: () => Turn, async: boolean | undefined, signal: AbortSignal) => {
    // What the turn leaves behind (its session's status) is known only to those who listened meanwhile.
    await bus.listen(signal);
    const { accepted, log } = open();
    const messageId = await accepted;
    if (async) return Response.json({ messageId }, { status: 202 });
    return eventStreamResponse(log, { after: log.beginning, heartbeatMs, signal });
  };

  return {
    async listMessages({ url, id, signal }) {
      const page = queryOf(url, messagesQuerySchema);
      return Response.json(pageOf(await session.messages(id, { signal }), page));
    },
    async prompt({ request, id, signal }) {
      const body = await bodyOf(request, promptBodySchema);
      if (body.noReply) return Response.json(await prompts.store(id, body));
      return follow(() => prompts.send(id, body), body.async, signal);
    },
    async command({ request, id, signal }) {
      const body = await bodyOf(request, commandBodySchema);
      return follow(() => prompts.run(id, body), body.async, signal);
    },
    async abort({ id, signal }) {
      await session.abort(id, { signal });
      return noContent();
    },
    async summarize({ id, signal }) {
      return Response.json({ summary: await session.summarize(id, { signal }) });
    },
  };
}
