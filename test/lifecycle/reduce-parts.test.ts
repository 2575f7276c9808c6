import { describe, expect, it } from "vitest";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import {
  answer,
  busy,
  created,
  delta,
  done,
  idle,
  listener,
  part,
  started,
  step,
  text,
  told,
  tool,
  user,
} from "./facts.ts";

function answering() {
  const it = listener();
  it.tell(created, busy, told(answer("a1", "t1", 2)));
  return it;
}

const removed = (partId: string): DriverEvent => ({
  type: "part_removed",
  sessionId: "ses_1",
  messageId: "a1",
  partId,
});

describe("text that is being written", () => {
  it("grows by its deltas, and its last word adds nothing", () => {
    const it = answering();
    it.tell(part("a1", text("p", "", false)), delta("a1", "p", "Hel"), delta("a1", "p", "lo"));
    it.tell(part("a1", text("p", "Hello", true)));
    expect(it.deltas()).toEqual(["Hel", "lo"]);
    expect(it.events.flatMap((event) => (event.type === "message_delta" ? [event.offset] : []))).toEqual([
      0, 3,
    ]);
    expect(it.message("a1")?.content.text).toBe("Hello");
  });

  it("keeps halves of a character apart until they meet", () => {
    const it = answering();
    const [high = "", low = ""] = ["\ud83d", "\udc69"];
    it.tell(part("a1", text("p", "", false)), delta("a1", "p", high), delta("a1", "p", low));
    expect(it.message("a1")?.content.text).toBe("👩");
  });

  it("takes only what is new of a delta that says where it belongs", () => {
    const it = answering();
    it.tell(part("a1", text("p", "", false)), delta("a1", "p", "abc", 0), delta("a1", "p", "abc", 0));
    it.tell(
      delta("a1", "p", "bcde", 1),
      delta("a1", "p", "c", 2),
      delta("a1", "p", "", 5),
      delta("a1", "p", "f", 5),
    );
    expect(it.deltas()).toEqual(["abc", "de", "f"]);
  });

  it("is held from a hole on, until what fills it is told", () => {
    const it = answering();
    it.tell(part("a1", text("p", "", false)), delta("a1", "p", "ab", 0), delta("a1", "p", "ef", 4));
    it.tell(delta("a1", "p", "gh", 6), part("a1", text("p", "abcdefgh", true)));
    expect(it.deltas()).toEqual(["ab", "cdefgh"]);
  });

  it("goes on where its offset says, also after a gap and after its whole was told", () => {
    const it = answering();
    it.tell(part("a1", text("p", "ab", true)), delta("a1", "p", "bcd", 1), delta("a1", "p", "cd", 2));
    expect(it.deltas()).toEqual(["ab", "cd"]);
  });

  it("begins with its first delta, by an engine that tells no parts", () => {
    const it = answering();
    it.tell(delta("a1", "p", "Hel", 0, "text"), delta("a1", "p", "lo", 3, "text"));
    it.tell(delta("a1", "later", "lost", 5, "text"));
    expect(it.deltas()).toEqual(["Hel", "lo"]);
  });

  it("may grow by being repeated, as in older releases; an older, shorter one is late", () => {
    const it = answering();
    it.tell(part("a1", text("p", "a", false)), part("a1", text("p", "abc", false)));
    it.tell(part("a1", text("p", "ab", false)), part("a1", text("p", "abcd", true)));
    expect(it.deltas()).toEqual(["a", "bc", "d"]);
  });

  it("is another where its last word does not begin with what was shown", () => {
    const it = answering();
    it.tell(part("a1", text("p", "", false)), delta("a1", "p", "Hello"), part("a1", text("p", "Hi", true)));
    expect(it.events.at(-1)).toMatchObject({ type: "message_updated", message: { content: { text: "Hi" } } });
  });

  it("takes no delta once it is whole, nor one of a part or message never heard of", () => {
    const it = answering();
    it.tell(
      part("a1", text("p", "Hello", true)),
      delta("a1", "p", "!"),
      delta("a1", "q", "?"),
      delta("a9", "p", "?"),
    );
    expect(it.deltas()).toEqual(["Hello"]);
    it.tell(part("a1", text("p", "Hel", false)), delta("a1", "p", "!"));
    it.tell(part("a1", text("p", "Hello world", false)));
    expect(it.message("a1")?.content.text).toBe("Hello");
  });

  it("is withdrawn when the engine starts the step again, and stays what it was where it was whole", () => {
    const it = answering();
    it.tell(step("a1"), part("a1", text("p", "Whole.", true)));
    it.tell(part("a1", text("q", "", false)), delta("a1", "q", "Half"), step("a1"));
    expect(it.events.at(-2)).toMatchObject({
      type: "message_updated",
      message: { content: { text: "Whole." } },
    });
    it.tell(delta("a1", "q", "late"), part("a1", text("r", "", false)), delta("a1", "r", " Again"));
    expect(it.message("a1")?.content.text).toBe("Whole. Again");
  });

  it("that is empty is not withdrawn: it may be the new step's, read before the news of that", () => {
    const it = answering();
    it.tell(part("a1", text("p", "", false)), step("a1"), delta("a1", "p", "Hello"));
    expect(it.deltas()).toEqual(["Hello"]);
  });

  it("is not withdrawn by the first step", () => {
    const it = answering();
    it.tell(step("a1"));
    expect(it.count("message_updated")).toBe(0);
  });

  it("of a person is told as a change of the message, not as a stream", () => {
    const it = listener();
    it.tell(created, told(user("t1", 1)), part("t1", text("p", "Do it", true)));
    expect(it.deltas()).toEqual([]);
    expect(it.events.at(-1)).toMatchObject({
      type: "message_updated",
      message: { content: { text: "Do it" } },
    });
  });
});

describe("the parts of a message", () => {
  it("stand in the engine's order, whatever is told of them first", () => {
    const it = answering();
    it.tell(part("a1", text("p", "", false)), part("a1", tool("c", "running")), delta("a1", "p", "Text"));
    expect(it.message("a1")?.parts?.map(({ id }) => id)).toEqual(["p", "part of c"]);
    // Who only listens has to know it as well.
    expect(it.events).toContainEqual(
      expect.objectContaining({
        type: "message_updated",
        message: expect.objectContaining({ parts: [{ type: "text", id: "p", text: "" }] }),
      }),
    );
  });

  it("go when the engine takes them back, and that is told", () => {
    const it = answering();
    it.tell(part("a1", text("p", "Hello", true)), removed("p"), removed("p"));
    expect(it.message("a1")?.parts).toEqual([]);
    expect(it.count("message_updated")).toBe(1);
  });

  it("are the same objects until something changes", () => {
    const it = answering();
    it.tell(part("a1", text("p", "Hello", true)));
    const before = it.message("a1");
    it.tell(part("a1", text("p", "Hello", true)), delta("a1", "p", "!"), busy, told(answer("a1", "t1", 2)));
    expect(it.message("a1")).toBe(before);
    it.tell(told(answer("a1", "t1", 2, done("stop"))));
    expect(it.message("a1")).not.toBe(before);
    expect(before?.completedAt).toBeUndefined();
  });

  it("may turn out to be of another kind, and that is told", () => {
    const it = answering();
    it.tell(part("a1", text("x", "Hm.", true)));
    it.tell(part("a1", { part: { type: "reasoning", id: "x", text: "" }, complete: false }));
    expect(it.message("a1")?.parts).toEqual([{ type: "reasoning", id: "x", text: "" }]);
    expect(it.events.at(-1)).toMatchObject({
      type: "message_updated",
      message: { parts: [{ type: "reasoning" }] },
    });
  });
});

describe("a tool call", () => {
  const statuses = (it: ReturnType<typeof answering>) =>
    it.events.flatMap((event) => (event.type === "tool_call_updated" ? [event.toolCall.status] : []));

  it("goes its way once: late and repeated reports change nothing", () => {
    const it = answering();
    for (const status of ["pending", "pending", "running", "pending", "success", "error", "running"] as const)
      it.tell(part("a1", tool("c", status)));
    expect(statuses(it)).toEqual(["pending", "running", "success"]);
    expect(it.message("a1")?.toolResults).toEqual([{ toolCallId: "c", output: "" }]);
  });

  it("keep the server that they are of, which not everybody who tells of them knows", () => {
    const it = answering();
    const mcp = { server: "calc", tool: "add" };
    it.tell(part("a1", tool("c", "running", { name: "calc_add", mcp })));
    const before = it.events.length;
    it.tell(part("a1", tool("c", "running", { name: "calc_add" })));
    expect(it.events).toHaveLength(before);
    it.tell(part("a1", tool("c", "success", { name: "calc_add", output: "3" })));
    expect(it.message("a1")?.toolCalls).toMatchObject([{ status: "success", output: "3", mcp }]);
    // Made another one by the engine it is no longer theirs.
    it.tell(
      part("a1", tool("d", "pending", { name: "calc_x", mcp })),
      part("a1", tool("d", "error", { name: "invalid" })),
    );
    expect(it.message("a1")?.toolCalls?.[1]).not.toHaveProperty("mcp");
  });

  it("is told again where its output grew or its input came", () => {
    const it = answering();
    it.tell(part("a1", tool("c", "pending")), part("a1", tool("c", "pending", { input: { command: "ls" } })));
    it.tell(
      part("a1", tool("c", "running", { output: "a" })),
      part("a1", tool("c", "running", { output: "ab" })),
    );
    expect(statuses(it)).toEqual(["pending", "pending", "running", "running"]);
  });

  it("may fail without having run, under another name than it was asked for", () => {
    const it = answering();
    it.tell(part("a1", tool("c", "pending", { name: "nope" })));
    it.tell(part("a1", tool("c", "error", { name: "invalid", error: "No such tool." })));
    expect(it.message("a1")?.toolCalls).toMatchObject([{ name: "invalid", status: "error" }]);
    expect(it.message("a1")?.toolResults).toEqual([
      { toolCallId: "c", output: "No such tool.", isError: true },
    ]);
  });

  it("is not changed by reports after the end of its turn", () => {
    const it = answering();
    it.tell(
      part("a1", tool("c", "success", { output: "done" })),
      told(answer("a1", "t1", 2, done("tool_calls"))),
      idle,
    );
    const before = it.message("a1");
    const count = it.events.length;
    it.tell(part("a1", tool("c", "running")), part("a1", tool("c", "error", { error: "late" })));
    expect(it.message("a1")).toBe(before);
    expect(it.events).toHaveLength(count);
  });
});

describe("the diff of a turn", () => {
  const diff = (patch: string, messageId?: string): DriverEvent => ({
    type: "file_diff",
    sessionId: "ses_1",
    messageId,
    diff: [{ path: "a.txt", status: "modified", additions: 1, deletions: 1, patch }],
  });

  it("is told once while it stands, and again when it is another", () => {
    const it = answering();
    const [one, other] = [diff("-1\n+2\n", "t1"), diff("-1\n+3\n", "t1")];
    it.tell(one, structuredClone(one), other, structuredClone(other));
    expect(it.events.filter(({ type }) => type === "file_diff")).toEqual([one, other]);
  });

  it("is told again in the next turn, also where it names none", () => {
    const it = answering();
    const nameless = diff("-1\n+2\n");
    it.tell(nameless, told(answer("a1", "t1", 2, done("stop"))), idle, started("t2"), nameless);
    expect(it.count("file_diff")).toBe(2);
  });
});
