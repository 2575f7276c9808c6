import { expect, it } from "vitest";
import type { DriverEvent, DriverMessage } from "../../src/engine/driver-events.ts";
import type { SessionSnapshot } from "../../src/engine/driver-requests.ts";
import { toldAlready } from "../../src/hub/resync.ts";
import { SessionStore } from "../../src/hub/session-store.ts";

const sessionId = "ses_1";
const session = { id: sessionId, title: "A", createdAt: 1, updatedAt: 1 };
const prompt: DriverMessage = {
  id: "msg_1",
  turnId: "msg_1",
  sessionId,
  role: "user",
  createdAt: 1,
  parts: [],
};
const answer: DriverMessage = { ...prompt, id: "msg_2", role: "assistant", createdAt: 2 };
const busy: DriverEvent = { type: "session_status", sessionId, running: true };

/** What is left of these events after a record of an engine at rest. */
function left(messages: readonly DriverMessage[] | undefined, ...events: readonly DriverEvent[]) {
  const snapshot: SessionSnapshot = { session, running: false, messages, permissions: [] };
  const waiting = events.map((event) => ({ event }));
  const told = toldAlready(waiting, [snapshot], new SessionStore("mock"));
  return events.filter((event) => !told.has(event));
}

it("that an engine was at work is no news where the record shows what it did", () => {
  expect(left([prompt, { ...answer, completedAt: 3 }], busy)).toEqual([]);
  expect(left([], busy)).toEqual([]);
  expect(left(undefined, busy)).toEqual([]);
});

it("it is news where the record has no answer yet: the engine began after it was asked whether it works", () => {
  expect(left([prompt], busy)).toEqual([busy]);
  expect(left([prompt, answer], busy)).toEqual([busy]);
});

it("it is news where the engine says something that is not on record", () => {
  const news: DriverEvent = { type: "message_updated", message: prompt };
  expect(left([], busy, news)).toEqual([busy, news]);
});
