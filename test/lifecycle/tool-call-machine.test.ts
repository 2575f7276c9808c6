import { describe, expect, it } from "vitest";
import type { ToolCallStatus } from "../../src/lifecycle/tool-call-machine.ts";
import { toolCallMachine } from "../../src/lifecycle/tool-call-machine.ts";

const taken = [
  ["pending", "tool_pending", "pending"],
  ["pending", "tool_running", "running"],
  ["pending", "tool_success", "success"],
  ["pending", "tool_error", "error"],
  ["pending", "tool_cancelled", "error"],
  ["running", "tool_running", "running"],
  ["running", "tool_success", "success"],
  ["running", "tool_error", "error"],
  ["running", "tool_cancelled", "error"],
] as const;

describe("toolCallMachine", () => {
  it.each(taken)("%s -- %s --> %s", (state, signal, next) => {
    expect(toolCallMachine.tryTransition(state, signal)).toEqual({ ok: true, state: next });
  });

  it("takes nothing else", () => {
    const possible = toolCallMachine.states.flatMap((state) =>
      toolCallMachine.signals.filter((signal) => toolCallMachine.can(state, signal)).map((s) => [state, s]),
    );
    expect(possible).toEqual(taken.map(([state, signal]) => [state, signal]));
  });

  it.each<[string, ToolCallStatus[], ToolCallStatus]>([
    ["a command with growing output", ["pending", "running", "running", "running", "success"], "success"],
    ["a failing command", ["pending", "running", "error"], "error"],
    ["a denied or aborted call", ["pending", "error"], "error"],
    ["an invalid tool", ["pending", "pending", "success"], "success"],
    ["a duplicated tail", ["pending", "running", "success", "running", "success", "error"], "success"],
    ["reports in the wrong order", ["running", "pending"], "running"],
  ])("follows %s as it is reported", (_, reports, end) => {
    const status = reports.reduce<ToolCallStatus>(
      (state, report) => toolCallMachine.tryTransition(state, `tool_${report}`).state,
      toolCallMachine.initial,
    );
    expect(status).toBe(end);
  });

  it("says why a late report changes nothing", () => {
    expect(toolCallMachine.tryTransition("success", "tool_running")).toEqual({
      ok: false,
      state: "success",
      reason: 'tool call: "tool_running" refused, "success" is final',
    });
  });

  it("is restored from a message that was read again", () => {
    for (const state of toolCallMachine.states) expect(toolCallMachine.restore(state)).toBe(state);
    expect(toolCallMachine.restore("completed")).toBeUndefined();
  });
});
