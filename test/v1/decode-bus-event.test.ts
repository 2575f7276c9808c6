import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeBusEvent, isMessageDelta } from "../../src/v1/decode-bus-event.ts";
import { messageDeltaSchema } from "../../src/v1/schema/bus-event.ts";

const session = {
  id: "s1",
  title: "A",
  engineId: "acme",
  createdAt: 1,
  updatedAt: 2,
  status: "running",
} as const;
const message = { id: "a1", sessionId: "s1", role: "assistant", turnId: "u1", createdAt: 3 } as const;
const toolCall = { id: "c1", name: "bash", input: { command: "ls" }, status: "running" } as const;
const delta = {
  type: "message_delta",
  sessionId: "s1",
  messageId: "a1",
  partId: "p1",
  kind: "text",
  offset: 3,
  delta: "x",
} as const;

describe("an event of the bus", () => {
  it("of a session tells the session, and where it stands", () => {
    expect(decodeBusEvent({ type: "session_created", session: { ...session, activity: "tool" } })).toEqual([
      { type: "session_created", session: { id: "s1", title: "A", createdAt: 1, updatedAt: 2 } },
      { type: "session_status", sessionId: "s1", running: true, activity: "tool", retry: undefined },
    ]);
    expect(decodeBusEvent({ type: "session_updated", session: { ...session, status: "error" } })[1]).toEqual({
      type: "session_status",
      sessionId: "s1",
      running: false,
      resting: "error",
    });
  });

  it("of a message with parts tells them as they stand; a tool is named by its call", () => {
    const parts = [
      { type: "text", id: "p1", text: "Hi" },
      { type: "tool", id: "another id", toolCall },
    ];
    const content = { type: "text", text: "Hi" };
    expect(decodeBusEvent({ type: "message_updated", message: { ...message, content, parts } })).toEqual([
      {
        type: "message_updated",
        message: {
          ...message,
          parts: [
            { part: { type: "text", id: "p1", text: "Hi" }, complete: true },
            { part: { type: "tool", id: "c1", toolCall }, complete: true },
          ],
        },
      },
    ]);
  });

  it("of a message without parts tells its text and calls, with the results that stand beside them", () => {
    const told = {
      ...message,
      content: { type: "text", text: "Hi" },
      toolCalls: [toolCall, { ...toolCall, id: "c2" }, { ...toolCall, id: "c3" }],
      toolResults: [
        { toolCallId: "c2", output: "done" },
        { toolCallId: "c3", output: "broken", isError: true },
      ],
    };
    const [event] = decodeBusEvent({ type: "message_created", message: told });
    expect(event).toMatchObject({
      message: {
        text: "Hi",
        parts: [
          { part: { toolCall: { id: "c1", status: "running" } } },
          { part: { toolCall: { id: "c2", status: "success", output: "done" } } },
          { part: { toolCall: { id: "c3", status: "error", error: "broken" } } },
        ],
      },
    });
  });

  it("of a message that is a file tells the attachment", () => {
    const content = { type: "image", url: "data:image/png;base64,AA==", mimeType: "image/png" };
    const [event] = decodeBusEvent({ type: "message_created", message: { ...message, content } });
    expect(event).not.toHaveProperty("message.text");
    expect(event).toMatchObject({
      message: { parts: [{ part: { ...content, id: "a1.image" }, complete: true }] },
    });
  });

  it("of a delta tells what it begins, if it is the first", () => {
    const { type: _, ...rest } = delta;
    expect(decodeBusEvent({ ...delta, news: 1 })).toEqual([{ type: "part_delta", ...rest }]);
  });

  it("of a tool call tells the part that the call is", () => {
    expect(decodeBusEvent({ type: "tool_call_updated", sessionId: "s1", messageId: "a1", toolCall })).toEqual(
      [
        {
          type: "part_updated",
          sessionId: "s1",
          messageId: "a1",
          part: { type: "tool", id: "c1", toolCall },
          complete: true,
        },
      ],
    );
  });

  it("of requests and diffs tells them without what the contract does not know", () => {
    const request = { permissionId: "r1", sessionId: "s1", description: "Run", tool: "bash", createdAt: 4 };
    expect(decodeBusEvent({ type: "permission_requested", ...request, later: true })).toEqual([
      { type: "permission_requested", request },
    ]);
    const question = { questionId: "q1", sessionId: "s1", questions: [], createdAt: 4 };
    expect(decodeBusEvent({ type: "question_asked", ...question })).toEqual([
      { type: "question_asked", request: question },
    ]);
    for (const event of [
      { type: "permission_resolved", permissionId: "r1", sessionId: "s1", decision: "dropped" },
      { type: "question_resolved", questionId: "q1", sessionId: "s1" },
      { type: "session_deleted", sessionId: "s1" },
      { type: "file_diff", sessionId: "s1", diff: [] },
    ]) {
      expect(decodeBusEvent({ ...event, later: true })).toEqual([event]);
    }
  });

  it("takes null for missing, and leaves out a part of a later kind", () => {
    const parts = [
      { type: "hologram", id: "p0" },
      { type: "text", id: "p1", text: "Hi", synthetic: null },
    ];
    const content = { type: "text", text: null };
    const told = { ...message, turnId: null, usage: null, content, parts };
    const [event] = decodeBusEvent({ type: "message_updated", message: told });
    expect(event).toMatchObject({ message: { id: "a1", parts: [{ part: { id: "p1", text: "Hi" } }] } });
    expect(event).toHaveProperty("message.turnId", undefined);
  });

  it("of an unknown type is passed on as it came", () => {
    const raw = { type: "weather", sessionId: "s1", degrees: 20 };
    expect(decodeBusEvent(raw)).toEqual([{ type: "unknown", name: "weather", sessionId: "s1", raw }]);
    expect(decodeBusEvent({ type: "ready", resumed: true })).toEqual([]);
  });

  it.each([
    ["no object", 7],
    ["no type", { sessionId: "s1" }],
    ["a delta at no offset", { ...delta, offset: -1 }],
    ["a session without a title", { type: "session_updated", session: { ...session, title: undefined } }],
    ["a status that no session has", { type: "session_updated", session: { ...session, status: "busy" } }],
    [
      "a part without an id",
      {
        type: "message_updated",
        message: { ...message, content: { type: "text" }, parts: [{ type: "text", text: "" }] },
      },
    ],
    [
      "parts that are no list",
      { type: "message_updated", message: { ...message, content: { type: "text" }, parts: "Hi" } },
    ],
  ])("that is malformed is thrown: %s", (_, value) => {
    expect(() => decodeBusEvent(value)).toThrow();
  });
});

it("knows a delta by hand exactly as its schema does", () => {
  const field = (right: fc.Arbitrary<unknown>) => fc.oneof(right, right, right, fc.anything());
  const candidate = fc.record(
    {
      type: field(fc.constant("message_delta")),
      sessionId: field(fc.string()),
      messageId: field(fc.string()),
      partId: field(fc.string()),
      kind: field(fc.constantFrom("text", "reasoning")),
      offset: field(fc.oneof(fc.nat(), fc.double(), fc.maxSafeInteger())),
      delta: field(fc.string()),
      more: fc.anything(),
    },
    { requiredKeys: ["type"] },
  );
  fc.assert(
    fc.property(fc.oneof(candidate, candidate, candidate, fc.anything()), (value) => {
      expect(isMessageDelta(value)).toBe(messageDeltaSchema.safeParse(value).success);
    }),
    { numRuns: 2_000 },
  );
});
