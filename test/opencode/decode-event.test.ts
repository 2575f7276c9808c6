import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeEvent, isPartDelta } from "../../src/opencode/native/decode-event.ts";
import { eventSchemas, partDeltaSchema } from "../../src/opencode/native/schema/events.ts";

const NOW = 5_000;
const decode = (type: string, properties?: unknown) => decodeEvent({ type, properties }, NOW);
const sessionID = "ses_1";
const inMessage = { sessionID, messageID: "msg_1" };

describe("isPartDelta", () => {
  const odd = fc.oneof(fc.string(), fc.integer(), fc.constantFrom(null, undefined, true, {}, [], "text", ""));
  const fields = ["sessionID", "messageID", "partID", "field", "delta"] as const;
  const good = fc.record({
    sessionID: fc.string(),
    messageID: fc.string(),
    partID: fc.string(),
    field: fc.constant("text"),
    delta: fc.string({ unit: "binary" }),
  });
  const nearly = fc
    .tuple(good, fc.constantFrom(...fields), odd, fc.boolean())
    .map(([delta, field, value, absent]) => {
      const { [field]: _, ...rest } = delta;
      return absent ? rest : { ...rest, [field]: value };
    });
  const more = fc
    .tuple(good, fc.dictionary(fc.string(), odd))
    .map(([delta, rest]) => ({ ...rest, ...delta }));

  it("is the schema, written by hand", () => {
    fc.assert(
      fc.property(fc.oneof(good, nearly, more, fc.anything()), (value) => {
        expect(isPartDelta(value)).toBe(partDeltaSchema.safeParse(value).success);
      }),
      { numRuns: 2_000 },
    );
  });

  it("takes what the engine sends", () => {
    fc.assert(fc.property(fc.oneof(good, more), isPartDelta));
  });
});

describe("what an event tells", () => {
  const part = { id: "prt_1", ...inMessage };

  it.each([
    ["server.connected", {}],
    ["server.heartbeat", undefined],
    ["session.diff", { sessionID, diff: [] }],
    ["message.part.updated", { part: { ...part, type: "step-finish", reason: "stop" } }],
    ["message.part.updated", { part: { ...part, type: "patch", hash: "x", files: [] } }],
    ["message.part.updated", { part: { ...part, type: "tool", tool: "bash" } }],
  ])("%s %j: nothing", (type, properties) => {
    expect(decode(type, properties)).toEqual([]);
  });

  it.each([
    ["session.idle", { sessionID }, { type: "session_status", sessionId: sessionID, running: false }],
    [
      "session.status",
      { sessionID, status: { type: "idle" } },
      { type: "session_status", sessionId: sessionID, running: false },
    ],
    [
      "session.status",
      { sessionID, status: { type: "busy" } },
      { type: "session_status", sessionId: sessionID, running: true },
    ],
    // A state of a later release is one in which the engine is not idle.
    [
      "session.status",
      { sessionID, status: { type: "new" } },
      { type: "session_status", sessionId: sessionID, running: true },
    ],
    [
      "session.status",
      { sessionID, status: { type: "retry", attempt: 2, message: "slow", next: 7 } },
      {
        type: "session_status",
        sessionId: sessionID,
        running: true,
        retry: { attempt: 2, message: "slow", nextAt: 7 },
      },
    ],
    [
      "session.status",
      { sessionID, status: { type: "retry" } },
      {
        type: "session_status",
        sessionId: sessionID,
        running: true,
        retry: { attempt: 1, message: "", nextAt: NOW },
      },
    ],
    ["session.deleted", { info: { id: sessionID } }, { type: "session_deleted", sessionId: sessionID }],
    ["message.removed", inMessage, { type: "message_removed", sessionId: sessionID, messageId: "msg_1" }],
    [
      "message.part.removed",
      { ...inMessage, partID: "prt_1" },
      { type: "part_removed", sessionId: sessionID, messageId: "msg_1", partId: "prt_1" },
    ],
    [
      "message.part.updated",
      { part: { ...part, type: "step-start" } },
      { type: "step_started", sessionId: sessionID, messageId: "msg_1" },
    ],
    [
      "message.part.delta",
      { ...inMessage, partID: "prt_1", field: "text", delta: "Hi" },
      { type: "part_delta", sessionId: sessionID, messageId: "msg_1", partId: "prt_1", delta: "Hi" },
    ],
    [
      "todo.updated",
      {
        sessionID,
        todos: [
          { content: "A", status: "pending", priority: "low" },
          { content: "B", status: "odd" },
        ],
      },
      {
        type: "todo_updated",
        sessionId: sessionID,
        todos: [
          { content: "A", status: "pending", priority: "low" },
          { content: "B", status: "odd", priority: "medium" },
        ],
      },
    ],
    [
      "question.rejected",
      { sessionID, requestID: "que_1" },
      { type: "question_resolved", sessionId: sessionID, questionId: "que_1" },
    ],
    [
      "question.replied",
      { sessionID, requestID: "que_1" },
      { type: "question_resolved", sessionId: sessionID, questionId: "que_1" },
    ],
  ])("%s %j", (type, properties, event) => {
    expect(decode(type, properties)).toEqual([event]);
  });

  it.each([
    ["once", "allow"],
    ["always", "allow_session"],
    ["reject", "deny"],
  ])("a permission that was answered %s is %s", (reply, decision) => {
    expect(decode("permission.replied", { sessionID, requestID: "per_1", reply })).toEqual([
      { type: "permission_resolved", permissionId: "per_1", sessionId: sessionID, decision },
    ]);
  });

  it("the question, its options and who asks", () => {
    const questions = [
      {
        question: "Which?",
        header: "Colour",
        options: [{ label: "Red", description: "Warm" }, { label: "Blue" }],
      },
      { question: "Sizes?", multiple: true },
    ];
    const tool = { messageID: "msg_1", callID: "call_1" };
    expect(decode("question.asked", { id: "que_1", sessionID, questions, tool })).toEqual([
      {
        type: "question_asked",
        request: {
          questionId: "que_1",
          sessionId: sessionID,
          messageId: "msg_1",
          toolCallId: "call_1",
          createdAt: NOW,
          questions: [questions[0], { ...questions[1], options: [] }],
        },
      },
    ]);
  });

  it("the diff of a turn, with the user message that opened it", () => {
    const diffs = [{ file: "a.txt", patch: "@@ -0,0 +1,2 @@\n+a\n+b\n" }];
    const info = { id: "msg_1", sessionID, role: "user", time: { created: 1 }, summary: { diffs } };
    const [, diff] = decode("message.updated", { info });
    expect(diff).toMatchObject({
      type: "file_diff",
      messageId: "msg_1",
      diff: [{ path: "a.txt", status: "added", additions: 2, deletions: 0 }],
    });
    // On a summary's answer the same field is `true`.
    expect(decode("message.updated", { info: { ...info, role: "assistant", summary: true } })).toHaveLength(
      1,
    );
    expect(decode("message.updated", { info: { ...info, summary: { diffs: [] } } })).toHaveLength(1);
  });

  it.each([
    ["plugin.added", { id: "x" }, undefined],
    ["constructor", undefined, undefined],
    ["toString", { sessionID: 7 }, undefined],
    ["message.part.delta", { ...inMessage, partID: "p", field: "input", delta: "x" }, sessionID],
    ["session.error", { error: { name: "UnknownError" } }, undefined],
    ["session.error", { sessionID }, sessionID],
  ])(
    "%s %j: nothing that this client reads, so it is passed on as it came",
    (type, properties, sessionId) => {
      const payload = { type, properties };
      expect(decodeEvent(payload, NOW)).toEqual([
        { type: "unknown", name: type, raw: payload, ...(sessionId ? { sessionId } : {}) },
      ]);
    },
  );

  it.each([
    { partID: "p", field: "text" },
    { partID: "p", field: "text", delta: 7 },
    { field: 7, delta: "x" },
  ])("message.part.delta: throws when it is malformed: %j", (properties) => {
    expect(() => decode("message.part.delta", { ...inMessage, ...properties })).toThrow();
    expect(() => decode("message.part.delta", null)).toThrow();
  });

  it.each(Object.keys(eventSchemas))("%s: throws when it is malformed", (type) => {
    const malformed: unknown[] = [null, 7, [], { sessionID: 7 }];
    // Of an error everything is optional: it may be about no session at all.
    if (type !== "session.error") malformed.push(undefined, {}, { info: { id: 7 } }, { part: {} });
    for (const properties of malformed) expect(() => decode(type, properties)).toThrow();
  });
});
