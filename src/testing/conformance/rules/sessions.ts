import { equal, ok } from "../assert.ts";
import type { Rule } from "../rule.ts";
import { record, recordStatus, stands, TEXT } from "../turn.ts";

export const sessionRules: readonly Rule[] = [
  {
    number: "R01",
    says: "a new session is idle, and is found by its id and in the list",
    async check({ client: open, session: create }) {
      const client = await open();
      const session = await create(client);
      equal(session.status, "idle", "The status of a new session");
      equal(session.engineId, client.id, "The engine of a new session");
      const found = await client.session.get(session);
      equal([found.id, found.status], [session.id, "idle"], "The session that is found by its id");
      const ids = (await client.session.list()).map(({ id }) => id);
      ok(ids.includes(session.id), `The list must have the new session ${session.id}.`);
    },
  },
  {
    number: "R02",
    says: "a session is idle, runs while it is prompted, and is completed",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      await stands(client, session, "idle");
      const seen = recordStatus(client, session);
      await client.session.prompt(session, await brain.say(TEXT)).settled();
      await stands(client, session, "completed");
      equal(seen, ["idle", "running", "completed"], "How the session stood, one after the other");
    },
  },
  {
    number: "R03",
    says: "a turn that fails leaves its session in error, and the next one can be prompted",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      await client.session.prompt(session, await brain.fail()).settled();
      await stands(client, session, "error");
      await client.session.prompt(session, await brain.say(TEXT)).settled();
      await stands(client, session, "completed");
    },
  },
  {
    number: "R04",
    says: "who comes later finds a session as it rests",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      await client.session.prompt(session, await brain.say(TEXT)).settled();
      const late = await open();
      equal(
        late.registry.get(session)?.status,
        "completed",
        "The status that a client finds who comes later",
      );
    },
  },
  {
    number: "R05",
    says: "what is read later is what was told",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const told = record(client, session);
      const result = await client.session.prompt(session, await brain.say(TEXT)).result();
      const late = await open();
      const messages = await late.session.messages(session);
      const read = messages.filter(({ role, turnId }) => role === "assistant" && turnId === result.turnId);
      const essence = read.map(({ id, content, stopReason, error }) => ({ id, content, stopReason, error }));
      const expected = result.messages.map(({ id, content, stopReason, error }) => ({
        id,
        content,
        stopReason,
        error,
      }));
      ok(expected.length > 0, "The turn must have a message of the assistant.");
      equal(essence, expected, "The messages that are read later");
      const known = new Set(messages.map(({ id }) => id));
      const unknown = told.filter(
        (event) => event.type === "message_created" && !known.has(event.message.id),
      );
      equal(unknown, [], "The messages that were told and can't be read");
    },
  },
];
