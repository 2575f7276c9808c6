import { afterEach, describe, expect, it, vi } from "vitest";
import type { EventStreamStatus } from "../../src/engine/engine-events.ts";
import { EngineError } from "../../src/engine/errors.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  gate,
  rejection,
  settle,
  stage,
  stoppedClock,
  tampered,
  until,
  withoutBackoff,
} from "./support.ts";

afterEach(() => void vi.restoreAllMocks());

const down = () => new EngineError("ENGINE_UNAVAILABLE", "Nobody answers.");

/** Every status that a listener finds when it is called. */
function told(client: ManagedEngineClient): EventStreamStatus[] {
  const statuses: EventStreamStatus[] = [];
  client.events.onStatus(() => statuses.push(client.events.status));
  return statuses;
}

/** The longest waits that there may be: 250 ms, 500 ms and so on, by a clock that only the test moves. */
function longWaits(): void {
  stoppedClock();
  vi.spyOn(Math, "random").mockReturnValue(1);
}

describe("events.status", () => {
  it("is the same object until it changes", async () => {
    longWaits();
    const { client, engine, session } = await stage();
    const seen = new Set<EventStreamStatus>();
    const look = () => {
      const { status } = client.events;
      expect(client.events.status).toBe(status);
      seen.add(status);
    };
    look();
    await client.connect();
    look();
    const open = client.events.status;
    // Nothing of this is its business.
    await client.session.prompt(session, "Hi").text();
    engine.emit({ type: "unknown", name: "a", raw: 1 });
    await client.connect();
    client.events.subscribe(() => {})();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(client.events.status).toBe(open);

    engine.refuse(down());
    engine.drop();
    await settle();
    const waiting = client.events.status;
    look();
    await vi.advanceTimersByTimeAsync(249);
    expect(client.events.status).toBe(waiting);
    await vi.advanceTimersByTimeAsync(1);
    await settle();
    look();
    await client.dispose();
    look();
    expect([...seen].map(({ state }) => state)).toEqual([
      "idle",
      "open",
      "reconnecting",
      "reconnecting",
      "closed",
    ]);
  });
});

describe("events.onStatus()", () => {
  it("tells each change of a life, and nothing else", async () => {
    longWaits();
    const { client, engine, session } = await stage(undefined, { idleTimeout: 1_000 });
    const statuses = told(client);
    expect(client.events.status).toEqual({ state: "idle", attempt: 0 });
    await client.connect();
    expect(statuses.splice(0)).toEqual([
      { state: "connecting", attempt: 0 },
      { state: "open", attempt: 0 },
    ]);
    await client.session.prompt(session, "Hi").text();
    await client.connect();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(statuses).toEqual([]);

    const dropped = new TypeError("terminated");
    const refused = down();
    engine.refuse(refused);
    engine.drop(dropped);
    await settle();
    await vi.advanceTimersByTimeAsync(250);
    await settle();
    engine.refuse();
    await vi.advanceTimersByTimeAsync(500);
    await settle();
    const at = Date.now();
    expect(statuses).toEqual([
      { state: "reconnecting", attempt: 0, lastError: dropped },
      { state: "reconnecting", attempt: 1, nextAttemptAt: at - 500, lastError: dropped },
      { state: "reconnecting", attempt: 2, nextAttemptAt: at, lastError: refused },
      { state: "open", attempt: 0 },
    ]);
    expect(statuses[0]?.lastError).toBe(dropped);
    expect(statuses[2]?.lastError).toBe(refused);
    expect(client.events.status).toBe(statuses[3]);

    statuses.length = 0;
    await client.dispose();
    expect(statuses).toEqual([{ state: "closed", attempt: 0 }]);
    await client.dispose();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(statuses).toHaveLength(1);
  });

  it("tells that the last user left, and that the next one came", async () => {
    const { client } = await stage(undefined, { idleTimeout: 0 });
    const statuses = told(client);
    const first = client.events.subscribe(() => {});
    await settle();
    const second = client.events.subscribe(() => {});
    first();
    second();
    client.events.subscribe(() => {});
    await settle();
    const states = statuses.map(({ state }) => state);
    expect(states).toEqual(["connecting", "open", "idle", "connecting", "open"]);
  });

  it("tells why it could not be opened, and that it is tried again", async () => {
    const engine = createMockEngine();
    const refused = down();
    engine.refuse(refused);
    const client = clientOf(engine);
    const statuses = told(client);
    expect(await rejection(client.connect())).toBe(refused);
    expect(statuses.map(({ state }) => state)).toEqual(["connecting", "closed"]);
    expect(statuses[1]).toBe(client.events.status);
    expect(statuses[1]?.lastError).toBe(refused);
    expect(statuses[1]?.nextAttemptAt).toBeUndefined();

    engine.refuse();
    await client.connect();
    expect(statuses.slice(2)).toEqual([
      { state: "connecting", attempt: 0 },
      { state: "open", attempt: 0 },
    ]);
  });

  it("tells that it was given up, with the error that everybody gets", async () => {
    longWaits();
    const { client, engine } = await stage(undefined, { reconnectTimeout: 600 });
    await client.connect();
    const reading = rejection(collect(client.events));
    await settle();
    const statuses = told(client);
    engine.refuse(down());
    engine.drop();
    await settle();
    // 250 ms, and what is left.
    for (const wait of [250, 350]) {
      await vi.advanceTimersByTimeAsync(wait);
      await settle();
    }
    expect(statuses.map(({ state, attempt }) => [state, attempt])).toEqual([
      ["reconnecting", 0],
      ["reconnecting", 1],
      ["reconnecting", 2],
      ["closed", 3],
    ]);
    expect(statuses.at(-1)?.lastError).toBe(await reading);
    expect(statuses.at(-1)?.nextAttemptAt).toBeUndefined();
  });

  it("tells that it is open only when what was missed has been read", async () => {
    const hold = gate();
    let reads = 0;
    const engine = createMockEngine();
    const driver = tampered(engine, (connection) => ({
      async snapshot(request) {
        reads += 1;
        if (reads > 1) await hold.opened;
        return connection.snapshot(request);
      },
    }));
    withoutBackoff();
    const client = clientOf(driver);
    await client.connect();
    const statuses = told(client);
    engine.drop();
    await until(() => reads === 2);
    expect(statuses.map(({ state }) => state)).toEqual(["reconnecting", "reconnecting"]);
    hold.open();
    await settle();
    expect(statuses.map(({ state }) => state)).toEqual(["reconnecting", "reconnecting", "open"]);
  });

  it("opens nothing, and keeps nothing open", async () => {
    stoppedClock();
    const engine = createMockEngine();
    const connect = vi.fn(engine.connect);
    const client = clientOf({ ...engine, connect }, { idleTimeout: 1_000 });
    const statuses = told(client);
    await settle();
    expect(connect).not.toHaveBeenCalled();
    expect(client.events.status.state).toBe("idle");
    expect(vi.getTimerCount()).toBe(0);

    client.events.subscribe(() => {})();
    await settle();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(statuses.map(({ state }) => state)).toEqual(["connecting", "open", "idle"]);
    expect(engine.listeners).toBe(0);
  });

  it("works detached, as useSyncExternalStore calls it", async () => {
    const { client } = await stage();
    const { onStatus } = client.events;
    const getSnapshot = () => client.events.status;
    const rendered = [getSnapshot().state];
    const unsubscribe = onStatus(() => rendered.push(getSnapshot().state));
    await client.connect();
    unsubscribe();
    await client.dispose();
    expect(rendered).toEqual(["idle", "connecting", "open"]);
  });

  it("reports a listener that throws, and the others still run", async () => {
    const { client, diagnostics } = await stage();
    const mistake = new Error("mine");
    const before = vi.fn();
    const after = vi.fn();
    client.events.onStatus(before);
    client.events.onStatus(() => {
      throw mistake;
    });
    client.events.onStatus(after);
    await client.connect();
    expect(client.events.status.state).toBe("open");
    expect([before.mock.calls.length, after.mock.calls.length]).toEqual([2, 2]);
    const report = {
      level: "error",
      code: "handler_threw",
      message: "A handler of the stream's status threw: mine",
      cause: mistake,
    };
    expect(diagnostics).toEqual([report, report]);
  });

  it("tells a listener no more once it has left, however often it leaves", async () => {
    const { client } = await stage();
    const listener = vi.fn();
    const leave = client.events.onStatus(listener);
    // Given twice, it is told twice, until both have left.
    const leaveAgain = client.events.onStatus(listener);
    leave();
    leave();
    await client.connect();
    expect(listener).toHaveBeenCalledTimes(2);
    leaveAgain();
    leaveAgain();
    await client.dispose();
    expect(listener).toHaveBeenCalledTimes(2);
  });

  it("lets a listener leave, and others join, while they are told", async () => {
    const { client } = await stage();
    const seen: string[] = [];
    const join = (name: string, andThen = () => {}) =>
      client.events.onStatus(() => {
        seen.push(`${name}: ${client.events.status.state}`);
        andThen();
      });
    const leave = join("first", () => {
      leave();
      join("joined");
    });
    join("other");
    await client.connect();
    // Who joins is told of what changes from then on.
    expect(seen).toEqual(["first: connecting", "other: connecting", "other: open", "joined: open"]);
  });

  it("lets a listener take another's place each time that it is told", async () => {
    const { client } = await stage();
    const seen: string[] = [];
    const join = (): void => {
      const leave = client.events.onStatus(() => {
        seen.push(client.events.status.state);
        leave();
        // Or it would never end.
        if (seen.length < 100) join();
      });
    };
    join();
    await client.connect();
    expect(seen).toEqual(["connecting", "open"]);
  });

  it("lets a listener close what it hears opened", async () => {
    const { client } = await stage();
    const states: string[] = [];
    client.events.onStatus(() => {
      states.push(client.events.status.state);
      if (client.events.status.state === "open") void client.dispose();
    });
    const reading = collect(client.events);
    await settle();
    expect(states).toEqual(["connecting", "open", "closed"]);
    expect(await reading).toEqual([]);
  });

  it("lets a listener use what it hears of", async () => {
    const { client } = await stage();
    const connected: Promise<void>[] = [];
    client.events.onStatus(() => {
      if (client.events.status.state === "connecting") connected.push(client.connect());
    });
    await client.connect();
    expect(await Promise.all(connected)).toEqual([undefined]);
  });

  it("lets a listener begin anew when it hears that the stream was given up", async () => {
    withoutBackoff();
    const { client, engine } = await stage();
    await client.connect();
    const refused = new EngineError("AUTH_REQUIRED", "The password changed.");
    const begun: Promise<unknown>[] = [];
    client.events.onStatus(() => {
      if (client.events.status.state !== "closed" || begun.length > 0) return;
      // The password is right now.
      engine.refuse();
      begun.push(collect(client.events), client.connect());
    });
    engine.refuse(refused);
    engine.drop();
    await until(() => begun.length > 0);
    await begun[1];
    expect(client.events.status).toEqual({ state: "open", attempt: 0 });
    await client.dispose();
    expect(await begun[0]).toEqual([]);
  });
});

describe("whoever hears that the stream dropped", () => {
  it.each(["stream_gap", "its status"])("may be the last one, and leave: %s", async (by) => {
    stoppedClock();
    const { client, engine } = await stage(undefined, { idleTimeout: 0 });
    const leave = client.events.subscribe(({ type }) => {
      if (by === "stream_gap" && type === "stream_gap") leave();
    });
    await settle();
    const statuses = told(client);
    client.events.onStatus(() => {
      if (by === "its status" && client.events.status.state === "reconnecting") leave();
    });
    engine.drop();
    await settle();
    expect(statuses.map(({ state }) => state)).toEqual(["reconnecting", "idle"]);
    expect(client.events.status).toMatchObject({ state: "idle", attempt: 0 });
    expect(client.events.status.nextAttemptAt).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each(["stream_gap", "its status"])("may leave and come back: %s", async (by) => {
    withoutBackoff();
    const { client, engine } = await stage(undefined, { idleTimeout: 0 });
    const heard: string[] = [];
    let leave = client.events.subscribe(({ type }) => {
      if (by === "stream_gap" && type === "stream_gap") comeBack();
    });
    const comeBack = () => {
      leave();
      leave = client.events.subscribe(({ type }) => heard.push(type));
    };
    await settle();
    const stop = client.events.onStatus(() => {
      if (by !== "its status" || client.events.status.state !== "reconnecting") return;
      stop();
      comeBack();
    });
    engine.drop();
    await settle();
    expect(client.events.status).toEqual({ state: "open", attempt: 0 });
    expect(engine.listeners).toBe(1);
    engine.emit({ type: "unknown", name: "a", raw: 1 });
    await settle();
    expect(heard).toEqual(["unknown"]);
  });
});
