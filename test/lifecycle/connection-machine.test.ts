import { describe, expect, it } from "vitest";
import type { ConnectionSignal, ConnectionStatus } from "../../src/lifecycle/connection-machine.ts";
import { connectionMachine } from "../../src/lifecycle/connection-machine.ts";

const taken = [
  ["idle", "connect", "connecting"],
  ["idle", "disposed", "disposed"],
  ["connecting", "opened", "open"],
  ["connecting", "attempt_failed", "connecting"],
  ["connecting", "gave_up", "closed"],
  ["connecting", "released", "idle"],
  ["connecting", "disposed", "disposed"],
  ["open", "dropped", "reconnecting"],
  ["open", "released", "idle"],
  ["open", "disposed", "disposed"],
  ["reconnecting", "opened", "open"],
  ["reconnecting", "attempt_failed", "reconnecting"],
  ["reconnecting", "gave_up", "closed"],
  ["reconnecting", "released", "idle"],
  ["reconnecting", "disposed", "disposed"],
  ["closed", "connect", "connecting"],
  ["closed", "disposed", "disposed"],
] as const;

describe("connectionMachine", () => {
  it.each(taken)("%s -- %s --> %s", (state, signal, next) => {
    expect(connectionMachine.tryTransition(state, signal)).toEqual({ ok: true, state: next });
  });

  it("takes nothing else", () => {
    const possible = connectionMachine.states.flatMap((state) =>
      connectionMachine.signals
        .filter((signal) => connectionMachine.can(state, signal))
        .map((s) => `${state} ${s}`),
    );
    expect(possible.sort()).toEqual(taken.map(([state, signal]) => `${state} ${signal}`).sort());
  });

  it("goes through a drop, a give-up and a new start", () => {
    expect(walk("connect", "opened", "dropped", "attempt_failed", "opened")).toBe("open");
    expect(walk("connect", "opened", "dropped", "attempt_failed", "gave_up")).toBe("closed");
    expect(walk("connect", "gave_up", "connect", "opened")).toBe("open");
  });

  it("stays `connecting` until it was open once", () => {
    expect(walk("connect", "attempt_failed", "attempt_failed")).toBe("connecting");
  });

  it("lets go with its last user, and starts again with the next", () => {
    expect(walk("connect", "opened", "released")).toBe("idle");
    expect(walk("connect", "opened", "released", "connect", "opened")).toBe("open");
  });

  it("is not started twice, nor reopened by a socket that was let go", () => {
    expect(connectionMachine.can("connecting", "connect")).toBe(false);
    expect(connectionMachine.can("open", "connect")).toBe(false);
    expect(connectionMachine.can("reconnecting", "connect")).toBe(false);
    expect(walk("connect", "released", "opened")).toBe("idle");
    expect(walk("connect", "gave_up", "opened")).toBe("closed");
  });

  it("never comes back once disposed, from wherever it was", () => {
    for (const state of connectionMachine.states) {
      expect(connectionMachine.tryTransition(state, "disposed").state).toBe("disposed");
    }
    expect(walk("connect", "opened", "disposed", "connect", "opened")).toBe("disposed");
  });

  it("is never restored", () => {
    expect(connectionMachine.restore("open")).toBeUndefined();
  });
});

function walk(...signals: ConnectionSignal[]): ConnectionStatus {
  return signals.reduce<ConnectionStatus>(
    (state, signal) => connectionMachine.tryTransition(state, signal).state,
    connectionMachine.initial,
  );
}
