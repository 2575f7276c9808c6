import { describe, expect, it } from "vitest";
import { answer, busy, complains, created, done, failed, idle, listener, started, told } from "./facts.ts";

describe("a complaint of the engine", () => {
  it("is about the turn that was answered, not about the one that follows it at once", () => {
    const session = listener();
    session.tell(created, started("t1"), busy, told(answer("m1", "t1", 2)), started("t2"));
    // The abort of the first turn is told after the second one began.
    session.tell(complains("PROMPT_ABORTED"), idle, told(answer("m1", "t1", 2, failed("PROMPT_ABORTED"))));
    expect(session.ends()).toEqual(["t1 aborted"]);
    session.tell(busy, told(answer("m2", "t2", 3)), told(answer("m2", "t2", 3, done("stop"))), idle);
    expect(session.ends()).toEqual(["t1 aborted", "t2 completed"]);
  });

  it("ends a turn that was never answered, when there is no other", () => {
    const session = listener();
    session.tell(created, started("t1"), busy, complains("INVALID_REQUEST"), idle);
    expect(session.ends()).toEqual(["t1 error"]);
  });
});
