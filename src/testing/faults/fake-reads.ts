import type { MessageRecord } from "./fake-records.ts";
import { badRequest, type FakeRoute, noSession, notFound, ok } from "./fake-routes.ts";

/** The routes that tell what is on record. */
export const fakeReads: readonly FakeRoute[] = [
  {
    method: "GET",
    path: "/global/health",
    answer: (_, { version }) => ok({ healthy: true, version }),
  },
  {
    method: "GET",
    path: "/experimental/session",
    answer({ query }, { records }) {
      const archived = query.get("archived") === "true";
      const sessions = records.sessions(query.get("directory") ?? undefined);
      return ok(sessions.filter(({ time }) => archived || !time?.archived));
    },
  },
  {
    method: "GET",
    path: "/session",
    answer: ({ directory }, { records }) => ok(records.sessions(directory)),
  },
  {
    method: "GET",
    path: "/session/status",
    answer: ({ directory }, { records }) => ok(records.statuses(directory)),
  },
  {
    method: "GET",
    path: "/session/:id",
    answer({ id }, { records }) {
      const session = records.session(id);
      return session === undefined ? noSession(id) : ok(session);
    },
  },
  {
    method: "GET",
    path: "/session/:id/message",
    answer({ id, query }, { records }) {
      if (records.session(id) === undefined) return noSession(id);
      const page = newest(records.messages(id), query.get("limit"));
      return unreadable(page) ?? ok(page);
    },
  },
  {
    method: "GET",
    path: "/session/:id/message/:other",
    answer({ id, other }, { records }) {
      const message = records.messages(id).find(({ info }) => info.id === other);
      return message === undefined ? notFound(`Message not found: ${other}`) : ok(message);
    },
  },
  {
    method: "GET",
    path: "/session/:id/diff",
    answer({ id, query }, { records }) {
      const prompt = records.messages(id).find(({ info }) => info.id === query.get("messageID"));
      const summary = prompt?.info.summary;
      const hasDiffs = typeof summary === "object" && summary !== null && "diffs" in summary;
      return ok(hasDiffs ? summary.diffs : []);
    },
  },
  {
    method: "GET",
    path: "/permission",
    answer: ({ directory }, { records }) => ok(records.requests("permission", directory)),
  },
  {
    method: "GET",
    path: "/question",
    answer: ({ directory }, { records }) => ok(records.requests("question", directory)),
  },
  { method: "GET", path: "/config", answer: () => ok({}) },
  {
    method: "GET",
    path: "/config/providers",
    answer: (_, { models }) => ok(providersOf(models)),
  },
];

/** The newest `limit` of them. What is no number, or below zero, is no limit. */
function newest(messages: readonly MessageRecord[], limit: string | null): readonly MessageRecord[] {
  const count = limit === null ? Number.NaN : Number(limit);
  return count >= 0 ? messages.slice(Math.max(0, messages.length - count)) : messages;
}

/** The real one can't tell messages whose prompt asked for a format: a fault of its own, and it stays. */
function unreadable(messages: readonly MessageRecord[]) {
  const index = messages.findIndex(({ info }) => info.format !== undefined);
  if (index < 0) return undefined;
  const got = JSON.stringify(messages[index]?.info.format);
  return badRequest(`Expected OutputFormatJsonSchema, got ${got}\n  at [${index}]["info"]["format"]`, "Body");
}

function providersOf(names: readonly string[]) {
  const models = names.map((name) => {
    const [providerID = "", ...rest] = name.split("/");
    return { providerID, id: rest.join("/") };
  });
  const ids = [...new Set(models.map(({ providerID }) => providerID))];
  const of = (id: string) => models.filter(({ providerID }) => providerID === id);
  const modelsOf = (provider: string) =>
    Object.fromEntries(of(provider).map((model) => [model.id, { ...model, name: model.id }]));
  return {
    providers: ids.map((id) => ({ id, name: id, source: "config", models: modelsOf(id) })),
    default: Object.fromEntries(ids.map((id) => [id, of(id)[0]?.id ?? ""])),
  };
}
