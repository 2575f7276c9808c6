import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { connectionMachine } from "../../src/lifecycle/connection-machine.ts";
import type { Machine } from "../../src/lifecycle/machine.ts";
import { permissionMachine } from "../../src/lifecycle/permission-machine.ts";
import { sessionMachine } from "../../src/lifecycle/session-machine.ts";
import { toolCallMachine } from "../../src/lifecycle/tool-call-machine.ts";

type Rows = Record<string, Record<string, string>>;

describe("session", () => holdsForEverySequence(sessionMachine));
describe("connection", () => holdsForEverySequence(connectionMachine));
describe("tool call", () => holdsForEverySequence(toolCallMachine));
describe("permission", () => holdsForEverySequence(permissionMachine));

function holdsForEverySequence<Table>(machine: Machine<Table>) {
  type State = Machine<Table>["initial"];
  // Read independently of the machine: what was written in the table, by plain own-property lookups.
  const rows: Rows = JSON.parse(JSON.stringify(machine.table));
  const written = (state: string, signal: string) =>
    Object.hasOwn(rows, state) && Object.hasOwn(rows[state] ?? {}, signal)
      ? rows[state]?.[signal]
      : undefined;

  // Garbage as the wire has it: it fits the type only because nobody checked.
  const garbage = fc.oneof(
    fc.string(),
    fc.constantFrom("constructor", "__proto__", "toString", "valueOf", "restored", ...machine.states),
    fc.anything(),
  ) as fc.Arbitrary<never>;
  const signal = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...machine.signals) }, garbage);
  const state = fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...machine.states) }, garbage);

  /** Every state on the way, from the first to the last. */
  const play = (log: readonly (typeof machine.signals)[number][], from: State = machine.initial): State[] => {
    const visited = [from];
    for (const each of log) visited.push(machine.tryTransition(visited.at(-1) ?? from, each).state);
    return visited;
  };

  it("stays inside the table and never throws", () => {
    fc.assert(
      fc.property(fc.array(signal, { maxLength: 60 }), (log) => {
        for (const visited of play(log)) expect(machine.states).toContain(visited);
      }),
    );
  });

  it("replays a log to the same states, whole or in two halves", () => {
    fc.assert(
      fc.property(fc.array(signal), fc.nat(), (log, cut) => {
        const visited = play(log);
        const at = cut % visited.length;
        expect(play(log)).toEqual(visited);
        expect([...visited.slice(0, at), ...play(log.slice(at), visited[at])]).toEqual(visited);
      }),
    );
  });

  it("ignores refused signals: a log without them leads to the same state", () => {
    fc.assert(
      fc.property(fc.array(signal), (log) => {
        let current = machine.initial;
        const taken = log.filter((each) => {
          const result = machine.tryTransition(current, each);
          current = result.state;
          return result.ok;
        });
        expect(play(taken).at(-1)).toBe(current);
      }),
    );
  });

  it("agrees with the table, with can() and with transition(), for known and unknown words", () => {
    fc.assert(
      fc.property(state, signal, (from, by) => {
        const result = machine.tryTransition(from, by);
        const expected = typeof from === "string" && typeof by === "string" ? written(from, by) : undefined;
        expect(machine.can(from, by)).toBe(expected !== undefined);
        expect(result.ok).toBe(expected !== undefined);
        expect(result.state).toBe(expected ?? from);
        expect(machine.transition(from, by as never)).toBe(expected ?? from);
        if (!result.ok) expect(result.reason).toMatch(new RegExp(`^${machine.name}: .+`));
      }),
    );
  });

  it("never leaves a final state", () => {
    const finals = machine.states.filter((each) => Object.keys(rows[each] ?? {}).length === 0);
    for (const final of finals) {
      fc.assert(
        fc.property(signal, (by) => {
          expect(machine.tryTransition(final, by)).toMatchObject({ ok: false, state: final });
        }),
      );
    }
  });

  it("reaches every state from the initial one", () => {
    const reached = new Set<string>([machine.initial]);
    for (const each of reached) for (const to of Object.values(rows[each] ?? {})) reached.add(to);
    expect([...reached].sort()).toEqual([...machine.states].sort());
  });

  it("restores nothing but its own states", () => {
    fc.assert(
      fc.property(state, (each) => {
        const restored = machine.restore(each);
        if (restored !== undefined) {
          expect(restored).toBe(each);
          expect(machine.states).toContain(restored);
        }
      }),
    );
  });
}
