import type { DriverEvent } from "../../../engine/driver-events.ts";
import { equal, ok } from "../assert.ts";
import { playByHand } from "../play-by-hand.ts";
import type { Rule } from "../rule.ts";
import { collect, fold, isText, record, stands, TEXT, until } from "../turn.ts";

export const promptRules: readonly Rule[] = [
  {
    number: "R06",
    says: "listening has begun when events() resolves, whenever it is read",
    needsDriver: true,
    async check({ driver, brain, signal }) {
      const { told, text } = await playByHand(await driver(), await brain.say(TEXT), signal);
      equal(text, TEXT, `The text in what was told (${told.join(", ")})`);
    },
  },
  {
    number: "R07",
    says: "the engine is listened to before a prompt is sent",
    needsDriver: true,
    async check({ freshClient, session: create, brain }) {
      const { client, faults } = await freshClient();
      const session = await create(client);
      const heard: boolean[] = [];
      faults.onPrompt = (_, wasHeard) => heard.push(wasHeard);
      const call = client.session.prompt(session, await brain.say(TEXT));
      equal(fold(await collect(call)).text, TEXT, "What was told of a client's first turn");
      equal(heard, [true], "Whether the engine was listened to when it was prompted");
    },
  },
  {
    number: "R08",
    says: "deltas add up to the final message",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.say(TEXT));
      const events = await collect(call);
      const result = await call.settled();
      equal(result.status, "completed", "How the turn ended");
      equal(result.text, TEXT, "The text of the turn");
      equal(fold(events).text, TEXT, "What the deltas add up to");
      const deltas = events.filter(isText);
      ok(deltas.length > 1, "The text must come in several deltas, as the model says it.");
      equal(result.message?.content.text, TEXT, "The text of the final message");
    },
  },
  {
    number: "R09",
    says: "messages are read in order, and name their turn",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const turns: unknown[] = [];
      for (const text of ["First.", "Second."]) {
        const prompt = await brain.say(text);
        const { turnId } = await client.session.prompt(session, prompt).result();
        turns.push(["user", turnId, prompt], ["assistant", turnId, text]);
      }
      const messages = await client.session.messages(session);
      const read = messages.map(({ role, turnId, content }) => [role, turnId, content.text]);
      equal(read, turns, "The messages, each by its role, its turn and its text");
      const users = messages.filter(({ role }) => role === "user");
      for (const { id, turnId } of users) equal(id, turnId, "The turn of a user's message");
    },
  },
  {
    number: "R10",
    says: "a turn ends once, with message_done as its last event",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const told = record(client, session);
      const call = client.session.prompt(session, await brain.say(TEXT));
      const events = await collect(call);
      const ends = events.filter(({ type }) => type === "message_done" || type === "error");
      equal(ends.length, 1, "How often the prompt's events say that the turn is over");
      equal(events.at(-1)?.type, "message_done", "The last event");
      // What would come late has come when another turn is over.
      await client.session.prompt(session, await brain.say("Next.")).settled();
      const ended = told.flatMap((event) =>
        event.type === "turn_ended" && event.turnId === call.turnId ? event.status : [],
      );
      equal(ended, ["completed"], "What was told of the turn's end");
    },
  },
  {
    number: "R11",
    says: "prompts to a busy session are answered one after the other, each by itself",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const texts = ["First of three.", "Second of three.", "Third of three."];
      const prompts = await Promise.all(texts.map((text) => brain.say(text)));
      const calls = prompts.map((prompt) => client.session.prompt(session, prompt));
      equal(await Promise.all(calls.map((call) => call.text())), texts, "The answers");
      equal(new Set(calls.map(({ turnId }) => turnId)).size, 3, "The number of turns");
      const said = (await client.session.messages(session)).filter(({ role }) => role === "assistant");
      equal(
        said.map(({ content }) => content.text),
        texts,
        "The answers, in the order of the record",
      );
    },
  },
  {
    number: "R12",
    says: "turns of several sessions at once do not mix",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const texts = ["a", "b", "c"].map((name) => `${name} ${TEXT}`);
      const answers = texts.map(async (text) => {
        const session = await create(client);
        const call = client.session.prompt(session, await brain.say(text));
        return fold(await collect(call)).text;
      });
      equal(await Promise.all(answers), texts, "The answers");
    },
  },
  {
    number: "R13",
    says: "who leaves the loop lets go, and the engine goes on",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.wait(TEXT));
      await until(call, isText, "text");
      // Time for the engine to stop, if it had been told to.
      await client.session.prompt(await create(client), await brain.say(TEXT)).text();
      equal(client.registry.get(session)?.status, "running", "The status of a session that nobody reads");
      await call.abort();
      equal((await call.settled()).status, "aborted", "How the turn ended");
    },
  },
  {
    number: "R14",
    says: "a stale idle does not end a turn",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      const idle: DriverEvent = { type: "session_status", sessionId: session.id, running: false };
      faults.onPrompt = () => faults.say(idle);
      let isSaid = false;
      faults.pass = (event) => {
        if (event.type !== "part_delta" || event.sessionId !== session.id || isSaid) return [event];
        isSaid = true;
        return [event, idle];
      };
      const call = client.session.prompt(session, await brain.say(TEXT));
      const events = await collect(call);
      equal((await call.settled()).status, "completed", "How the turn ended");
      equal(fold(events).text, TEXT, "What was told of the turn, although an old idle came into it");
    },
  },
  {
    number: "R15",
    says: "an end that is said twice ends nothing twice",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      faults.pass = (event) => (isEnd(event) ? [event, event] : [event]);
      const told = record(client, session);
      for (const text of ["First.", "Second."]) {
        equal(await client.session.prompt(session, await brain.say(text)).text(), text, "The answer");
        await stands(client, session, "completed");
      }
      const ends = told.flatMap((event) => (event.type === "turn_ended" ? event.status : []));
      equal(ends, ["completed", "completed"], "What was told of the ends of two turns");
    },
  },
];

function isEnd(event: DriverEvent): boolean {
  return event.type === "turn_ended" || (event.type === "session_status" && !event.running);
}
