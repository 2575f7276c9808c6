import { describe, expect, it } from "vitest";
import {
  answer,
  asks,
  busy,
  complains,
  created,
  done,
  failed,
  idle,
  listener,
  part,
  started,
  told,
  tool,
  user,
} from "./facts.ts";

/** Three prompts of this client: the first is being answered, two wait behind it. */
function queued() {
  const it = listener();
  it.tell(created, started("t1"), told(user("t1", 1)), busy, told(answer("a1", "t1", 2)));
  it.tell(told(user("t2", 3)), started("t2"), told(user("t3", 4)), started("t3"));
  return it;
}

describe("prompts that wait behind another", () => {
  it("are answered together: the middle one is superseded by the newest", () => {
    const it = queued();
    it.tell(told(answer("a1", "t1", 2, done("stop"))), busy, told(answer("a3", "t3", 5)));
    expect(it.ends()).toEqual(["t1 completed"].concat("t2 superseded"));
    it.tell(told(answer("a3", "t3", 5, done("stop"))), idle);
    expect(it.ends()).toEqual(["t1 completed", "t2 superseded", "t3 completed"]);
    expect(it.events.find((event) => event.type === "turn_ended" && event.turnId === "t2")).toMatchObject({
      supersededBy: "t3",
      messages: [],
    });
  });

  it("keep the session running until the last of them is over", () => {
    const it = queued();
    it.tell(told(answer("a1", "t1", 2, done("stop"))), busy, told(answer("a3", "t3", 5)), busy);
    expect(it.course()).not.toContain("completed");
    expect(it.state.session.status).toBe("running");
    it.tell(told(answer("a3", "t3", 5, done("stop"))), idle);
    expect(it.state.session.status).toBe("completed");
    expect(it.course().at(-1)).toBe("completed");
  });

  it("keep it running whatever became of the first", () => {
    for (const end of [failed("AUTH_REQUIRED"), failed("PROMPT_ABORTED"), done("length")]) {
      const it = queued();
      it.tell(told(answer("a1", "t1", 2, end)), busy, told(answer("a3", "t3", 5)));
      expect(it.state.session.status).toBe("running");
      expect(it.course().filter((word) => word === "error" || word === "idle")).toEqual([]);
    }
  });

  it("end the session as the newest of them ended, not as one that was told later", () => {
    const it = queued();
    it.tell(told(answer("a3", "t3", 5, done("stop"))), idle);
    expect(it.state.openTurns).toEqual(new Set(["t1"]));
    it.tell(told(answer("a1", "t1", 2, failed("AUTH_REQUIRED"))), idle);
    expect(it.ends()).toEqual(["t2 superseded", "t3 completed", "t1 error"]);
    expect(it.state.session.status).toBe("completed");
  });

  it("are aborted with the one that runs: the engine drops what waits", () => {
    const it = queued();
    it.tell(complains("PROMPT_ABORTED"), idle, told(answer("a1", "t1", 2, failed("PROMPT_ABORTED"))), idle);
    expect(it.ends().sort()).toEqual(["t1 aborted", "t2 aborted", "t3 aborted"]);
    expect(it.state.session.status).toBe("idle");
  });

  it("may be taken into a turn that is at its tools: then that one was superseded", () => {
    const it = queued();
    it.tell(part("a1", tool("c", "success")), told(answer("a1", "t1", 2, done("tool_calls"))));
    it.tell(busy, told(answer("a3", "t3", 5)));
    expect(it.ends()).toEqual(["t1 superseded", "t2 superseded"]);
  });

  it("are told of once, also when other clients sent them", () => {
    const it = listener();
    it.tell(
      created,
      told(user("t1", 1)),
      busy,
      told(answer("a1", "t1", 2)),
      told(user("t2", 3)),
      told(user("t3", 4)),
    );
    it.tell(told(answer("a1", "t1", 2, done("stop"))), told(answer("a2", "t2", 5)));
    it.tell(told(answer("a2", "t2", 5, done("stop"))), told(answer("a3", "t3", 6)));
    it.tell(told({ ...user("t3", 4), model: "late/word" }), told(answer("a3", "t3", 6, done("stop"))), idle);
    expect(it.ends()).toEqual(["t1 completed", "t2 completed", "t3 completed"]);
    const born = it.events.flatMap((event) => (event.type === "message_created" ? [event.message.id] : []));
    expect(born).toEqual(["t1", "a1", "t2", "t3", "a2", "a3"]);
    expect(it.message("t3")?.model).toBe("late/word");
  });

  it("share the session's requests: those of the turn that runs stay", () => {
    const it = queued();
    it.tell(told(answer("a1", "t1", 2, done("stop"))), busy, told(answer("a3", "t3", 5)), asks("per_1"));
    expect(it.state.session.activity).toBe("awaiting_permission");
    expect(it.state.permissions.size).toBe(1);
  });
});

describe("a conversation that no longer fits", () => {
  // The engine complains, gives the answer up, writes a summary and then answers a prompt of its own.
  it("is no abort: what the engine went on with took the turn over", () => {
    const it = listener();
    it.tell(created, started("t1"), told(user("t1", 1)), busy, told(answer("a1", "t1", 2)));
    it.tell(complains("CONTEXT_OVERFLOW"), told(answer("a1", "t1", 2, done())));
    it.tell(told(user("t2", 3)), told(answer("a2", "t2", 4)), told(answer("a2", "t2", 4, done("stop"))));
    it.tell(
      told(user("t3", 5)),
      told(answer("a3", "t3", 6)),
      told(answer("a3", "t3", 6, done("stop"))),
      idle,
    );
    expect(it.ends()).toEqual(["t1 superseded", "t2 completed", "t3 completed"]);
    expect(it.state.session.status).toBe("completed");
  });
});
