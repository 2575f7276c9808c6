import { describe, expectTypeOf, it } from "vitest";
import type { ConnectionSignal, ConnectionStatus } from "../../src/lifecycle/connection-machine.ts";
import { connectionMachine } from "../../src/lifecycle/connection-machine.ts";
import type { TransitionResult } from "../../src/lifecycle/machine.ts";
import { defineMachine } from "../../src/lifecycle/machine.ts";
import type { PermissionSignal, PermissionStatus } from "../../src/lifecycle/permission-machine.ts";
import { permissionMachine } from "../../src/lifecycle/permission-machine.ts";
import type { SessionSignal, SessionStatus } from "../../src/lifecycle/session-machine.ts";
import { sessionMachine } from "../../src/lifecycle/session-machine.ts";
import type { ToolCallSignal, ToolCallStatus } from "../../src/lifecycle/tool-call-machine.ts";
import { toolCallMachine } from "../../src/lifecycle/tool-call-machine.ts";

declare const status: SessionStatus;
declare const signal: SessionSignal;
declare const fromTheWire: string;

describe("states and signals come from the tables", () => {
  it("session", () => {
    expectTypeOf<SessionStatus>().toEqualTypeOf<"idle" | "running" | "completed" | "error">();
    expectTypeOf<SessionSignal>().toEqualTypeOf<
      | "prompt_started"
      | "prompt_completed"
      | "prompt_failed"
      | "prompt_aborted"
      | "prompt_rejected"
      | "prompt_superseded"
      | "prompt_lost"
    >();
  });

  it("connection", () => {
    expectTypeOf<ConnectionStatus>().toEqualTypeOf<
      "idle" | "connecting" | "open" | "reconnecting" | "closed" | "disposed"
    >();
    expectTypeOf<ConnectionSignal>().toEqualTypeOf<
      "connect" | "opened" | "attempt_failed" | "dropped" | "gave_up" | "released" | "disposed"
    >();
  });

  it("tool call", () => {
    expectTypeOf<ToolCallStatus>().toEqualTypeOf<"pending" | "running" | "success" | "error">();
    expectTypeOf<ToolCallSignal>().toEqualTypeOf<`tool_${ToolCallStatus}` | "tool_cancelled">();
  });

  it("permission", () => {
    expectTypeOf<PermissionStatus>().toEqualTypeOf<
      "pending" | "allowed" | "denied" | "allowed_session" | "dropped"
    >();
    expectTypeOf<PermissionSignal>().toEqualTypeOf<"allow" | "deny" | "allow_session" | "drop">();
  });
});

describe("transition", () => {
  it("has the exact next state as its type", () => {
    expectTypeOf(sessionMachine.transition("idle", "prompt_started")).toEqualTypeOf<"running">();
    expectTypeOf(sessionMachine.transition("running", "prompt_lost")).toEqualTypeOf<"error">();
    expectTypeOf(connectionMachine.transition("open", "dropped")).toEqualTypeOf<"reconnecting">();
    expectTypeOf(toolCallMachine.transition("pending", "tool_cancelled")).toEqualTypeOf<"error">();
    expectTypeOf(permissionMachine.transition("pending", "allow")).toEqualTypeOf<"allowed">();
  });

  it("chains", () => {
    const running = sessionMachine.transition("idle", "prompt_started");
    expectTypeOf(sessionMachine.transition(running, "prompt_aborted")).toEqualTypeOf<"idle">();
    // @ts-expect-error an aborted session is idle, and nothing completes there
    sessionMachine.transition(sessionMachine.transition(running, "prompt_aborted"), "prompt_completed");
  });

  it("does not compile for an impossible pair", () => {
    // @ts-expect-error nothing runs that could complete
    sessionMachine.transition("idle", "prompt_completed");
    // @ts-expect-error the turn has ended already
    sessionMachine.transition("completed", "prompt_failed");
    // @ts-expect-error it is connecting already
    connectionMachine.transition("connecting", "connect");
    // @ts-expect-error disposed is final
    connectionMachine.transition("disposed", "connect");
    // @ts-expect-error success is final
    toolCallMachine.transition("success", "tool_running");
    // @ts-expect-error a running call is never pending again
    toolCallMachine.transition("running", "tool_pending");
    // @ts-expect-error the first answer counts
    permissionMachine.transition("denied", "allow");
  });

  it("does not compile for words that the table does not have", () => {
    // @ts-expect-error no such signal
    sessionMachine.transition("idle", "prompt_startd");
    // @ts-expect-error no such state
    sessionMachine.transition("busy", "prompt_started");
    // @ts-expect-error unchecked words need isState() and isSignal() first
    sessionMachine.transition(fromTheWire, "prompt_started");
  });

  it("takes a union of states where each of them takes the signal", () => {
    expectTypeOf(sessionMachine.transition(status, "prompt_started")).toEqualTypeOf<"running">();
    // @ts-expect-error only `running` takes it
    sessionMachine.transition(status, "prompt_completed");
    // @ts-expect-error not every pair of these is possible
    sessionMachine.transition(status, signal);
  });

  it("gives a union for a union of signals", () => {
    const end = signal === "prompt_completed" || signal === "prompt_failed" ? signal : "prompt_aborted";
    expectTypeOf(sessionMachine.transition("running", end)).toEqualTypeOf<"completed" | "error" | "idle">();
  });
});

describe("wide types", () => {
  it("tryTransition says ok and the state, or why not", () => {
    const result = sessionMachine.tryTransition(status, signal);
    expectTypeOf(result).toEqualTypeOf<TransitionResult<SessionStatus>>();
    expectTypeOf(result.state).toEqualTypeOf<SessionStatus>();
    if (result.ok) {
      // @ts-expect-error there is no reason for what went well
      result.reason;
    } else {
      expectTypeOf(result.reason).toEqualTypeOf<string>();
    }
  });

  it("a misspelt signal does not compile, and a string is narrowed by the guards", () => {
    // @ts-expect-error no such signal
    sessionMachine.tryTransition(status, "prompt_startd");
    // @ts-expect-error any string
    sessionMachine.tryTransition(status, fromTheWire);
    if (sessionMachine.isSignal(fromTheWire)) sessionMachine.tryTransition(status, fromTheWire);
    if (sessionMachine.isState(fromTheWire)) expectTypeOf(fromTheWire).toEqualTypeOf<SessionStatus>();
  });

  it("a reported tool status is one template away from its signal", () => {
    const reported: ToolCallStatus = toolCallMachine.initial;
    expectTypeOf(
      toolCallMachine.tryTransition("pending", `tool_${reported}`).state,
    ).toEqualTypeOf<ToolCallStatus>();
  });

  it("restore takes anything", () => {
    expectTypeOf(sessionMachine.restore).parameter(0).toBeUnknown();
    expectTypeOf(sessionMachine.restore(fromTheWire)).toEqualTypeOf<SessionStatus | undefined>();
  });
});

describe("defineMachine", () => {
  it("refuses a table that leads out of itself", () => {
    defineMachine({
      name: "leaky",
      initial: "a",
      // @ts-expect-error there is no state `c`
      states: { a: { go: "c" }, b: {} },
    });
    defineMachine({
      name: "nowhere",
      // @ts-expect-error there is no state `c`
      initial: "c",
      states: { a: { go: "b" }, b: {} },
    });
  });
});
