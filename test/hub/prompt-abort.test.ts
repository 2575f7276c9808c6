import { describe, expect, it, vi } from "vitest";
import type { EngineConnection } from "../../src/engine/driver.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  fold,
  gate,
  idle,
  rejection,
  settle,
  stage,
  stoppedClock,
  tampered,
} from "./support.ts";

const half = () => [{ text: "Half" }, { wait: new Promise(() => {}) }];
const aborts = (calls: readonly string[]) => calls.filter((call) => call.startsWith("abort"));

describe("prompt: abort()", () => {
  it("stops the engine, and ends the turn with what was seen", async () => {
    const { client, engine, session } = await stage(half);
    const call = client.session.prompt(session, "Hi");
    const events = collect(call);
    await call;
    await settle();
    await call.abort();
    expect(aborts(engine.calls)).toEqual([`abort ${session.id}`]);
    expect(fold(await events)).toBe("Half");
    expect((await events).at(-1)).toMatchObject({ type: "error", code: "PROMPT_ABORTED", status: "aborted" });
    expect(await rejection(call.text())).toMatchObject({ code: "PROMPT_ABORTED", result: { text: "Half" } });
    expect(await call.settled()).toMatchObject({ status: "aborted", text: "Half" });
    expect(client.registry.get(session)?.status).toBe("idle");
  });

  it("does nothing the second time, nor after the end", async () => {
    const { client, engine, session } = await stage(half);
    const call = client.session.prompt(session, "Hi");
    await call;
    await Promise.all([call.abort(), call.abort()]);
    await call.settled();
    const asked = engine.calls.length;
    await call.abort();
    expect(engine.calls).toHaveLength(asked);
    expect((await call.settled()).status).toBe("aborted");
  });

  it("asks nothing of the engine when the prompt did not get that far", async () => {
    const { client, engine, session } = await stage(half);
    const call = client.session.prompt(session, "Hi");
    await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted", error: { code: "PROMPT_ABORTED" } });
    expect(await rejection(call.then(() => {}))).toMatchObject({ code: "PROMPT_ABORTED" });
    expect(await collect(call)).toMatchObject([{ type: "error", code: "PROMPT_ABORTED", status: "aborted" }]);
    await settle();
    expect(engine.calls.filter((asked) => !asked.startsWith("create"))).toEqual([]);
  });

  it("is believed when the engine takes it and says nothing more", async () => {
    stoppedClock();
    const engine = createMockEngine(half);
    const client = clientOf(tampered(engine, () => ({ abort: async () => {} })));
    const call = client.session.prompt(await client.session.create(), "Hi");
    const events = collect(call);
    await call;
    await settle();
    await call.abort();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await call.settled()).toMatchObject({ status: "aborted", text: "Half" });
    expect(fold(await events)).toBe("Half");
  });

  it.each(["call", "session"] as const)(
    "of a %s that the engine has not begun waits for that",
    async (what) => {
      const order: string[] = [];
      const engine = createMockEngine();
      const client = clientOf(
        tampered(engine, () => ({
          prompt: async () => ({ turnId: "msg_t", accepted: Promise.resolve() }),
          abort: async (sessionId) => {
            order.push("abort");
            engine.emit({ type: "session_status", sessionId, running: false });
          },
        })),
      );
      const session = await client.session.create();
      const call = client.session.prompt(session, "Hi");
      await call;
      const asked = what === "call" ? call.abort() : client.session.abort(session);
      await settle();
      expect(order).toEqual([]);
      order.push("begun");
      engine.emit({ type: "session_status", sessionId: session.id, running: true });
      await asked;
      expect(order).toEqual(["begun", "abort"]);
      await client.dispose();
      await call.settled();
    },
  );

  it("fails when the engine can't be told, and the turn goes on", async () => {
    const hold = gate();
    const engine = createMockEngine(() => [{ wait: hold.opened }, { text: "Whole." }]);
    const down = new Error("no route");
    const client = clientOf(tampered(engine, () => ({ abort: () => Promise.reject(down) })));
    const call = client.session.prompt(await client.session.create(), "Hi");
    await call;
    expect(await rejection(call.abort())).toBe(down);
    hold.open();
    expect(await call.text()).toBe("Whole.");
  });

  it("tells the turn's own prompt when somebody else aborts the session", async () => {
    const { client, engine, session } = await stage(half);
    const call = client.session.prompt(session, "Hi");
    await call;
    await settle();
    await clientOf(engine).session.abort(session.id);
    expect((await collect(call)).at(-1)).toMatchObject({ code: "PROMPT_ABORTED", status: "aborted" });
    expect(await rejection(call.result())).toMatchObject({
      code: "PROMPT_ABORTED",
      result: { text: "Half" },
    });
  });
});

describe("prompt: the caller's signal", () => {
  const reason = { my: "reason" };

  it("before the start: rejects with its reason, and nothing is asked", async () => {
    const { client, engine, session } = await stage(half);
    const call = client.session.prompt(session, "Hi", { signal: AbortSignal.abort(reason) });
    expect(await rejection(call.then(() => {}))).toBe(reason);
    expect(await rejection(call.text())).toBe(reason);
    expect(await rejection(call.result())).toBe(reason);
    expect(await rejection(collect(call))).toBe(reason);
    expect(await call.settled()).toMatchObject({ status: "aborted", error: { code: "PROMPT_ABORTED" } });
    expect(engine.calls).toEqual([`create ${session.id}`]);
  });

  /** Aborts while the driver, deaf to signals, is held in one of its calls; then lets it go on. */
  const abortDuring = async (call: "events" | "snapshot" | "prompt") => {
    const hold = gate();
    const reached = gate();
    const held = async <T>(work: () => Promise<T>): Promise<T> => {
      reached.open();
      await hold.opened;
      return work();
    };
    const engine = createMockEngine(half);
    const hold1 = (connection: EngineConnection): Partial<EngineConnection> => ({
      events: (options) => held(() => connection.events(options)),
      snapshot: (request) => held(() => connection.snapshot(request)),
      prompt: (request) => held(() => connection.prompt(request)),
    });
    const client = clientOf(
      tampered(engine, (connection) => ({ [call]: hold1(connection)[call] })),
      { idleTimeout: 0 },
    );
    const other = clientOf(engine);
    const session = await other.session.create();
    const controller = new AbortController();
    const prompt = client.session.prompt(session, "Hi", { signal: controller.signal });
    await reached.opened;
    controller.abort(reason);
    expect(await rejection(prompt.text())).toBe(reason);
    expect(await rejection(collect(prompt))).toBe(reason);
    expect(await prompt.settled()).toMatchObject({ status: "aborted" });
    hold.open();
    await settle();
    return { engine, session, client };
  };

  it("while connecting: nothing is asked of the engine, then or later", async () => {
    const { engine, session } = await abortDuring("events");
    expect(engine.calls).toEqual([`create ${session.id}`]);
    expect(engine.listeners).toBe(0);
  });

  it("while reading the session: nothing is posted, then or later", async () => {
    const { engine, session } = await abortDuring("snapshot");
    expect(engine.calls).not.toContain(`prompt ${session.id}`);
  });

  it("while posting: what the engine got all the same is aborted", async () => {
    const { engine, session, client } = await abortDuring("prompt");
    expect(engine.calls).toContain(`prompt ${session.id}`);
    expect(aborts(engine.calls)).toEqual([`abort ${session.id}`]);
    expect((await client.session.get(session)).status).toBe("idle");
    expect(engine.listeners).toBe(0);
  });

  it("while the engine has not begun: the abort overtakes neither the prompt nor its beginning", async () => {
    const accept = gate();
    const posted = gate();
    const engine = createMockEngine(half);
    const order: string[] = [];
    const client = clientOf(
      tampered(engine, (connection) => ({
        async prompt() {
          posted.open();
          return { turnId: "msg_t", accepted: accept.opened.then(() => void order.push("accepted")) };
        },
        async abort(sessionId, call) {
          order.push("abort");
          await connection.abort(sessionId, call);
        },
      })),
    );
    const controller = new AbortController();
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi", { signal: controller.signal });
    await posted.opened;
    await settle();
    controller.abort(reason);
    expect(await rejection(call.text())).toBe(reason);
    await settle();
    accept.open();
    await settle();
    expect(order).toEqual(["accepted"]);
    engine.emit({ type: "session_status", sessionId: session.id, running: true });
    await settle();
    expect(order).toEqual(["accepted", "abort"]);
  });

  it("while running: rejects with its reason, the engine is stopped, settled() keeps what was seen", async () => {
    const { client, engine, session } = await stage(half);
    const controller = new AbortController();
    const call = client.session.prompt(session, "Hi", { signal: controller.signal });
    const events = collect(call);
    await call;
    await settle();
    controller.abort(reason);
    expect(await rejection(events)).toBe(reason);
    expect(await rejection(call.text())).toBe(reason);
    const settled = await call.settled();
    expect(settled).toMatchObject({ status: "aborted", text: "Half", error: { code: "PROMPT_ABORTED" } });
    expect(settled.message?.complete).toBe(false);
    await settle();
    expect(aborts(engine.calls)).toEqual([`abort ${session.id}`]);
  });

  it("after the end: what was completed stays completed, and can still be read", async () => {
    const { client, engine, session } = await stage(() => [{ text: "Whole." }]);
    const controller = new AbortController();
    const call = client.session.prompt(session, "Hi", { signal: controller.signal });
    await call.settled();
    controller.abort(reason);
    expect(await call.text()).toBe("Whole.");
    expect(fold(await collect(call))).toBe("Whole.");
    expect(aborts(engine.calls)).toEqual([]);
  });
});

describe("prompt: letting go", () => {
  it("by break: the engine goes on, and settled() still has the whole turn", async () => {
    const hold = gate();
    const { client, engine, session } = await stage(() => [
      { text: "One " },
      { wait: hold.opened },
      { text: "two." },
    ]);
    const call = client.session.prompt(session, "Hi");
    for await (const event of call) if (event.type === "text_delta") break;
    hold.open();
    expect(await call.settled()).toMatchObject({ status: "completed", text: "One two." });
    expect(await call.text()).toBe("One two.");
    expect(aborts(engine.calls)).toEqual([]);
  });

  it("by an error in the loop, and by disposal", async () => {
    const { client, engine, session } = await stage(() => [{ text: "Whole." }]);
    const mistake = new Error("mine");
    const call = client.session.prompt(session, "Hi");
    const loop = async () => {
      for await (const _ of call) throw mistake;
    };
    expect(await rejection(loop())).toBe(mistake);
    expect(await call.text()).toBe("Whole.");

    const other = client.session.prompt(session, "Hi");
    await other[Symbol.asyncDispose]();
    expect(await other.text()).toBe("Whole.");
    expect(aborts(engine.calls)).toEqual([]);
  });

  it("by dispose(): the engine goes on", async () => {
    const { client, engine, session } = await stage(idle);
    const call = client.session.prompt(session, "Hi");
    await call;
    await client.dispose();
    expect(await call.settled()).toMatchObject({ status: "error", error: { code: "ENGINE_UNAVAILABLE" } });
    expect(aborts(engine.calls)).toEqual([]);
  });
});
