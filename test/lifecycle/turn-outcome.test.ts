import { describe, expect, it } from "vitest";
import type { Message, ToolCallStatus } from "../../src/engine/message.ts";
import { outcomeAfterReading, outcomeOf, type TurnEvidence } from "../../src/lifecycle/turn-outcome.ts";

const refused = { code: "AUTH_REQUIRED", message: "No key." };
const aborted = { code: "PROMPT_ABORTED", message: "Stopped." };

const message = (more: Partial<Message> = {}): Message => ({
  id: "m",
  sessionId: "s",
  role: "assistant",
  content: { type: "text", text: "" },
  createdAt: 1,
  ...more,
});
const withTools = (...statuses: readonly ToolCallStatus[]) =>
  message({
    completedAt: 2,
    stopReason: "tool_calls",
    toolCalls: statuses.map((status) => ({ id: "c", name: "bash", input: {}, status })),
  });
const evidence = (messages: readonly Message[], more: Partial<TurnEvidence> = {}): TurnEvidence => ({
  messages,
  lastError: undefined,
  answeredLater: undefined,
  ...more,
});

describe("how a turn ended, seen from an idle engine", () => {
  const answered = message({ completedAt: 2, stopReason: "stop" });
  const stopped = message({ completedAt: 2 });

  it.each([
    ["an answer", evidence([answered]), { status: "completed" }],
    [
      "an answer cut at the limit",
      evidence([message({ completedAt: 2, stopReason: "length" })]),
      { status: "completed" },
    ],
    [
      "an error on the message",
      evidence([message({ completedAt: 2, error: refused })]),
      { status: "error", error: refused },
    ],
    [
      "an abort on the message",
      evidence([message({ completedAt: 2, error: aborted })]),
      { status: "aborted", error: aborted },
    ],
    ["a stop while it waited to retry", evidence([stopped]), { status: "aborted" }],
    ["a denied tool", evidence([withTools("error")]), { status: "rejected" }],
    ["a denied tool among others", evidence([withTools("success", "error")]), { status: "rejected" }],
    [
      "a stop after a tool failed",
      evidence([{ ...withTools("error"), stopReason: undefined }]),
      { status: "aborted" },
    ],
    ["tools that all went well", evidence([withTools("success")]), { status: "completed" }],
    ["an answer after a denied tool", evidence([withTools("error"), answered]), { status: "completed" }],
    // An engine that complained and answered all the same did answer.
    ["an answer after a complaint", evidence([answered], { lastError: refused }), { status: "completed" }],
    ["a complaint and no message", evidence([], { lastError: refused }), { status: "error", error: refused }],
    ["an abort and no message", evidence([], { lastError: aborted }), { status: "aborted", error: aborted }],
  ])("%s", (_, seen, outcome) => {
    expect(outcomeOf(seen)).toEqual(outcome);
  });

  it.each([
    ["was never answered", []],
    ["ended with a tool", [withTools("success")]],
    // So does a conversation that no longer fits: the engine shortens it, and answers a prompt of its own.
    ["was given up without a reason", [stopped]],
  ])("is superseded if it %s and a later one was answered", (_, messages) => {
    const seen = evidence(messages, { answeredLater: "later" });
    expect(outcomeOf(seen)).toEqual({ status: "superseded", supersededBy: "later" });
  });

  it("is its own if it came to an end before the later one", () => {
    const later = { answeredLater: "later" };
    expect(outcomeOf(evidence([answered], later))).toEqual({ status: "completed" });
    expect(outcomeOf(evidence([withTools("error")], later))).toEqual({ status: "rejected" });
    expect(outcomeOf(evidence([message({ completedAt: 2, error: refused })], later))?.status).toBe("error");
  });

  it.each([
    ["nothing was seen of it", evidence([])],
    ["its last message is not done", evidence([message()])],
    ["its last message is not done, but an earlier one is", evidence([withTools("success"), message()])],
    [
      "its last message is not done, and the engine complained",
      evidence([message()], { lastError: refused }),
    ],
  ])("can't be told yet while %s", (_, seen) => {
    expect(outcomeOf(seen)).toBeUndefined();
  });
});

describe("how it ended, after everything was read again", () => {
  it("is what the records say, where they say it", () => {
    const seen = evidence([message({ completedAt: 2, stopReason: "stop" })], { lastError: refused });
    expect(outcomeAfterReading(seen, true)).toEqual({ status: "completed" });
  });

  it("is the complaint, where there is no message, or where it stays silent", () => {
    const seen = (messages: Parameters<typeof evidence>[0], lastError: typeof refused) =>
      evidence(messages, { lastError });
    expect(outcomeAfterReading(seen([], refused), false)).toEqual({ status: "error", error: refused });
    // An engine complains before its last word: it is read once more.
    expect(outcomeAfterReading(seen([message()], aborted), false)).toBeUndefined();
    expect(outcomeAfterReading(seen([message()], refused), true)).toEqual({
      status: "error",
      error: refused,
    });
    expect(outcomeAfterReading(seen([message()], aborted), true)).toEqual({
      status: "aborted",
      error: aborted,
    });
  });

  it("is open until the last reading, and lost after it", () => {
    for (const seen of [evidence([message()]), evidence([])]) {
      expect(outcomeAfterReading(seen, false)).toBeUndefined();
      expect(outcomeAfterReading(seen, true)).toMatchObject({ status: "lost", error: { code: "TURN_LOST" } });
    }
  });
});
