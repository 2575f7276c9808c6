import type { DriverEvent } from "../../../engine/driver-events.ts";
import { EngineError } from "../../../engine/errors.ts";
import type { EngineEvent } from "../../../engine/events.ts";
import { equal, ok } from "../assert.ts";
import type { Rule } from "../rule.ts";
import type { Stage } from "../stage.ts";
import { answering, collect, fold, record, TEXT } from "../turn.ts";

export const wireRules: readonly Rule[] = [
  {
    number: "R27",
    says: "the wire breaks in the middle of a text: nothing is lost, nothing comes twice",
    needsDriver: true,
    check: (stage) => breakInText(stage, new EngineError("ENGINE_UNAVAILABLE", "The wire broke.")),
  },
  {
    number: "R28",
    says: "the wire ends cleanly in the middle of a text: that is no end of the turn",
    needsDriver: true,
    check: (stage) => breakInText(stage, undefined),
  },
  {
    number: "R29",
    says: "a turn that ends while the wire is broken is told when it is there again",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      const told = record(client, session);
      faults.dropAt({ at: isAnswer(session.id), until: isIdle(session.id) });
      const call = client.session.prompt(session, await brain.say(TEXT));
      const events = await collect(call);
      equal((await call.settled()).status, "completed", "How the turn ended");
      equal(fold(events).text, TEXT, "What was told of the turn");
      mustHaveGap(told);
    },
  },
  {
    number: "R30",
    says: "what is asked while the wire is broken is found when it is there again",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      const told = record(client, session);
      const asked = isRequest(session.id);
      // Engines ask before or after they tell of the tool.
      const at = (event: DriverEvent) => isTool(session.id)(event) || asked(event);
      faults.dropAt({ at, until: asked });
      const call = client.session.prompt(session, await brain.askPermission(TEXT));
      const { requests } = await answering(call, (request) => client.permissions.reply(request, "allow"));
      equal(requests.length, 1, "The number of requests");
      equal(await call.text(), TEXT, "The text of the turn");
      mustHaveGap(told);
    },
  },
  {
    number: "R31",
    says: "an event that nobody knows is passed on, and nothing else happens",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      const told = record(client, session);
      const unknown = {
        type: "unknown",
        sessionId: session.id,
        name: "news.of.tomorrow",
        raw: { a: 1 },
      } as const;
      faults.onPrompt = () => faults.say(unknown);
      const call = client.session.prompt(session, await brain.say(TEXT));
      equal(fold(await collect(call)).text, TEXT, "What was told of the turn");
      equal((await call.settled()).status, "completed", "How the turn ended");
      const passed = told.filter((event) => event.type === "unknown" && event.name === unknown.name);
      equal(passed, [unknown], "What was passed on");
    },
  },
];

async function breakInText(
  { faultyClient, session: create, brain }: Stage,
  error: Error | undefined,
): Promise<void> {
  const { client, faults } = await faultyClient();
  const session = await create(client);
  const told = record(client, session);
  let deltas = 0;
  const at = (event: DriverEvent) => {
    if (event.type === "part_delta" && event.sessionId === session.id) deltas += 1;
    return deltas === 2 || isIdle(session.id)(event);
  };
  faults.dropAt({ at, error });
  const call = client.session.prompt(session, await brain.say(TEXT));
  const events = await collect(call);
  equal((await call.settled()).status, "completed", "How the turn ended");
  equal(fold(events).text, TEXT, "What was told of the turn");
  mustHaveGap(told);
}

function mustHaveGap(told: readonly EngineEvent[]): void {
  const types = told.flatMap(({ type }) => (type === "stream_gap" || type === "stream_resynced" ? type : []));
  ok(types.length > 0, "The rule broke no wire: the engine told nothing of an answer.");
  equal(types, ["stream_gap", "stream_resynced"], "What was told of the broken wire");
}

type Matches = (event: DriverEvent) => boolean;

const isAnswer =
  (sessionId: string): Matches =>
  (event) =>
    event.type === "message_updated" &&
    event.message.sessionId === sessionId &&
    event.message.role === "assistant";

const isTool =
  (sessionId: string): Matches =>
  (event) =>
    event.type === "part_updated" && event.sessionId === sessionId && event.part.type === "tool";

const isRequest =
  (sessionId: string): Matches =>
  (event) =>
    event.type === "permission_requested" && event.request.sessionId === sessionId;

const isIdle =
  (sessionId: string): Matches =>
  (event) =>
    (event.type === "turn_ended" || (event.type === "session_status" && !event.running)) &&
    event.sessionId === sessionId;
