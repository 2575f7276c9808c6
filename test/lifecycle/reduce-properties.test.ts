import fc from "fast-check";
import { expect, it } from "vitest";
import { sessionMachine } from "../../src/lifecycle/session-machine.ts";
import { type Happening, happenings } from "./arbitrary-facts.ts";
import { listener } from "./facts.ts";
import { foldMessages, hear } from "./fold-messages.ts";

const anything = happenings({ wild: true });
const RUNS = { numRuns: 500 };

function live(
  log: readonly Happening[],
  afterEach?: (it: ReturnType<typeof listener>, last: Happening) => void,
) {
  const it = listener();
  for (const happening of log) {
    if (happening.type === "fact") it.tell(happening.fact);
    else if (happening.type === "read") it.read(happening.snapshot, happening.final);
    else it.loseTouch();
    afterEach?.(it, happening);
    // The store has forgotten it: whatever comes now is another session's.
    if (happening.type === "fact" && happening.fact.type === "session_deleted") break;
  }
  return it;
}

it("takes anything, and its session is always in a state of the table, doing what that state allows", () => {
  fc.assert(
    fc.property(anything, (log) => {
      live(log, ({ state }, last) => {
        if (last.type === "fact" && last.fact.type === "session_deleted") return;
        const { session, permissions, questions, engineRunning } = state;
        expect(sessionMachine.states).toContain(session.status);
        if (session.status !== "running") expect(session).not.toHaveProperty("activity");
        if (session.activity !== "retrying") expect(session).not.toHaveProperty("retry");
        if (engineRunning && session.activity === "awaiting_permission")
          expect(permissions.size).toBeGreaterThan(0);
        if (engineRunning && session.activity === "awaiting_answer")
          expect(questions.size).toBeGreaterThan(0);
        const wentIdle =
          (last.type === "fact" && last.fact.type === "session_status" && !last.fact.running) ||
          (last.type === "read" && !last.snapshot.running);
        if (wentIdle) expect(permissions.size + questions.size).toBe(0);
        // Nobody waits for ever: an idle engine's session is at rest, unless a turn waits for its last word.
        if (wentIdle && session.status === "running") expect(state.openTurns.size).toBeGreaterThan(0);
      });
    }),
    RUNS,
  );
});

it("is the same every time: a log told again gives the same state and the same events", () => {
  fc.assert(
    fc.property(anything, (log) => {
      const copy: readonly Happening[] = structuredClone(log);
      const [first, second] = [live(log), live(copy)];
      expect(second.events).toEqual(first.events);
      expect(second.state).toEqual(first.state);
    }),
    RUNS,
  );
});

it("changes nothing that it handed out", () => {
  fc.assert(
    fc.property(anything, (log) => {
      const then: string[] = [];
      const it = live(log, ({ events }) => {
        for (const event of events.slice(then.length)) then.push(JSON.stringify(event));
      });
      expect(it.events.map((event) => JSON.stringify(event))).toEqual(then);
    }),
    RUNS,
  );
});

it("tells all: who folds the public events has every message of the working set", () => {
  fc.assert(
    fc.property(anything, (log) => {
      const it = live(log);
      const heard = foldMessages(it.events);
      for (const id of it.state.messages.keys()) {
        const message = it.message(id);
        expect(heard.get(id)).toEqual(message && hear(message));
      }
    }),
    RUNS,
  );
});

it("tells the end of each turn while it is open, and once", () => {
  fc.assert(
    fc.property(anything, (log) => {
      let open: ReadonlySet<string> = new Set();
      let seen = 0;
      live(log, ({ events, state }, last) => {
        const ended = events
          .slice(seen)
          .flatMap((event) => (event.type === "turn_ended" ? [event.turnId] : []));
        seen = events.length;
        expect(ended).toEqual([...new Set(ended)]);
        // What ends was open before, or is opened by the message that ends it.
        if (last.type === "fact" && last.fact.type !== "message_updated")
          for (const turnId of ended) expect(open).toContain(turnId);
        // A reading tells many things at once; a fact can't end a turn and open it again.
        if (last.type === "fact") for (const turnId of ended) expect(state.openTurns).not.toContain(turnId);
        open = new Set(state.openTurns);
      });
    }),
    RUNS,
  );
});
