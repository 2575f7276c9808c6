import { describe, expect, it } from "vitest";
import { sessionMachine } from "../../src/lifecycle/session-machine.ts";

/** The table of the design, written a second time on purpose. */
const taken = [
  ["idle", "prompt_started", "running"],
  ["running", "prompt_started", "running"],
  ["running", "prompt_completed", "completed"],
  ["running", "prompt_failed", "error"],
  ["running", "prompt_aborted", "idle"],
  ["running", "prompt_rejected", "idle"],
  ["running", "prompt_superseded", "running"],
  ["running", "prompt_lost", "error"],
  ["completed", "prompt_started", "running"],
  ["error", "prompt_started", "running"],
] as const;

describe("sessionMachine", () => {
  it.each(taken)("%s -- %s --> %s", (state, signal, next) => {
    expect(sessionMachine.tryTransition(state, signal)).toEqual({ ok: true, state: next });
  });

  it("takes nothing else", () => {
    const possible = sessionMachine.states.flatMap((state) =>
      sessionMachine.signals.filter((signal) => sessionMachine.can(state, signal)).map((s) => [state, s]),
    );
    expect(possible).toEqual(taken.map(([state, signal]) => [state, signal]));
  });

  it("starts idle, and runs a prompt from wherever it is", () => {
    expect(sessionMachine.initial).toBe("idle");
    for (const state of sessionMachine.states) {
      expect(sessionMachine.transition(state, "prompt_started")).toBe("running");
    }
  });

  it("is not reopened or ended again by a second, stale end of the turn", () => {
    expect(sessionMachine.tryTransition("completed", "prompt_aborted").state).toBe("completed");
    expect(sessionMachine.tryTransition("error", "prompt_completed").state).toBe("error");
    expect(sessionMachine.tryTransition("idle", "prompt_completed")).toEqual({
      ok: false,
      state: "idle",
      reason: 'session: "prompt_completed" refused, "idle" takes only prompt_started',
    });
  });

  it("restores every state, and no word besides", () => {
    for (const state of sessionMachine.states) expect(sessionMachine.restore(state)).toBe(state);
    expect(sessionMachine.restore("busy")).toBeUndefined();
    expect(sessionMachine.restore({ type: "idle" })).toBeUndefined();
  });
});
