import { describe, expect, it, vi } from "vitest";
import type { EngineDriver } from "../../src/engine/driver.ts";
import { EngineError } from "../../src/engine/errors.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  gate,
  next,
  rejection,
  settle,
  stage,
  stoppedClock,
  tampered,
  unhandledRejections,
  withoutBackoff,
} from "./support.ts";

const types = (events: readonly EngineEvent[]) => events.map((event) => event.type);
const down = () => new EngineError("ENGINE_UNAVAILABLE", "Nobody answers.");

describe("connection: a drop", () => {
  it.each([
    ["a clean end", undefined],
    ["an error", new TypeError("terminated")],
  ])("by %s is told, and what follows is heard", async (_, error) => {
    withoutBackoff();
    const { client, engine, diagnostics } = await stage();
    const seen: EngineEvent[] = [];
    const states: string[] = [];
    client.events.subscribe((event) => {
      seen.push(event);
      states.push(client.events.status.state);
    });
    await client.connect();
    const resynced = next(client, "stream_resynced");
    engine.drop(error);
    expect(await resynced).toEqual({ type: "stream_resynced", sessions: 1, missed: 0 });
    expect(types(seen)).toEqual(["stream_gap", "stream_resynced"]);
    expect(states).toEqual(["reconnecting", "open"]);
    expect(seen[0]).toMatchObject({ reason: error?.message ?? "The engine ended its event stream." });
    expect(diagnostics).toMatchObject([{ level: "warning", code: "stream_dropped" }]);
    expect(client.events.status).toEqual({ state: "open", attempt: 0 });
    expect(engine.listeners).toBe(1);
    engine.emit({ type: "unknown", name: "after", raw: 1 });
    await settle();
    expect(seen.at(-1)).toMatchObject({ name: "after" });
  });

  it("is tried again and again, with longer and longer waits, and counted", async () => {
    stoppedClock();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { client, engine } = await stage();
    await client.connect();
    const refusal = down();
    engine.refuse(refusal);
    engine.drop();
    await settle();
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 20; attempt += 1) {
      const { status } = client.events;
      expect(status).toMatchObject({ state: "reconnecting", attempt });
      waits.push((status.nextAttemptAt ?? 0) - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
      await settle();
    }
    // An engine that starts again is back in seconds; after half a minute it is asked less often.
    expect(waits.slice(0, 4)).toEqual([250, 500, 1000, 2000]);
    expect(new Set(waits.slice(4))).toEqual(new Set([2000, 10_000]));
    expect(waits.toSorted((a, b) => a - b)).toEqual(waits);
    expect(client.events.status.lastError).toBe(refusal);
    engine.refuse();
    const resynced = next(client, "stream_resynced");
    await vi.advanceTimersByTimeAsync(10_000);
    await resynced;
    expect(client.events.status).toEqual({ state: "open", attempt: 0 });
    // Once it has lived for a while, the next drop begins to count, and to wait, from the start.
    await vi.advanceTimersByTimeAsync(5_000);
    engine.drop();
    await settle();
    expect(client.events.status).toMatchObject({ attempt: 1, nextAttemptAt: Date.now() + 250 });
    vi.restoreAllMocks();
  });

  it("that lasts too long ends what waits for it, and a later prompt begins anew", async () => {
    stoppedClock();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const waiting = Promise.withResolvers<void>();
    const script = ({ content }: { content: unknown }) =>
      content === "wait" ? [{ text: "So far" }, { wait: waiting.promise }] : [{ text: "Again." }];
    const { client, engine, session } = await stage(script, { reconnectTimeout: 1_000 });
    const call = client.session.prompt(session, "wait");
    await call;
    await settle();
    engine.refuse(down());
    engine.drop();
    await settle();
    // 250 and 500 ms, and what is left.
    await vi.advanceTimersByTimeAsync(1_000);
    await settle();
    const result = await call.settled();
    expect(result).toMatchObject({ status: "lost", text: "So far", error: { code: "TURN_LOST" } });
    expect(client.events.status.state).toBe("closed");
    engine.refuse();
    waiting.resolve();
    await settle();
    expect(await client.session.prompt(session, "hi").text()).toBe("Again.");
    vi.restoreAllMocks();
  });

  it("right after it opened waits longer and longer as well: it has not recovered", async () => {
    stoppedClock();
    vi.spyOn(Math, "random").mockReturnValue(1);
    const { client, engine } = await stage();
    await client.connect();
    const waits: number[] = [];
    for (let drops = 0; drops < 4; drops += 1) {
      engine.drop();
      await settle();
      waits.push((client.events.status.nextAttemptAt ?? 0) - Date.now());
      await vi.advanceTimersByTimeAsync(waits.at(-1) ?? 0);
      await settle();
      expect(client.events.status.state).toBe("open");
    }
    expect(waits).toEqual([250, 500, 1000, 2000]);
    vi.restoreAllMocks();
  });

  it("is not waited out by dispose()", async () => {
    stoppedClock();
    const { client, engine } = await stage();
    const reading = collect(client.events);
    await client.connect();
    engine.refuse(down());
    engine.drop();
    await settle();
    expect(client.events.status.state).toBe("reconnecting");
    await client.dispose();
    expect((await reading).at(-1)).toMatchObject({ type: "stream_gap" });
    expect(client.events.status.state).toBe("closed");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not waited out when the last user leaves", async () => {
    stoppedClock();
    const { client, engine } = await stage(undefined, { idleTimeout: 0 });
    const leave = client.events.subscribe(() => {});
    await settle();
    engine.refuse(down());
    engine.drop();
    await settle();
    leave();
    await settle();
    expect(client.events.status.state).toBe("idle");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("holds a new prompt back until the stream is open again", async () => {
    withoutBackoff();
    const { client, engine, session } = await stage();
    await client.connect();
    engine.refuse(down());
    engine.drop();
    await settle();
    const call = client.session.prompt(session, "Hi");
    await settle();
    expect(client.events.status.state).toBe("reconnecting");
    expect(engine.calls).not.toContain(`prompt ${session.id}`);
    engine.refuse();
    expect(await call.text()).toBe("Mock answer.");
  });

  it("by an answer that no retry will change closes it", async () => {
    const { client, engine, diagnostics } = await stage();
    const reading = collect(client.events);
    await client.connect();
    const refusal = new EngineError("AUTH_REQUIRED", "The password changed.");
    engine.refuse(refusal);
    engine.drop();
    withoutBackoff();
    expect(await rejection(reading)).toBe(refusal);
    expect(client.events.status).toMatchObject({ state: "closed", lastError: refusal });
    expect(diagnostics.at(-1)).toMatchObject({ level: "error", code: "stream_closed" });
  });
});

describe("connection: that can't be made", () => {
  it.each([
    ["down", down()],
    ["guarded", new EngineError("AUTH_REQUIRED", "Who are you?")],
    ["odd", new TypeError("odd")],
  ])("fails prompts, streams and calls with the reason: %s", async (_, refusal) => {
    const engine = createMockEngine();
    engine.refuse(refusal);
    const connect = vi.fn(engine.connect);
    const client = clientOf({ ...engine, connect });
    const call = client.session.prompt("ses_1", "Hi");
    const failure = await rejection(call.text());
    expect(failure === refusal || failure.cause === refusal).toBe(true);
    expect(await rejection(collect(client.events))).toBe(refusal);
    expect(await rejection(client.session.list())).toBe(refusal);
    expect(await rejection(client.connect())).toBe(refusal);
    expect(client.events.status).toMatchObject({ state: "closed", lastError: refusal });
    // One attempt each, and none in the background.
    await settle();
    expect(connect).toHaveBeenCalledTimes(4);
  });

  it("is made by a later call, when that is possible", async () => {
    const engine = createMockEngine();
    engine.refuse(down());
    const client = clientOf(engine);
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    await settle();
    expect(client.events.status.state).toBe("closed");
    engine.refuse();
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
    // Who subscribed before the failure is still there.
    expect(types(seen)).toContain("turn_ended");
    await client.connect();
    expect(client.registry.list()).toHaveLength(1);
  });

  it("leaves no user behind: what comes later is closed as ever", async () => {
    const engine = createMockEngine();
    engine.refuse(down());
    const client = clientOf(engine, { idleTimeout: 0 });
    await rejection(collect(client.events));
    engine.refuse();
    client.events.subscribe(() => {})();
    await settle();
    expect(client.events.status.state).toBe("idle");
  });

  it("is made anew by a later call when it broke before it could be listened to", async () => {
    const engine = createMockEngine();
    let connections = 0;
    const closed: number[] = [];
    const driver: EngineDriver = {
      ...engine,
      async connect(options) {
        connections += 1;
        const mine = connections;
        const connection = await engine.connect(options);
        const close = async () => {
          closed.push(mine);
          await connection.close();
        };
        // As a process that died: what was made of it never works again.
        return { ...connection, close, ...(mine === 1 ? { events: () => Promise.reject(down()) } : {}) };
      },
    };
    const client = clientOf(driver);
    const session = await client.session.create();
    expect(await rejection(client.session.prompt(session, "Hi").text())).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
    });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
    expect(closed).toEqual([1]);
  });

  it("is not listened to when its user has left meanwhile", async () => {
    const engine = createMockEngine();
    const hold = gate();
    const events = vi.fn();
    const driver = tampered(engine, (connection) => ({
      events(options) {
        events();
        return connection.events(options);
      },
    }));
    const connect: EngineDriver["connect"] = async (options) => {
      await hold.opened;
      return driver.connect(options);
    };
    const client = clientOf({ ...driver, connect }, { idleTimeout: 0 });
    client.events.subscribe(() => {})();
    hold.open();
    await settle();
    expect(events).not.toHaveBeenCalled();
  });

  it("rejects nowhere when nobody waits for it", async () => {
    const engine = createMockEngine();
    engine.refuse(down());
    const client = clientOf(engine);
    expect(await unhandledRejections(async () => client.events.subscribe(() => {}))).toEqual([]);
  });

  it("is given up by a prompt after connectTimeout", async () => {
    stoppedClock();
    const engine = createMockEngine();
    const client = clientOf(
      tampered(engine, () => ({ events: () => new Promise(() => {}) })),
      { connectTimeout: 3_000, idleTimeout: 0 },
    );
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    const failure = rejection(call.text());
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await failure).toMatchObject({ code: "TIMEOUT" });
    expect(client.events.status.state).toBe("idle");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is shared by all who ask at once, and knows the engine's version", async () => {
    const engine = createMockEngine();
    const connect = vi.fn(engine.connect);
    const client = clientOf({ ...engine, connect });
    expect(client.version).toBe("unknown");
    const session = await client.session.create();
    await Promise.all([client.session.list(), client.session.prompt(session, "Hi").text(), client.connect()]);
    expect(connect).toHaveBeenCalledTimes(1);
    expect(client.version).toBe("mock");
  });
});
