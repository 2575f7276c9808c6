import type { ManagedEngineClient } from "../../../src/engine/managed-engine-client.ts";

/** What a client of any version can do: no more than the interface had when its version was frozen. */
export type FrozenClient = Omit<ManagedEngineClient, "events">;

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
  ask: async (client, id) => {
    const call = client.session.prompt(id, "Ask", { messageId: "msg_ask", agent: "build", variant: "high" });
    for await (const event of call) {
      if (event.type !== "question_asked") continue;
      const waiting = await client.questions.list();
      await client.questions.reply(event, ["Blue"]);
      return [event, waiting, await call.text()];
    }
    return undefined;
  },
  plan: (client, id) => client.session.prompt(id, "Plan", { messageId: "msg_plan" }).text(),
  todo: (client, id) => client.session.todo(id),
  diff: (client, id) => client.session.diff(id),
  command: (client, id) => client.session.command(id, "review", "HEAD").text(),
  fail: (client, id) => client.session.prompt(id, "Fail", { messageId: "msg_fail" }).text(),
  abort: async (client, id) => {
    const call = client.session.prompt(id, "Wait", { messageId: "msg_wait" });
    for await (const event of call) if (event.type === "text_delta") break;
    await client.session.abort(id);
    return call.text();
  },
  messages: (client, id) => client.session.messages(id),
  summarize: (client, id) => client.session.summarize(id),
  update: (client, id) => client.session.update(id, { title: "Frozen for good", starred: true }),
  revert: (client, id) => client.session.revert(id, { messageId: "msg_fail" }),
  unrevert: (client, id) => client.session.unrevert(id),
  fork: async (client, id) => {
    const fork = await client.session.fork(id, { messageId: "msg_plan" });
    const page = await client.session.list({ limit: 1 });
    await client.session.delete(fork);
    return [fork, page];
  },
  models: (client) => client.models.list(),
  providers: (client) => client.providers.list(),
  agents: (client) => client.agents.list(),
  commands: (client) => client.commands.list({ workingDirectory: "/work" }),
  "mcp status": (client) => client.mcp.status(),
  "mcp add": (client) => client.mcp.add("docs", { type: "remote", url: "https://mcp.test" }),
  "mcp disconnect": (client) => client.mcp.disconnect("files"),
  "mcp connect": (client) => client.mcp.connect("files"),
  "get a session that is not there": (client) => client.session.get("ses_missing"),
  "reply to a permission that is not there": (client) => client.permissions.reply("per_missing", "deny"),
};

/**
 * Uses every route of the contract but that of its document, which is in docs/openapi.json to the byte, and gives what each use came to, as plain data. `client.events` belongs to it from
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
