import { describe, expect, it } from "vitest";
import { answer, busy, created, done, failed, idle, listener, part, snapshot, told, tool } from "./facts.ts";

const start = () => {
  const session = listener();
  session.tell(
    created,
    busy,
    told(answer("m", "t", 2)),
    part("m", tool("done", "success", { output: "ok" })),
  );
  session.tell(part("m", tool("open", "running")), part("m", tool("new", "pending")));
  session.events.length = 0;
  return session;
};
const statuses = (session: ReturnType<typeof listener>) =>
  session.events.flatMap((event) =>
    event.type === "tool_call_updated" ? [`${event.toolCall.id} ${event.toolCall.status}`] : [],
  );

describe("tool calls that their turn leaves behind", () => {
  it("are cancelled when it is aborted, before its end is told", () => {
    const session = start();
    session.tell(idle, told(answer("m", "t", 2, failed("PROMPT_ABORTED"))));
    expect(session.ends()).toEqual(["t aborted"]);
    expect(statuses(session)).toEqual(["open error", "new error"]);
    const types = session.events.map(({ type }) => type);
    expect(types.indexOf("turn_ended")).toBeGreaterThan(types.lastIndexOf("tool_call_updated"));
    expect(session.message("m")?.toolCalls?.map(({ status, error }) => [status, error?.slice(0, 9)])).toEqual(
      [
        ["success", undefined],
        ["error", "Cancelled"],
        ["error", "Cancelled"],
      ],
    );
  });

  it("are cancelled when it is lost with its engine", () => {
    const session = start();
    session.read(snapshot(false, [answer("m", "t", 2)]), true);
    expect(session.ends()).toEqual(["t lost"]);
    expect(statuses(session)).toEqual(["open error", "new error"]);
  });

  it("are none when they were reported as over", () => {
    const session = start();
    session.tell(part("m", tool("open", "success")), part("m", tool("new", "error")));
    session.events.length = 0;
    session.tell(told(answer("m", "t", 2, done("stop"))), idle);
    expect(session.ends()).toEqual(["t completed"]);
    expect(statuses(session)).toEqual([]);
  });
});
