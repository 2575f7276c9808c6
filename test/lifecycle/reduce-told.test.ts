import { describe, expect, it } from "vitest";
import type { DriverEvent, RestingStatus } from "../../src/engine/driver-events.ts";
import {
  answer,
  busy,
  created,
  delta,
  done,
  failed,
  idle,
  listener,
  part,
  session,
  told,
  tool,
  user,
} from "./facts.ts";

/** Engines that say more than a stream of parts: the whole text of a message, and how their sessions rest. */

const resting = (status: RestingStatus): DriverEvent => ({
  ...idle,
  type: "session_status",
  running: false,
  resting: status,
  sessionId: session.id,
});
function answering() {
  const it = listener();
  it.tell(created, told(user("t1", 1)), busy, told(answer("a1", "t1", 2)));
  return it;
}

describe("a message whose whole text is told", () => {
  it("is that text, without any part told", () => {
    const it = answering();
    it.tell(told(answer("a1", "t1", 2, { text: "Hello" })));
    expect(it.message("a1")).toMatchObject({
      content: { text: "Hello" },
      parts: [{ type: "text", text: "Hello" }],
    });
    expect(it.deltas()).toEqual(["Hello"]);
  });

  it("tells what the deltas left out, and nothing twice", () => {
    const it = answering();
    it.tell(delta("a1", "p", "Hel", 0, "text"), told(answer("a1", "t1", 2, { text: "Hello" })));
    it.tell(told(answer("a1", "t1", 2, { text: "Hello" })), delta("a1", "p", "lo", 3, "text"));
    expect(it.deltas()).toEqual(["Hel", "lo"]);
    expect(it.message("a1")?.parts).toMatchObject([{ id: "p", text: "Hello" }]);
  });

  it("gives what is new to the last of several parts", () => {
    const it = answering();
    it.tell(
      delta("a1", "p", "One. ", 0, "text"),
      part("a1", tool("call", "success")),
      delta("a1", "q", "T", 0, "text"),
    );
    it.tell(told(answer("a1", "t1", 2, { text: "One. Two." })));
    expect(it.deltas()).toEqual(["One. ", "T", "wo."]);
    expect(it.message("a1")?.content.text).toBe("One. Two.");
  });

  it("is one part where the text is another than the parts were", () => {
    const it = answering();
    it.tell(
      delta("a1", "p", "One. ", 0, "text"),
      delta("a1", "q", "Two.", 0, "text"),
      told(answer("a1", "t1", 2, { text: "Uno." })),
    );
    expect(it.message("a1")?.parts).toMatchObject([{ id: "q", text: "Uno." }]);
  });
});

describe("a session whose engine says how it rests", () => {
  const ending = (status: RestingStatus, ...events: DriverEvent[]) => {
    const it = answering();
    it.tell(...events, resting(status));
    const end = it.events.findLast((event) => event.type === "turn_ended");
    return [end?.status, it.state.session.status, end?.error?.code];
  };
  const complete = told(answer("a1", "t1", 2, done()));

  it.each<[RestingStatus, string]>([
    ["completed", "completed"],
    ["error", "error"],
    ["idle", "aborted"],
  ])("%s: its turn is %s, although the message gives no reason", (status, outcome) => {
    expect(ending(status, complete)).toEqual([outcome, status, undefined]);
  });

  it("idle after a tool that failed: its turn was rejected", () => {
    expect(ending("idle", part("a1", tool("call", "error")), complete)).toEqual([
      "rejected",
      "idle",
      undefined,
    ]);
  });

  it("a message's own error says more", () => {
    expect(ending("error", told(answer("a1", "t1", 2, failed("RATE_LIMITED"))))).toEqual([
      "error",
      "error",
      "RATE_LIMITED",
    ]);
  });

  it("waits for the message's last word, however it rests", () => {
    const it = answering();
    it.tell(resting("completed"));
    expect(it.events.map(({ type }) => type)).not.toContain("turn_ended");
    it.tell(complete);
    expect(it.events.at(-1)).toMatchObject({ type: "turn_ended", status: "completed" });
  });

  it("is shown as it says when it is met, and its word is old when the next turn begins", () => {
    const it = listener();
    it.read({ session, running: false, resting: "error", permissions: [] });
    expect(it.state.session.status).toBe("error");
    it.tell(told(answer("a2", "t2", 3)), told(answer("a2", "t2", 3, done("stop"))));
    expect(it.state.session.status).toBe("completed");
  });
});
