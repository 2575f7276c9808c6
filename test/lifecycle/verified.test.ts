import { describe, expect, it } from "vitest";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import { reduceSession } from "../../src/lifecycle/reduce-session.ts";
import { restoreSession } from "../../src/lifecycle/restore-session.ts";
import { createSessionState } from "../../src/lifecycle/session-state.ts";
import { answer, busy, created, done, idle, session } from "./facts.ts";

const unverified: DriverEvent = {
  type: "session_status",
  sessionId: session.id,
  running: true,
  verified: false,
};
const open: DriverEvent = { type: "message_updated", message: answer("a1", "t1", 1) };
const whole: DriverEvent = { type: "message_updated", message: answer("a1", "t1", 1, done("stop")) };

function known() {
  const state = createSessionState("opencode", session.id);
  reduceSession(state, created);
  return state;
}

describe("a session that another process seems to run", () => {
  it("says so as long as it runs, whatever is told of it", () => {
    const state = known();
    expect(reduceSession(state, unverified)).toMatchObject([
      { type: "session_updated", session: { status: "running", activity: "thinking", verified: false } },
    ]);
    expect(reduceSession(state, unverified)).toEqual([]);
    reduceSession(state, open);
    reduceSession(state, { type: "session_updated", session: { ...session, title: "Another" } });
    expect(state.session).toMatchObject({ title: "Another", status: "running", verified: false });
    reduceSession(state, whole);
    expect(state.session.status).toBe("running");
    expect(reduceSession(state, idle)).toMatchObject([
      { type: "session_updated", session: { status: "completed" } },
      { type: "turn_ended", status: "completed" },
    ]);
    expect(state.session).not.toHaveProperty("verified");
  });

  it("is the engine's own when that says that it runs it", () => {
    const state = known();
    reduceSession(state, unverified);
    expect(reduceSession(state, busy)).toMatchObject([{ type: "session_updated" }]);
    expect(state.session).toMatchObject({ status: "running" });
    expect(state.session).not.toHaveProperty("verified");
  });

  it("is read as such", () => {
    const state = createSessionState("opencode", session.id);
    const read = { session, permissions: [], messages: [answer("a1", "t1", 1)] };
    restoreSession(state, { ...read, running: true, verified: false }, false);
    expect(state.session).toMatchObject({ status: "running", verified: false });
    // The last reading, too: nobody may call it lost.
    restoreSession(state, { ...read, running: true, verified: false }, true);
    expect(state.openTurns.size).toBe(1);
    restoreSession(state, { ...read, running: true }, false);
    expect(state.session).not.toHaveProperty("verified");
  });
});
