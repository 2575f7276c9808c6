import { equal, fails, ok } from "../assert.ts";
import type { Rule } from "../rule.ts";
import { answering, record, TEXT } from "../turn.ts";
import { unknownLike } from "../unknown-like.ts";

export const permissionRules: readonly Rule[] = [
  {
    number: "R17",
    says: "allow: the tool waits, and runs when it is allowed",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const told = record(client, session);
      const call = client.session.prompt(session, await brain.askPermission(TEXT));
      const { requests } = await answering(call, async (request) => {
        equal(request.sessionId, session.id, "The session of the request");
        ok(request.tool && request.description, "A request names its tool, and describes what it wants.");
        equal(client.registry.get(session)?.activity, "awaiting_permission", "What the session does");
        const listed = (await client.permissions.list()).map(({ permissionId }) => permissionId);
        ok(listed.includes(request.permissionId), "The request must be listed while it waits.");
        await client.permissions.reply(request, "allow");
      });
      equal(requests.length, 1, "The number of requests");
      const result = await call.result();
      equal(result.text, TEXT, "The text of the turn");
      equal(
        result.toolCalls.map(({ status }) => status),
        ["success"],
        "How the tool ended",
      );
      const resolved = told.flatMap((event) => (event.type === "permission_resolved" ? event.decision : []));
      equal(resolved, ["allow"], "What was told of the answer");
      const waiting = (await client.permissions.list()).filter(({ sessionId }) => sessionId === session.id);
      equal(waiting, [], "The requests that still wait");
    },
  },
  {
    number: "R18",
    says: "deny: the tool does not run, and the turn comes to its end",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.askPermission(TEXT));
      await answering(call, (request) => client.permissions.reply(request, "deny"));
      const { status, toolCalls } = await call.settled();
      ok(status === "rejected" || status === "completed", `A turn must not end as ${status} by a denial.`);
      equal(toolCalls[0]?.status, "error", "How the tool ended that was denied");
      const rests = status === "rejected" ? "idle" : "completed";
      equal(client.registry.get(session)?.status, rests, "How the session rests");
    },
  },
  {
    number: "R19",
    says: "allow_session: the like of it is not asked again in this session, but in others",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const prompt = async (session: Awaited<ReturnType<typeof create>>) => {
        const call = client.session.prompt(session, await brain.askPermission(TEXT));
        const { requests } = await answering(call, (request) =>
          client.permissions.reply(request, "allow_session"),
        );
        equal(await call.text(), TEXT, "The text of the turn");
        return requests.length;
      };
      const session = await create(client);
      equal(await prompt(session), 1, "The number of requests in the first turn");
      equal(await prompt(session), 0, "The number of requests when it was allowed for the session");
      equal(await prompt(await create(client)), 1, "The number of requests in another session");
    },
  },
  {
    number: "R20",
    says: "a request is answered once: after that, and when there is none, it is PERMISSION_NOT_FOUND",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.askPermission(TEXT));
      const { requests } = await answering(call, async (request) => {
        const unknown = unknownLike(request.permissionId);
        await fails(client.permissions.reply(unknown, "allow"), "PERMISSION_NOT_FOUND", "an unknown request");
        await client.permissions.reply(request, "allow");
      });
      await call.settled();
      const again = client.permissions.reply(requests[0] ?? "", "allow");
      await fails(again, "PERMISSION_NOT_FOUND", "a second answer");
    },
  },
];
