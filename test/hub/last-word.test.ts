import { describe, expect, it, vi } from "vitest";
import type { SessionSnapshot } from "../../src/engine/driver-requests.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, gate, settle, stoppedClock, tampered } from "./support.ts";

/** An engine that takes a prompt and says nothing; what is read of the session decides. */
async function silent(
  read: (snapshot: SessionSnapshot, round: number) => SessionSnapshot | undefined | Error,
) {
  stoppedClock();
  const engine = createMockEngine();
  let rounds = -1;
  const client = clientOf(
    tampered(engine, (connection) => ({
      prompt: async () => ({ turnId: "msg_t", accepted: Promise.resolve() }),
      async snapshot(request) {
        const snapshots = await connection.snapshot(request);
        rounds += 1;
        // The first reading meets the session.
        if (rounds === 0) return snapshots;
        return snapshots.flatMap((snapshot) => {
          const told = read(snapshot, rounds);
          if (told instanceof Error) throw told;
          return told ?? [];
        });
      },
    })),
  );
  const session = await client.session.create();
  const call = client.session.prompt(session, "Hi");
  await call;
  const ended = vi.fn();
  void call.settled().then(ended);
  return { client, engine, session, call, ended, rounds: () => rounds };
}

const answer = ({ session }: SessionSnapshot) => ({
  id: "msg_a",
  sessionId: session.id,
  role: "assistant" as const,
  turnId: "msg_t",
  createdAt: 5,
  completedAt: 6,
  stopReason: "stop",
  parts: [{ part: { type: "text", id: "prt_1", text: "All along." } as const, complete: true }],
});

describe("last word: an engine that is idle and owes it", () => {
  it("is read again after 1, 3 and 6 seconds; then the turn is lost", async () => {
    const { client, session, call, ended, rounds } = await silent((snapshot) => snapshot);
    const events = collect(call);
    await vi.advanceTimersByTimeAsync(999);
    expect(rounds()).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(rounds()).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(rounds()).toBe(2);
    expect(ended).not.toHaveBeenCalled();
    expect(client.registry.get(session)?.status).toBe("running");
    await vi.advanceTimersByTimeAsync(3_000);
    expect(rounds()).toBe(3);
    expect(await call.settled()).toMatchObject({ status: "lost", error: { code: "TURN_LOST" } });
    expect(await events).toMatchObject([{ type: "error", code: "TURN_LOST", status: "lost" }]);
    expect(client.registry.get(session)?.status).toBe("error");
    await vi.advanceTimersByTimeAsync(60_000);
    expect(rounds()).toBe(3);
  });

  it("ends the turn with the answer that is on record", async () => {
    const { call } = await silent((snapshot, round) =>
      round < 2 ? snapshot : { ...snapshot, messages: [answer(snapshot)] },
    );
    const events = collect(call);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await call.text()).toBe("All along.");
    expect((await events).map(({ type }) => type)).toEqual(["text_delta", "message_done"]);
  });

  it("is not hurried when it runs after all", async () => {
    const { call, ended, engine, session, client } = await silent((snapshot) => ({
      ...snapshot,
      running: true,
    }));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(ended).not.toHaveBeenCalled();
    expect(client.registry.get(session)).toMatchObject({ status: "running", activity: "thinking" });
    engine.emit({
      type: "message_updated",
      message: { ...answer({ session, running: true, permissions: [] }) },
    });
    engine.emit({ type: "session_status", sessionId: session.id, running: false });
    await settle();
    expect(await call.text()).toBe("All along.");
  });

  it("is asked further while it can't be read", async () => {
    const { ended, call, rounds } = await silent((snapshot, round) =>
      round < 10 ? new Error("busy") : snapshot,
    );
    await vi.advanceTimersByTimeAsync(9_500);
    expect(rounds()).toBe(9);
    expect(ended).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(7_000);
    expect((await call.settled()).status).toBe("lost");
  });

  it("has forgotten the session: the turn ends", async () => {
    const { client, session, call } = await silent(() => undefined);
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await call.settled()).toMatchObject({ error: { code: "SESSION_NOT_FOUND" } });
    expect(client.registry.get(session)).toBeUndefined();
  });

  it("went away in the middle: the turn is lost, and what was seen is kept", async () => {
    const unfinished = (snapshot: SessionSnapshot) => {
      const { completedAt: _, stopReason: __, ...message } = answer(snapshot);
      return { ...snapshot, messages: [message] };
    };
    const { call } = await silent(unfinished);
    const events = collect(call);
    await vi.advanceTimersByTimeAsync(6_000);
    const result = await call.settled();
    expect(result).toMatchObject({ status: "lost", text: "All along.", message: { complete: false } });
    expect((await events).map(({ type }) => type)).toEqual(["text_delta", "error"]);
  });

  it("leaves no timer when the client is disposed while it reads", async () => {
    const reached = gate();
    const { client } = await silent((snapshot) => {
      reached.open();
      void client.dispose();
      return snapshot;
    });
    await vi.advanceTimersByTimeAsync(1_000);
    await reached.opened;
    await client.dispose();
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer when a prompt learns that it was accepted after the client was disposed", async () => {
    const engine = createMockEngine(() => [{ text: "Hel" }, { wait: new Promise(() => {}) }]);
    const client = clientOf(engine);
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    await call[Symbol.asyncIterator]().next();
    // Its first word has come, and its receipt is under way.
    stoppedClock();
    await client.dispose();
    expect(await call.settled()).toMatchObject({ status: "error", text: "Hel" });
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("leaves no timer when the turn ends before, or the client is disposed", async () => {
    const { client, engine, session } = await silent((snapshot) => snapshot);
    engine.emit({ type: "turn_ended", sessionId: session.id, turnId: "msg_t", status: "completed" });
    await settle();
    client.session.prompt(session, "Hi");
    await settle();
    await client.dispose();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("last word: an answer that begins although nobody works on it, as in the copy of a session at work", () => {
  it("is lost in the end, also when nothing but its message is told, and keeps no prompt waiting", async () => {
    stoppedClock();
    const engine = createMockEngine();
    const client = clientOf(engine);
    await client.connect();
    const session = await client.session.create();
    const copied = {
      id: "msg_a",
      sessionId: session.id,
      role: "assistant",
      turnId: "msg_t",
      createdAt: 5,
    } as const;
    engine.emit({ type: "message_updated", message: copied });
    await settle();
    expect(client.registry.get(session)?.status).toBe("running");
    const call = client.session.prompt(session, "Hi");
    await vi.advanceTimersByTimeAsync(6_000);
    await settle();
    await vi.advanceTimersByTimeAsync(0);
    expect(await call.text()).toBe("Mock answer.");
  });
});
