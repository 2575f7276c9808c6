import { describe, expect, it, vi } from "vitest";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, rejection, settle, stage, stoppedClock } from "./support.ts";

const open = async () => {
  const engine = createMockEngine();
  const client = clientOf(engine, { idleTimeout: 0 });
  const tell = () => engine.emit({ type: "unknown", name: "a", raw: 1 });
  return { engine, client, tell };
};

describe("events: leaving", () => {
  it("by break lets go of the connection", async () => {
    const { engine, client, tell } = await open();
    const reading = (async () => {
      for await (const _ of client.events) break;
    })();
    await settle();
    expect(engine.listeners).toBe(1);
    expect(client.events.status.state).toBe("open");
    tell();
    await reading;
    await settle();
    expect(engine.listeners).toBe(0);
    expect(client.events.status).toEqual({ state: "idle", attempt: 0 });
  });

  it("by an error in the loop does, too", async () => {
    const { engine, client, tell } = await open();
    const mistake = new Error("mine");
    const reading = (async () => {
      for await (const _ of client.events.stream()) throw mistake;
    })();
    await settle();
    tell();
    expect(await rejection(reading)).toBe(mistake);
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("by return() while nothing comes does, too", async () => {
    const { engine, client } = await open();
    const iterator = client.events[Symbol.asyncIterator]();
    const waiting = iterator.next();
    await settle();
    await iterator.return?.();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("by signal rejects with its reason, also when it aborted before", async () => {
    const { engine, client } = await open();
    const reason = { my: "reason" };
    const controller = new AbortController();
    const reading = collect(client.events.stream({ signal: controller.signal }));
    await settle();
    expect(engine.listeners).toBe(1);
    controller.abort(reason);
    expect(await rejection(reading)).toBe(reason);
    await settle();
    expect(engine.listeners).toBe(0);

    expect(await rejection(collect(client.events.stream({ signal: AbortSignal.abort(reason) })))).toBe(
      reason,
    );
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("by unsubscribing, the last one counts", async () => {
    const { engine, client } = await open();
    const first = client.events.subscribe(() => {});
    const second = client.events.subscribe(() => {});
    await settle();
    first();
    first();
    await settle();
    expect(engine.listeners).toBe(1);
    second();
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("before it was open opens nothing for nobody", async () => {
    const { engine, client } = await open();
    client.events.subscribe(() => {})();
    await settle();
    expect(engine.listeners).toBe(0);
    expect(client.events.status.state).toBe("idle");
  });

  it("and coming back opens it again", async () => {
    const { engine, client } = await open();
    client.events.subscribe(() => {})();
    await settle();
    const seen: string[] = [];
    client.events.subscribe((event) => seen.push(event.type));
    await settle();
    expect(engine.listeners).toBe(1);
    engine.emit({ type: "unknown", name: "a", raw: 1 });
    await settle();
    expect(seen).toEqual(["unknown"]);
  });
});

describe("events: the idle timeout", () => {
  it("keeps the stream open for those who come back soon", async () => {
    stoppedClock();
    const { engine, client, session } = await stage(undefined, { idleTimeout: 1_000 });
    await client.session.prompt(session, "Hi").text();
    await vi.advanceTimersByTimeAsync(999);
    expect(engine.listeners).toBe(1);
    const leave = client.events.subscribe(() => {});
    await vi.advanceTimersByTimeAsync(5_000);
    expect(engine.listeners).toBe(1);
    leave();
    await vi.advanceTimersByTimeAsync(999);
    expect(engine.listeners).toBe(1);
    expect(client.registry.get(session)).toBeDefined();
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(engine.listeners).toBe(0);
    expect(client.events.status.state).toBe("idle");
    // What nobody keeps up to date is not shown.
    expect(client.registry.list()).toEqual([]);
    expect(await client.session.prompt(session, "Again").text()).toBe("Mock answer.");
  });

  it("is 5 s by default", async () => {
    stoppedClock();
    const { engine, client } = await stage();
    client.events.subscribe(() => {})();
    await settle();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(engine.listeners).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("does not count for a mirror", async () => {
    stoppedClock();
    const { engine, client } = await stage(undefined, { idleTimeout: 10 });
    await client.connect();
    client.events.subscribe(() => {})();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(engine.listeners).toBe(1);
  });
});
