import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { clientOf, gate, rejection, settle, stage, stoppedClock, withoutBackoff } from "./support.ts";

const connected = async (...args: Parameters<typeof stage>) => {
  const set = await stage(...args);
  await set.client.connect();
  return set;
};
const never = () => false;

describe("registry.waitFor", () => {
  it("resolves at once with what is already so", async () => {
    const { client, session } = await connected();
    const found = await client.registry.waitFor(session, ({ status }) => status === "idle");
    expect(found).toBe(client.registry.get(session));
  });

  it("resolves later, by id or object", async () => {
    const hold = gate();
    const { client, session } = await connected(() => [{ wait: hold.opened }, { text: "Done." }]);
    const running = client.registry.waitFor(session.id, ({ status }) => status === "running");
    const completed = client.registry.waitFor(session, ({ status }) => status === "completed");
    const call = client.session.prompt(session, "Hi");
    expect((await running).id).toBe(session.id);
    hold.open();
    expect((await completed).status).toBe("completed");
    await call;
  });

  it("misses no state, however short", async () => {
    const { client, engine, session } = await connected();
    const seen = client.registry.waitFor(session, ({ title }) => title === "Short");
    const { engineId: _, status: __, ...told } = session;
    engine.emit({ type: "session_updated", session: { ...told, title: "Short" } });
    engine.emit({ type: "session_updated", session: { ...told, title: "Long" } });
    expect((await seen).title).toBe("Short");
  });

  it("fails with TIMEOUT in time, and leaves no timer", async () => {
    stoppedClock();
    const { client, session } = await connected();
    const timers = vi.getTimerCount();
    const late = rejection(client.registry.waitFor(session, never, { timeout: 500 }));
    const early = client.registry.waitFor(session, () => true, { timeout: 500 });
    await early;
    await vi.advanceTimersByTimeAsync(500);
    expect(await late).toMatchObject({ code: "TIMEOUT", sessionId: session.id });
    expect(vi.getTimerCount()).toBe(timers);
  });

  it("rejects with the reason of its signal, and leaves no listener on it", async () => {
    const { client, session } = await connected();
    const controller = new AbortController();
    const { signal } = controller;
    await client.registry.waitFor(session, () => true, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
    const reason = { my: "reason" };
    const waiting = rejection(client.registry.waitFor(session, never, { signal, timeout: 60_000 }));
    controller.abort(reason);
    expect(await waiting).toBe(reason);
    expect(await rejection(client.registry.waitFor(session, never, { signal }))).toBe(reason);
  });

  it("fails when the session is deleted, and when there is none", async () => {
    const { client, engine, session } = await connected();
    const waiting = rejection(client.registry.waitFor(session, never));
    engine.emit({ type: "session_deleted", sessionId: session.id });
    expect(await waiting).toMatchObject({ code: "SESSION_NOT_FOUND", sessionId: session.id });
    expect(await rejection(client.registry.waitFor(session, () => true))).toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });

  it("fails when the client is disposed, before or meanwhile", async () => {
    const { client, session } = await connected();
    const waiting = rejection(client.registry.waitFor(session, never));
    await settle();
    await client.dispose();
    expect(await waiting).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(await rejection(client.registry.waitFor(session, never))).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
    });
  });

  it("passes on what the predicate throws", async () => {
    const { client, session } = await connected();
    const mistake = new Error("mine");
    const broken = () => {
      throw mistake;
    };
    expect(await rejection(client.registry.waitFor(session, broken))).toBe(mistake);
    const later = client.registry.waitFor(session, ({ status }) => status === "running" && broken());
    const failure = rejection(later);
    await client.session.prompt(session, "Hi").text();
    expect(await failure).toBe(mistake);
  });

  it("needs no connect(): it opens the stream, keeps it open and lets go of it", async () => {
    const { client, engine, session } = await stage(undefined, { idleTimeout: 0 });
    const waiting = client.registry.waitFor(session, ({ status }) => status === "completed");
    await settle();
    expect(engine.listeners).toBe(1);
    await clientOf(engine, { idleTimeout: 0 }).session.prompt(session, "Hi").text();
    expect((await waiting).status).toBe("completed");
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("is not cut short when others let go of the stream", async () => {
    const { client, engine, session } = await stage(undefined, { idleTimeout: 0 });
    const leave = client.events.subscribe(() => {});
    const waiting = client.registry.waitFor(session, ({ title }) => title === "New");
    await settle();
    leave();
    await settle();
    const { engineId: _, status: __, ...told } = session;
    engine.emit({ type: "session_updated", session: { ...told, title: "New" } });
    expect((await waiting).title).toBe("New");
  });

  it("goes on over a gap, and fails when the stream is given up", async () => {
    withoutBackoff();
    const { client, engine, session } = await connected();
    const waiting = client.registry.waitFor(session, ({ title }) => title === "In the gap");
    const lost = rejection(client.registry.waitFor(session, never));
    await settle();
    engine.drop();
    const { engineId: _, status: __, ...told } = session;
    engine.emit({ type: "session_updated", session: { ...told, title: "In the gap" } });
    expect((await waiting).title).toBe("In the gap");
    const refusal = new EngineError("AUTH_REQUIRED", "No more.");
    engine.refuse(refusal);
    engine.drop();
    expect(await lost).toBe(refusal);
  });
});
