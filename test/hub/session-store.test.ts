import { describe, expect, it } from "vitest";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import { SessionStore } from "../../src/hub/session-store.ts";

const session = { id: "ses_1", title: "t", createdAt: 1, updatedAt: 1 };

describe("SessionStore", () => {
  it("is not brought back to a deleted session by last words on it", () => {
    const store = new SessionStore("mock");
    store.apply({ type: "session_created", session });
    expect(store.apply({ type: "session_deleted", sessionId: "ses_1" })).toEqual([
      { type: "session_deleted", sessionId: "ses_1" },
    ]);
    const where = { sessionId: "ses_1", messageId: "msg_1" };
    const lastWords: DriverEvent[] = [
      { type: "part_delta", ...where, partId: "prt_1", delta: "x" },
      { type: "session_error", sessionId: "ses_1", error: { code: "UNKNOWN", message: "gone" } },
      { type: "session_status", sessionId: "ses_1", running: false },
    ];
    expect(lastWords.flatMap((event) => store.apply(event))).toEqual([]);
    expect([...store.active()]).toEqual([]);
  });

  it("passes on what needs no session, and meets one that is at work", () => {
    const store = new SessionStore("mock");
    const unknown: DriverEvent = { type: "unknown", name: "todo.updated", sessionId: "ses_2", raw: 1 };
    expect(store.apply(unknown)).toEqual([unknown]);
    expect([...store.active()]).toEqual([]);
    store.apply({ type: "session_status", sessionId: "ses_2", running: true });
    expect([...store.active()].map(({ session: { id, status } }) => [id, status])).toEqual([
      ["ses_2", "running"],
    ]);
  });
});
