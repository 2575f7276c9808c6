import { describe, expect, it } from "vitest";
import { permissionMachine } from "../../src/lifecycle/permission-machine.ts";

const taken = [
  ["pending", "allow", "allowed"],
  ["pending", "deny", "denied"],
  ["pending", "allow_session", "allowed_session"],
  ["pending", "drop", "dropped"],
] as const;

describe("permissionMachine", () => {
  it.each(taken)("%s -- %s --> %s", (state, signal, next) => {
    expect(permissionMachine.tryTransition(state, signal)).toEqual({ ok: true, state: next });
  });

  it.each(["allowed", "denied", "allowed_session", "dropped"] as const)("%s is final", (state) => {
    for (const signal of permissionMachine.signals) {
      expect(permissionMachine.tryTransition(state, signal)).toEqual({
        ok: false,
        state,
        reason: `permission: "${signal}" refused, "${state}" is final`,
      });
    }
  });

  it("has no other states and signals", () => {
    expect(permissionMachine.states).toEqual(["pending", "allowed", "denied", "allowed_session", "dropped"]);
    expect(permissionMachine.signals).toEqual(["allow", "deny", "allow_session", "drop"]);
  });

  it("is not brought back by a list that still has it", () => {
    expect(permissionMachine.restore("pending")).toBeUndefined();
  });
});
