import { describe, expect, it } from "vitest";
import { defineMachine } from "../../src/lifecycle/machine.ts";

const door = defineMachine({
  name: "door",
  initial: "shut",
  restoredBy: "found",
  states: {
    shut: { push: "open", knock: "shut", ring: "shut", burn: "gone" },
    open: { pull: "shut", burn: "gone" },
    gone: {},
  },
});

/** A word as it comes from a wire or from untyped code: it fits every type and need not be what it says. */
const untyped = (value: unknown) => [value].flat(0)[0] as never;

const strangers: readonly unknown[] = [
  "",
  "constructor",
  "__proto__",
  "toString",
  "hasOwnProperty",
  undefined,
  null,
  0,
  Symbol("shut"),
  ["shut"],
  Object.create(null),
  {
    toString() {
      throw new Error("no word");
    },
  },
];

describe("defineMachine", () => {
  it("lists states and signals once each, in the order of the table", () => {
    expect(door.initial).toBe("shut");
    expect(door.states).toEqual(["shut", "open", "gone"]);
    expect(door.signals).toEqual(["push", "knock", "ring", "burn", "pull"]);
  });

  it("gives the next state", () => {
    expect(door.transition("shut", "push")).toBe("open");
    expect(door.tryTransition("open", "pull")).toEqual({ ok: true, state: "shut" });
    expect(door.can("shut", "knock")).toBe(true);
  });

  it("says why not, and keeps the state", () => {
    expect(door.tryTransition("open", "push")).toEqual({
      ok: false,
      state: "open",
      reason: 'door: "push" refused, "open" takes only pull, burn',
    });
    expect(door.tryTransition("gone", "burn")).toEqual({
      ok: false,
      state: "gone",
      reason: 'door: "burn" refused, "gone" is final',
    });
  });

  it("names an unknown word", () => {
    expect(door.tryTransition(untyped("ajar"), "push")).toMatchObject({
      ok: false,
      state: "ajar",
      reason: 'door: "push" refused, "ajar" is no state',
    });
    expect(door.tryTransition("shut", untyped("kick"))).toMatchObject({
      ok: false,
      state: "shut",
      reason: 'door: "kick" refused, "shut" takes only push, knock, ring, burn',
    });
  });

  it("keeps a reason short whatever the wire sent", () => {
    const result = door.tryTransition("shut", untyped("x".repeat(1_000_000)));
    expect(result.ok || result.reason.length).toBeLessThan(100);
  });

  it("returns the state unchanged where untyped code asks transition() for the impossible", () => {
    expect(door.transition("open", untyped("push"))).toBe("open");
    expect(door.transition(untyped("ajar"), untyped("push"))).toBe("ajar");
  });

  it.each(strangers)("is not thrown off by a stranger (%#)", (stranger) => {
    expect(door.isState(stranger)).toBe(false);
    expect(door.isSignal(stranger)).toBe(false);
    expect(door.can(untyped(stranger), "push")).toBe(false);
    expect(door.can("shut", untyped(stranger))).toBe(false);
    expect(door.tryTransition(untyped(stranger), "push")).toMatchObject({ ok: false, state: stranger });
    expect(door.tryTransition("shut", untyped(stranger))).toMatchObject({ ok: false, state: "shut" });
    expect(door.restore(stranger)).toBeUndefined();
  });

  it("restores any state that it knows, final ones too", () => {
    for (const state of door.states) expect(door.restore(state)).toBe(state);
    expect(door.restore("ajar")).toBeUndefined();
    expect(door.restore("push")).toBeUndefined();
  });

  it("restores nothing without `restoredBy`", () => {
    const oneWay = defineMachine({ name: "one way", initial: "a", states: { a: { go: "b" }, b: {} } });
    expect(oneWay.restore("b")).toBeUndefined();
  });

  it("works taken apart", () => {
    const { tryTransition, can, restore, diagram } = door;
    expect(tryTransition("shut", "push").state).toBe("open");
    expect(can("gone", "push")).toBe(false);
    expect(restore("gone")).toBe("gone");
    expect(diagram()).toBe(door.diagram());
  });

  it("draws the table: one arrow per pair of states, final states, and what restores", () => {
    expect(door.diagram()).toBe(
      [
        "stateDiagram-v2",
        "  [*] --> shut",
        "  shut --> open : push",
        "  shut --> shut : knock, ring",
        "  shut --> gone : burn",
        "  open --> shut : pull",
        "  open --> gone : burn",
        "  gone --> [*]",
        '  state "any state" as any_state',
        "  any_state --> shut : found(shut)",
        "  any_state --> open : found(open)",
        "  any_state --> gone : found(gone)",
      ].join("\n"),
    );
  });
});
