import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { Message, Part, ToolCall } from "../../src/engine/message.ts";
import { TurnView } from "../../src/hub/turn-view.ts";

const message = (parts: readonly Part[] = [], more: Partial<Message> = {}): Message => ({
  id: "a1",
  sessionId: "s",
  role: "assistant",
  content: { type: "text", text: "" },
  createdAt: 1,
  turnId: "t1",
  parts,
  ...more,
});
const text = (value: string, id = "p"): Part => ({ type: "text", id, text: value });
const tool = (toolCall: ToolCall): Part => ({ type: "tool", id: "x", toolCall });
const call = (status: ToolCall["status"], more: Partial<ToolCall> = {}): ToolCall => ({
  id: "c",
  name: "bash",
  input: {},
  status,
  ...more,
});

const born = (own: Message): EngineEvent => ({ type: "message_created", message: own });
const updated = (own: Message): EngineEvent => ({ type: "message_updated", message: own });
const grown = (offset: number, delta: string, messageId = "a1"): EngineEvent => ({
  type: "message_delta",
  sessionId: "s",
  messageId,
  partId: "p",
  kind: "text",
  offset,
  delta,
});
const toolNews = (toolCall: ToolCall, messageId = "a1"): EngineEvent => ({
  type: "tool_call_updated",
  sessionId: "s",
  messageId,
  toolCall,
});
const ended = (messages: readonly Message[], turnId = "t1"): EngineEvent => ({
  type: "turn_ended",
  sessionId: "s",
  turnId,
  status: "completed",
  messages,
});

/** What a reader of the turn `t1` is told, in short. */
function told(...events: readonly EngineEvent[]) {
  const view = new TurnView("s", "t1");
  return events
    .flatMap((event) => view.take(event))
    .map((event) => {
      switch (event.type) {
        case "text_delta":
        case "reasoning_delta":
          return `${event.type} ${event.offset} ${event.delta}`;
        case "text_reset":
          return `${event.type} ${event.messageId} ${event.partId} ${event.text}`;
        case "tool_call_start":
        case "tool_call_update":
          return `${event.type} ${event.toolCall.status}`;
        case "tool_call_result":
          return `${event.type} ${event.isError ? "failed" : "said"} ${event.result}`;
        case "retrying":
          return `${event.type} ${event.attempt}`;
        default:
          return event.type;
      }
    });
}

describe("the text of a turn", () => {
  it("comes as it is written, each piece once", () => {
    const events = [
      born(message()),
      grown(0, "Hel"),
      grown(0, "Hel"),
      grown(3, "lo"),
      updated(message([text("Hello")])),
    ];
    expect(told(...events)).toEqual(["text_delta 0 Hel", "text_delta 3 lo"]);
  });

  it("waits where a piece does not follow, until the whole is told", () => {
    const events = [born(message()), grown(0, "a"), grown(5, "f"), updated(message([text("abcdef")]))];
    expect(told(...events)).toEqual(["text_delta 0 a", "text_delta 1 bcdef"]);
  });

  it("is told anew where it is another", () => {
    const events = [born(message()), grown(0, "Hello"), updated(message([text("Hi")]))];
    expect(told(...events)).toEqual(["text_delta 0 Hello", "text_reset a1 p Hi"]);
  });

  it("is told whole at the latest when the turn ends", () => {
    const whole = message([text("Hello"), { type: "reasoning", id: "r", text: "Hm." }]);
    expect(told(born(message()), ended([whole]))).toEqual(["text_delta 0 Hello", "reasoning_delta 0 Hm."]);
    expect(told(ended([whole]))).toEqual(["text_delta 0 Hello", "reasoning_delta 0 Hm."]);
  });

  it("is taken back where its part, or its whole message, is gone in the end", () => {
    const both = [born(message([text("Gone")])), born(message([text("Kept", "q")], { id: "a2" }))];
    expect(told(...both, ended([message(), message([text("Kept", "q")], { id: "a2" })])).slice(2)).toEqual([
      "text_reset a1 p ",
    ]);
    expect(told(...both, ended([message([text("Gone")])])).slice(2)).toEqual(["text_reset a2 q "]);
  });

  it("is that of the assistant in this turn, and of nobody else", () => {
    const other = message([text("Other")], { id: "b1", turnId: "t2" });
    const person = message([text("Do it")], { id: "t1", role: "user" });
    const homeless = message([text("Whose?")], { id: "z1", turnId: undefined });
    const events = [born(other), born(person), born(homeless), grown(0, "x", "b1"), grown(0, "x", "t1")];
    expect(told(...events, toolNews(call("running"), "b1"), ended([other], "t2"))).toEqual([]);
  });
});

describe("a tool call", () => {
  it("starts once, changes, and ends once", () => {
    const [pending, running, done] = [call("pending"), call("running"), call("success", { output: "ok" })];
    const events = [pending, running, running, done, done].map((each) => toolNews(each));
    expect(told(born(message()), ...events, ended([message([tool(done)])]))).toEqual([
      "tool_call_start pending",
      "tool_call_update running",
      "tool_call_result said ok",
    ]);
  });

  it("starts and ends at once where it is seen only when it is over", () => {
    const failed = call("error", { error: "no", output: "some" });
    expect(told(ended([message([tool(failed)])]))).toEqual([
      "tool_call_start error",
      "tool_call_result failed no",
    ]);
  });
});

describe("what is told besides", () => {
  const session = {
    id: "s",
    title: "",
    engineId: "e",
    createdAt: 1,
    updatedAt: 1,
    status: "running",
  } as const;
  const retry = (attempt: number): EngineEvent => ({
    type: "session_updated",
    session: { ...session, activity: "retrying", retry: { attempt, message: "slow", nextAt: attempt } },
  });
  const diff = (messageId?: string): EngineEvent => ({
    type: "file_diff",
    sessionId: "s",
    messageId,
    diff: [],
  });

  it("is each retry once, however often the session is told meanwhile", () => {
    const busy: EngineEvent = { type: "session_updated", session };
    expect(told(retry(1), retry(1), busy, retry(2))).toEqual(["retrying 1", "retrying 2"]);
  });

  it("is the diff of this turn, or of none", () => {
    expect(told(diff(), diff("t1"), diff("t2"))).toHaveLength(2);
  });

  it("is what waits for a person", () => {
    const request = { sessionId: "s", createdAt: 1 };
    const asks: EngineEvent = {
      type: "permission_requested",
      permissionId: "p",
      description: "",
      tool: "x",
      ...request,
    };
    const questions: EngineEvent = { type: "question_asked", questionId: "q", questions: [], ...request };
    expect(told(asks, questions)).toEqual(["permission_requested", "question_asked"]);
  });

  it("is nothing of the rest", () => {
    const gap: EngineEvent = { type: "stream_gap", reason: "x" };
    expect(
      told(gap, { type: "session_deleted", sessionId: "s" }, { type: "unknown", name: "x", raw: {} }),
    ).toEqual([]);
  });
});
