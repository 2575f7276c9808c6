import type { ManagedEngineClient } from "../../../src/engine/managed-engine-client.ts";

/** What a client of any version can do: no more than this version's interface had when it was frozen. */
export type FrozenClient = Pick<
  ManagedEngineClient,
  "connect" | "health" | "session" | "message" | "permissions" | "registry" | "request"
>;

/** One after the other: what was asked before one begins is answered. */
const steps: Readonly<Record<string, (client: FrozenClient, id: string) => Promise<unknown>>> = {
  connect: (client) => client.connect(),
  health: async (client) => (await client.health()).ok,
  get: (client, id) => client.session.get(id),
  list: (client) => client.session.list(),
  store: (client, id) => client.message.create(id, "A note"),
  prompt: async (client, id) => {
    const call = client.session.prompt(id, "List the files", { messageId: "msg_list" });
    const events: unknown[] = [];
    for await (const event of call) {
      events.push(event);
      if (event.type !== "permission_requested") continue;
      events.push(await client.permissions.list());
      await client.permissions.reply(event, "allow");
    }
    return events;
  },
  fail: (client, id) => client.session.prompt(id, "Fail", { messageId: "msg_fail" }).text(),
  abort: async (client, id) => {
    const call = client.session.prompt(id, "Wait", { messageId: "msg_wait" });
    for await (const event of call) if (event.type === "text_delta") break;
    await client.session.abort(id);
    return call.text();
  },
  messages: (client, id) => client.session.messages(id),
  summarize: (client, id) => client.session.summarize(id),
  "get a session that is not there": (client) => client.session.get("ses_missing"),
  "reply to a permission that is not there": (client) => client.permissions.reply("per_missing", "deny"),
  openapi: async (client) => Object.keys(Object(await client.request("GET", "/v1/openapi.json"))),
};

/**
 * Uses every route of the contract, and gives what each use came to, as plain data. `client.events` belongs to it from
 * the first step to the last.
 */
export async function useEveryRoute(client: FrozenClient): Promise<Readonly<Record<string, unknown>>> {
  const { id, ...created } = await client.session.create({ title: "Frozen", workingDirectory: "/work" });
  const results: Record<string, unknown> = { create: { id, ...created } };
  for (const [name, step] of Object.entries(steps)) results[name] = await outcome(step(client, id));
  return JSON.parse(JSON.stringify(results));
}

async function outcome(work: Promise<unknown>): Promise<unknown> {
  try {
    return (await work) ?? null;
  } catch (error) {
    const { code, message, sessionId, retryAfterMs }: Record<string, unknown> = Object(error);
    return { error: { code, message, sessionId, retryAfterMs } };
  }
}
