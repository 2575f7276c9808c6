import { describe, expect, it } from "vitest";
import {
  answer,
  asks,
  busy,
  complains,
  created,
  delta,
  done,
  failed,
  idle,
  listener,
  part,
  questions,
  retrying,
  started,
  text,
  told,
  tool,
  user,
} from "./facts.ts";

/** A session in the middle of its first turn. */
function running() {
  const it = listener();
  it.tell(created, started("t1"), told(user("t1", 1)), busy, told(answer("a1", "t1", 2)));
  return it;
}

describe("the end of a turn", () => {
  it("is told when the engine is idle, not when the message is done", () => {
    const it = running();
    it.tell(told(answer("a1", "t1", 2, done("stop"))));
    expect(it.ends()).toEqual([]);
    it.tell(busy, idle);
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.state.session.status).toBe("completed");
  });

  it("waits for the last word on the message when idle comes first, as after an abort", () => {
    const it = running();
    it.tell(
      part("a1", text("p", "", false)),
      delta("a1", "p", "Hal"),
      complains("PROMPT_ABORTED"),
      idle,
      idle,
    );
    expect(it.ends()).toEqual([]);
    it.tell(
      part("a1", text("p", "Half", true)),
      told(answer("a1", "t1", 2, failed("PROMPT_ABORTED"))),
      idle,
      idle,
    );
    expect(it.ends()).toEqual(["t1 aborted"]);
    expect(it.state.session.status).toBe("idle");
    expect(it.events.find((event) => event.type === "turn_ended")).toMatchObject({
      error: { code: "PROMPT_ABORTED" },
      messages: [{ id: "a1", content: { text: "Half" } }],
    });
  });

  it("comes once, however often the engine says that it is idle", () => {
    const it = running();
    it.tell(told(answer("a1", "t1", 2, done("stop"))), idle, idle, idle);
    expect(it.ends()).toEqual(["t1 completed"]);
  });

  it("is not told by an idle that is older than the turn's first message", () => {
    const it = listener();
    it.tell(created, started("t1"), idle, told(user("t1", 1)), idle, busy, told(answer("a1", "t1", 2)));
    expect(it.ends()).toEqual([]);
    expect(it.state.session.status).toBe("running");
    it.tell(told(answer("a1", "t1", 2, done("stop"))), idle);
    expect(it.ends()).toEqual(["t1 completed"]);
  });

  it("is not told by the idle of the turn before", () => {
    const it = running();
    it.tell(told(answer("a1", "t1", 2, done("stop"))), idle, started("t2"), idle, told(user("t2", 3)), idle);
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.state.session.status).toBe("running");
  });

  it("is an error only where the turn ends with it: an engine may complain and go on", () => {
    const it = running();
    it.tell(complains("CONTEXT_OVERFLOW"), busy, part("a1", text("p", "Here.", true)));
    it.tell(told(answer("a1", "t1", 2, done("stop"))), idle);
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.state.session.status).toBe("completed");
  });

  it("is an error where the engine complains and never answers", () => {
    const it = listener();
    it.tell(created, started("t1"), told(user("t1", 1)), busy, complains("INVALID_REQUEST"), idle, idle);
    expect(it.ends()).toEqual(["t1 error"]);
    expect(it.state.session.status).toBe("error");
  });

  it("is not an error that the turn before complained of", () => {
    const it = running();
    it.tell(complains("AUTH_REQUIRED"), told(answer("a1", "t1", 2, failed("AUTH_REQUIRED"))), idle);
    it.tell(started("t2"), idle);
    expect(it.ends()).toEqual(["t1 error"]);
  });

  it("is the engine's own word where it says one", () => {
    const it = running();
    it.tell({ type: "turn_ended", sessionId: "ses_1", turnId: "t1", status: "completed" }, idle);
    expect(it.ends()).toEqual(["t1 completed"]);
    expect(it.state.session.status).toBe("completed");
  });
});

describe("after the end of a turn", () => {
  function ended() {
    const it = running();
    it.tell(told(answer("a1", "t1", 2, done("stop"))), idle);
    it.events.length = 0;
    return it;
  }

  it("late words on its messages change them and reopen nothing", () => {
    const it = ended();
    it.tell(told({ ...user("t1", 1), model: "late/word" }), told(answer("a1", "t1", 2)));
    expect(it.count("message_created")).toBe(0);
    expect(it.message("t1")?.model).toBe("late/word");
    expect(it.state.openTurns).toEqual(new Set());
    expect(it.state.session.status).toBe("completed");
  });

  it("late words on messages of a turn long over are not told as new", () => {
    const it = ended();
    it.tell(started("t2"), told(user("t2", 3)), busy, told(answer("a2", "t2", 4)));
    it.events.length = 0;
    it.tell(told({ ...user("t1", 1), model: "late/word" }), told(answer("a1", "t1", 2, done("stop"))));
    expect(it.events).toEqual([]);
    expect([...it.state.messages.keys()]).toEqual(["t2", "a2"]);
    it.tell(told(answer("a2", "t2", 4, done("stop"))), idle, started("t3"), told(user("t3", 5)));
    it.events.length = 0;
    it.tell(told({ ...user("t1", 1), model: "later/word" }), told({ ...user("t2", 3), model: "late/word" }));
    expect(it.events).toEqual([]);
  });

  it("late words on its text change it and wake nobody", () => {
    const it = ended();
    it.tell(part("a1", text("p", "Late.", true)), asks("per_1"));
    expect(it.message("a1")?.content.text).toBe("Late.");
    expect(it.state.session.status).toBe("completed");
    expect(it.state.session).not.toHaveProperty("activity");
  });

  it("what runs besides turns leaves no turn behind, and the session at rest", () => {
    const it = ended();
    it.tell(busy, idle);
    expect(it.ends()).toEqual([]);
    expect(it.state.session).not.toHaveProperty("activity");
    expect(it.state.session.status).not.toBe("running");
  });
});

describe("requests that wait for a person", () => {
  it("are dropped when the engine goes idle, before the turn ends", () => {
    const it = running();
    it.tell(asks("per_1"), questions("que_1"), idle);
    expect(it.state.permissions.size + it.state.questions.size).toBe(0);
    expect(it.events.slice(-2)).toMatchObject([
      { type: "permission_resolved", permissionId: "per_1", decision: "dropped" },
      { type: "question_resolved", questionId: "que_1" },
    ]);
    it.tell({ type: "permission_resolved", permissionId: "per_1", sessionId: "ses_1", decision: "allow" });
    expect(it.count("permission_resolved")).toBe(1);
  });

  it("show in the session until each of them is answered", () => {
    const it = running();
    it.tell(asks("per_1"), asks("per_2"), asks("per_1"));
    expect(it.count("permission_requested")).toBe(2);
    it.tell(part("a1", tool("c", "running")));
    expect(it.state.session.activity).toBe("awaiting_permission");
    it.tell({ type: "permission_resolved", permissionId: "per_1", sessionId: "ses_1", decision: "deny" });
    expect(it.state.session.activity).toBe("awaiting_permission");
    it.tell({ type: "permission_resolved", permissionId: "per_2", sessionId: "ses_1", decision: "allow" });
    expect(it.state.session.activity).toBe("tool");
  });
});

describe("what a running session does", () => {
  it("follows the engine", () => {
    const it = running();
    it.tell(part("a1", { part: { type: "reasoning", id: "r", text: "Hm." }, complete: true }));
    it.tell(
      part("a1", text("p", "So", true)),
      part("a1", tool("c", "running")),
      part("a1", tool("c", "success")),
    );
    expect(it.course()).toEqual(["running", "thinking", "responding", "tool", "thinking"]);
  });

  it("is a retry, with its notice, only while it waits to retry", () => {
    const it = running();
    it.tell(retrying(1));
    expect(it.state.session).toMatchObject({ activity: "retrying", retry: { attempt: 1 } });
    it.tell(busy);
    expect(it.state.session.activity).toBe("thinking");
    expect(it.state.session).not.toHaveProperty("retry");
  });

  it("is no retry while a person is waited for", () => {
    const it = running();
    it.tell(asks("per_1"), retrying(1), busy);
    expect(it.state.session.activity).toBe("awaiting_permission");
    expect(it.state.session).not.toHaveProperty("retry");
  });
});

describe("a session that is deleted", () => {
  it("ends its open turns first", () => {
    const it = running();
    it.tell(asks("per_1"), { type: "session_deleted", sessionId: "ses_1" });
    expect(it.events.slice(-4).map(({ type }) => type)).toEqual([
      "permission_resolved",
      "session_updated",
      "turn_ended",
      "session_deleted",
    ]);
    expect(it.events.at(-2)).toMatchObject({ status: "error", error: { code: "SESSION_NOT_FOUND" } });
  });
});
