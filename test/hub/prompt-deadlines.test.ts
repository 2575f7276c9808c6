import { describe, expect, it, vi } from "vitest";
import type { PromptTimeouts } from "../../src/engine/prompt-options.ts";
import { createMockEngine, type MockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, idle, next, settle, stage, stoppedClock, tampered } from "./support.ts";

const passes = async (ms: number) => {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
};

/** It takes prompts, and says nothing more; that nothing runs can't be read either. */
const silent = (engine: MockEngine) =>
  tampered(engine, ({ snapshot }) => {
    let sent = false;
    return {
      snapshot: (request) => (sent ? Promise.reject(new Error("No.")) : snapshot(request)),
      async prompt({ sessionId }) {
        sent = true;
        return { turnId: `msg_${sessionId}`, accepted: Promise.resolve() };
      },
    };
  });

describe("the deadlines of a prompt", () => {
  it.each<[string, PromptTimeouts]>([
    ["total", { total: 5_000 }],
    ["inactivity", { inactivity: 5_000 }],
  ])("%s: stops the engine and fails with TIMEOUT, with what was seen", async (_, timeouts) => {
    stoppedClock();
    const { client, engine, session } = await stage(() => [
      { text: "So far" },
      { wait: new Promise(() => {}) },
    ]);
    const call = client.session.prompt(session, "Hi", { timeouts });
    await call;
    await settle();
    await passes(4_999);
    expect(engine.calls).not.toContain(`abort ${session.id}`);
    await passes(2);
    const result = await call.settled();
    expect(result).toMatchObject({ status: "error", text: "So far", error: { code: "TIMEOUT" } });
    expect(result.error?.message).toContain("5000 ms");
    await settle();
    expect(engine.calls).toContain(`abort ${session.id}`);
    expect(await client.session.prompt(session, "Hi", { timeouts: { total: 1 } }).turnId).toBeUndefined();
  });

  it("firstEvent: an engine that takes a prompt and says nothing of it", async () => {
    stoppedClock();
    const engine = createMockEngine();
    const client = clientOf(silent(engine));
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi", { timeouts: { firstEvent: 3_000 } });
    await call;
    await passes(2_999);
    expect(engine.calls).not.toContain(`abort ${session.id}`);
    await passes(1);
    expect(await call.settled()).toMatchObject({ status: "error", error: { code: "TIMEOUT" }, messages: [] });
    // It may be about to begin: then an abort would stop nothing.
    await passes(2_000);
    expect(engine.calls).toContain(`abort ${session.id}`);
  });

  it("firstEvent: is two minutes where nobody says otherwise, and never with Infinity", async () => {
    stoppedClock();
    const client = clientOf(silent(createMockEngine()));
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    await call;
    let isOver = false;
    void call.settled().then(() => {
      isOver = true;
    });
    await passes(119_999);
    expect(isOver).toBe(false);
    await passes(1);
    expect(await call.settled()).toMatchObject({ error: { code: "TIMEOUT" } });

    const patient = clientOf(silent(createMockEngine()));
    const waiting = patient.session.prompt(await patient.session.create(), "Hi", {
      timeouts: { firstEvent: Number.POSITIVE_INFINITY },
    });
    await waiting;
    await passes(600_000);
    await patient.dispose();
    expect(await waiting.settled()).toMatchObject({ error: { code: "ENGINE_UNAVAILABLE" } });
  });

  it("inactivity: whatever is said puts it off, and a person may take his time", async () => {
    stoppedClock();
    const more = gate();
    const { client, session } = await stage(() => [
      { wait: more.opened },
      { text: "More." },
      { tool: "bash", output: "ok", ask: { description: "Run `ls`" } },
    ]);
    client.events.subscribe(() => {});
    const call = client.session.prompt(session, "Hi", { timeouts: { inactivity: 1_000 } });
    await call;
    await passes(900);
    const asked = next(client, "permission_requested");
    more.open();
    const { permissionId } = await asked;
    await passes(60_000);
    await client.permissions.reply(permissionId, "allow");
    expect(await call.settled()).toMatchObject({ status: "completed", text: "More." });
  });

  it("connect: an engine whose events can't be opened in time", async () => {
    stoppedClock();
    const client = clientOf(tampered(createMockEngine(), () => ({ events: () => new Promise(() => {}) })));
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi", { timeouts: { connect: 700 } });
    const settled = call.settled();
    await passes(700);
    expect(await settled).toMatchObject({ error: { code: "TIMEOUT" } });
  });

  it("total: counts the time in the queue", async () => {
    stoppedClock();
    const { client, engine, session } = await stage(idle);
    await client.session.prompt(session, "first");
    const waiting = client.session.prompt(session, "second", { timeouts: { total: 2_000 } });
    await settle();
    await passes(2_000);
    expect(await waiting.settled()).toMatchObject({ status: "error", error: { code: "TIMEOUT" } });
    // It never reached the engine: there is nothing to stop.
    expect(engine.calls.filter((call) => call.startsWith("abort"))).toEqual([]);
  });

  it("leave no timer behind", async () => {
    stoppedClock();
    const { client, session } = await stage(undefined, { idleTimeout: 0 });
    const timeouts = { connect: 1_000, firstEvent: 1_000, inactivity: 1_000, total: 1_000 };
    expect(await client.session.prompt(session, "Hi", { timeouts }).text()).toBe("Mock answer.");
    await settle();
    expect(vi.getTimerCount()).toBe(0);
  });
});
