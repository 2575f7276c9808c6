import type { EngineEvent } from "../../../engine/events.ts";
import { equal, fails, ok } from "../assert.ts";
import type { Rule } from "../rule.ts";
import { collect, record, spoken, stands, TEXT } from "../turn.ts";

export const eventRules: readonly Rule[] = [
  {
    number: "R32",
    says: "a reader who is too slow fails alone, with EVENT_OVERFLOW",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const slow = client.events.stream({ sessionId: session, limit: 1 })[Symbol.asyncIterator]();
      const quick = record(client, session);
      const call = client.session.prompt(session, await brain.say(TEXT));
      await collect(call);
      await stands(client, session, "completed");
      const reading = collect({ [Symbol.asyncIterator]: () => slow });
      await fails(reading, "EVENT_OVERFLOW", "a reader who is too slow");
      equal(textIn(quick), TEXT, "What another reader got meanwhile");
    },
  },
  {
    number: "R33",
    says: "a handler that throws hurts nobody else",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      client.events.subscribe(() => {
        throw new Error("A handler's own mistake.");
      });
      const told = record(client, session);
      equal(await client.session.prompt(session, await brain.say(TEXT)).text(), TEXT, "The text of the turn");
      equal(textIn(told), TEXT, "What another handler got");
    },
  },
  {
    number: "R34",
    says: "two clients of an engine see each other's sessions and turns",
    async check({ client: open, session: create, brain }) {
      const [here, there] = [await open(), await open()];
      const news = there.events.stream({ types: ["session_created", "session_updated"] });
      const heard = news[Symbol.asyncIterator]();
      const session = await create(here);
      const told = record(there, session);
      for (let next = await heard.next(); !next.done; next = await heard.next())
        if (next.value.session.id === session.id) break;
      await heard.return?.();
      const { turnId } = await here.session.prompt(session, await brain.say(TEXT)).result();
      await stands(there, session, "completed");
      equal(textIn(told), TEXT, "What the other client was told of the text");
      const ended = told.find((event) => event.type === "turn_ended");
      const end = ended?.type === "turn_ended" ? [ended.turnId, ended.status] : [];
      equal(end, [turnId, "completed"], "What the other client was told of the turn's end");
    },
  },
  {
    number: "R35",
    says: "what one client is asked, another can answer",
    async check({ client: open, session: create, brain }) {
      const [here, there] = [await open(), await open()];
      const session = await create(here);
      // Somebody is here, but the other is quicker.
      record(here, session);
      const asked = there.events.stream({ types: ["permission_requested"] })[Symbol.asyncIterator]();
      const call = here.session.prompt(session, await brain.askPermission(TEXT));
      for (let next = await asked.next(); !next.done; next = await asked.next()) {
        if (next.value.sessionId !== session.id) continue;
        await there.permissions.reply(next.value, "allow");
        break;
      }
      await asked.return?.();
      equal(await call.text(), TEXT, "The text of the turn");
      equal(here.registry.permissions(session), [], "The requests that still wait");
    },
  },
  {
    number: "R36",
    says: "what one client stops, the other is told as PROMPT_ABORTED",
    async check({ client: open, session: create, brain }) {
      const [here, there] = [await open(), await open()];
      const session = await create(here);
      const speaking = spoken(there, session);
      const call = here.session.prompt(session, await brain.wait(TEXT));
      await speaking;
      await there.session.abort(session);
      const error = await fails(call.text(), "PROMPT_ABORTED", "a turn that somebody else aborted");
      ok("result" in error, "The error must carry the turn as far as it came.");
      await stands(there, session, "idle");
    },
  },
];

function textIn(events: readonly EngineEvent[]): string {
  return events
    .flatMap((event) => (event.type === "message_delta" && event.kind === "text" ? event.delta : []))
    .join("");
}
