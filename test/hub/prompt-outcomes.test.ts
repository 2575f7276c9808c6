import { describe, expect, it } from "vitest";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  fold,
  gate,
  idle,
  puppet,
  rejection,
  settle,
  stage,
  tampered,
} from "./support.ts";

describe("prompt: how it ends", () => {
  it("error: a last event, and rejections that carry what was seen", async () => {
    const { client, session } = await stage(() => [
      { text: "So far." },
      { error: { code: "RATE_LIMITED", message: "Slow down.", retryAfterMs: 5 } },
    ]);
    const call = client.session.prompt(session, "Hi");
    const events = await collect(call);
    expect(fold(events)).toBe("So far.");
    expect(events.filter(({ type }) => type === "error" || type === "message_done")).toHaveLength(1);
    expect(events.at(-1)).toMatchObject({
      type: "error",
      error: "Slow down.",
      code: "RATE_LIMITED",
      status: "error",
      cause: { engine: "mock", sessionId: session.id, retryAfterMs: 5 },
    });
    for (const asked of [call.text(), call.result()]) {
      const failure = await rejection(asked);
      expect(EngineError.is(failure, "RATE_LIMITED")).toBe(true);
      expect(failure.result).toMatchObject({ status: "error", text: "So far." });
      expect(Object.keys(failure)).not.toContain("result");
    }
    expect(await call.settled()).toMatchObject({ status: "error", text: "So far." });
    // Accepted it was.
    await call;
  });

  it("rejected: iteration ends with message_done, text() with PERMISSION_DENIED", async () => {
    const set = await stage(idle);
    const { engine, client, session } = set;
    const { call, events, messageId, finish } = await puppet(set);
    const toolCall = { id: "call_1", name: "bash", input: {}, status: "error", error: "Denied." } as const;
    const part = { type: "tool", id: "prt_1", toolCall } as const;
    engine.emit({ type: "part_updated", sessionId: session.id, messageId, part, complete: true });
    finish({ stopReason: "tool_calls" });

    expect((await events).at(-1)).toMatchObject({ type: "message_done", status: "rejected" });
    const failure = await rejection(call.text());
    expect(failure).toMatchObject({ code: "PERMISSION_DENIED", result: { status: "rejected" } });
    expect(failure.result?.toolCalls).toMatchObject([{ id: "call_1", status: "error" }]);
    expect(await call.settled()).toBe(failure.result);
    expect(client.registry.get(session)?.status).toBe("idle");
  });

  it("superseded: ends with message_done, and text() gives what there is", async () => {
    const set = await stage(idle);
    const { call, events, turnId } = await puppet(set);
    set.engine.emit({ type: "turn_ended", sessionId: set.session.id, turnId, status: "superseded" });
    expect((await events).at(-1)).toMatchObject({ type: "message_done", status: "superseded" });
    expect(await call.text()).toBe("");
  });

  it("deleted: ends with SESSION_NOT_FOUND and what was seen", async () => {
    const hold = gate();
    const { engine, client, session } = await stage(() => [{ text: "Half" }, { wait: hold.opened }]);
    const call = client.session.prompt(session, "Hi");
    const events = collect(call);
    await call;
    await settle();
    engine.emit({ type: "session_deleted", sessionId: session.id });
    expect(fold(await events)).toBe("Half");
    expect((await events).at(-1)).toMatchObject({
      type: "error",
      code: "SESSION_NOT_FOUND",
      status: "error",
    });
    expect(await rejection(call.text())).toMatchObject({ result: { text: "Half" } });
    expect(client.registry.get(session)).toBeUndefined();
    hold.open();
  });

  it("silent: a turn without a word of the assistant has a final message all the same", async () => {
    const set = await stage(idle);
    const { call, events, finish } = await puppet(set);
    finish({ stopReason: "stop" });
    const last = (await events).at(-1);
    expect(last).toMatchObject({
      type: "message_done",
      message: { role: "assistant", content: { text: "" } },
    });
    expect(await call.text()).toBe("");
  });

  it("the stream gives up for good: ends with that error, and keeps what was seen", async () => {
    const hold = gate();
    const { engine, client, session } = await stage(() => [{ text: "Half" }, { wait: hold.opened }]);
    const call = client.session.prompt(session, "Hi");
    const events = collect(call);
    await call;
    await settle();
    const refusal = new EngineError("AUTH_REQUIRED", "The password changed.");
    engine.refuse(refusal);
    engine.drop(refusal);
    expect(fold(await events)).toBe("Half");
    expect((await events).at(-1)).toMatchObject({ type: "error", code: "AUTH_REQUIRED" });
    const result = await call.settled();
    expect(result).toMatchObject({ status: "error", text: "Half", error: { code: "AUTH_REQUIRED" } });
    expect(result.message).toMatchObject({ complete: false });
    hold.open();
  });

  it("superfluous words after the end change nothing", async () => {
    const { engine, client, session } = await stage(() => [{ text: "Done." }]);
    const call = client.session.prompt(session, "Hi");
    const events = await collect(call);
    const result = await call.settled();
    const messageId = result.message?.id ?? "";
    const late: DriverEvent = {
      type: "part_updated",
      sessionId: session.id,
      messageId,
      part: { type: "text", id: "prt_late", text: "And more." },
      complete: true,
    };
    engine.emit(late);
    engine.emit({ type: "session_status", sessionId: session.id, running: false });
    await settle();
    expect(fold(events)).toBe("Done.");
    expect(await call.settled()).toBe(result);
    expect(result.text).toBe("Done.");
  });

  it("an answer that is complete before the engine has accepted the prompt is seen", async () => {
    const accept = gate();
    const engine = createMockEngine(() => [{ text: "Quick." }]);
    const client = clientOf(
      tampered(engine, (connection) => ({
        async prompt(request) {
          const { turnId } = await connection.prompt(request);
          return { turnId: String(turnId), accepted: accept.opened };
        },
      })),
    );
    const call = client.session.prompt(await client.session.create(), "Hi");
    expect(fold(await collect(call))).toBe("Quick.");
    accept.open();
    expect(await call.text()).toBe("Quick.");
    expect(await (await call).text()).toBe("Quick.");
    await settle();
    expect(client.registry.list()[0]?.status).toBe("completed");
  });
});
