import { describe, expect, it } from "vitest";
import type { DriverItem } from "../../src/engine/driver.ts";
import type { SessionSnapshot } from "../../src/engine/driver-requests.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { type Channel, createChannel } from "../../src/stream/channel.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  fold,
  gate,
  next,
  settle,
  tampered,
  told,
  until,
  withoutBackoff,
} from "./support.ts";

describe("resync: while it goes on", () => {
  /** A client whose resync (the first snapshot after `arm()`) is held until the gate opens. */
  const gated = async (script?: Parameters<typeof createMockEngine>[0]) => {
    withoutBackoff();
    const engine = createMockEngine(script);
    const hold = gate();
    const reached = gate();
    let armed = false;
    const driver = tampered(engine, (connection) => ({
      async snapshot(request) {
        const read: readonly SessionSnapshot[] = await connection.snapshot(request);
        if (!armed) return read;
        armed = false;
        reached.open();
        await hold.opened;
        return read;
      },
    }));
    const client = clientOf(driver);
    const arm = () => {
      armed = true;
    };
    return { engine, client, hold, reached, arm, session: await client.session.create() };
  };

  it("live events are neither lost nor doubled, and come after what was read", async () => {
    const { engine, client, session, hold, reached, arm } = await gated();
    await client.connect();
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    arm();
    engine.drop();
    await reached.opened;
    engine.emit({ type: "unknown", name: "live", raw: 1 });
    engine.emit({ type: "session_updated", session: { ...told(session), title: "Live" } });
    const { id } = await clientOf(engine).session.create({ title: "Live too" });
    await settle();
    expect(seen.map((event) => event.type)).toEqual(["stream_gap"]);
    expect(client.events.status.state).toBe("reconnecting");
    hold.open();
    await settle();
    expect(seen.map((event) => event.type)).toEqual([
      "stream_gap",
      "unknown",
      "session_updated",
      "session_created",
      "stream_resynced",
    ]);
    expect(client.registry.get(session)?.title).toBe("Live");
    expect(client.registry.get(id)?.title).toBe("Live too");
  });

  it("a turn that speaks and ends meanwhile is told once", async () => {
    const begin = gate();
    const { engine, client, session, hold, reached, arm } = await gated(() => [
      { text: "Before. " },
      { wait: begin.opened },
      { text: "During the resync. " },
    ]);
    const call = client.session.prompt(session, "Hi");
    const events = collect(call);
    await call;
    await settle();
    arm();
    engine.drop();
    await reached.opened;
    begin.open();
    await settle();
    hold.open();
    expect(fold(await events)).toBe("Before. During the resync. ");
    expect(await call.text()).toBe("Before. During the resync. ");
  });

  it("a second drop ends it: what it was reading is old, and the stream is not open", async () => {
    const { engine, client, session, hold, reached, arm } = await gated();
    await client.connect();
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    arm();
    engine.drop();
    await reached.opened;
    engine.refuse(new Error("still down"));
    engine.drop();
    await settle();
    hold.open();
    await settle();
    expect(client.events.status.state).toBe("reconnecting");
    expect(seen.map((event) => event.type)).toEqual(["stream_gap"]);
    engine.emit({ type: "session_updated", session: { ...told(session), title: "Newest" } });
    const resynced = next(client, "stream_resynced");
    engine.refuse();
    await resynced;
    expect(client.registry.get(session)?.title).toBe("Newest");
    expect(seen.filter((event) => event.type === "stream_resynced")).toHaveLength(1);
  });

  it("a stream that outlives its connection is not heard any more", async () => {
    withoutBackoff();
    const engine = createMockEngine();
    const wires: Channel<DriverItem>[] = [];
    let fail = false;
    const client = clientOf(
      tampered(engine, (connection) => ({
        async events() {
          const wire = createChannel<DriverItem>();
          wires.push(wire);
          return wire;
        },
        async snapshot(request) {
          if (fail) throw new Error("once");
          return connection.snapshot(request);
        },
      })),
    );
    const names: string[] = [];
    client.events.subscribe((event) => {
      if (event.type === "unknown") names.push(event.name);
      if (event.type === "stream_gap") fail = true;
    });
    await client.session.create();
    await client.connect();
    wires[0]?.close();
    await until(() => wires.length > 1);
    await settle();
    fail = false;
    await until(() => client.events.status.state === "open");
    expect(wires.length).toBeGreaterThan(2);
    for (const wire of wires) wire.push({ event: { type: "unknown", name: "once", raw: 1 } });
    await settle();
    expect(names).toEqual(["once"]);
  });

  it("a stream that outlives its users is not heard any more", async () => {
    const wires: Channel<DriverItem>[] = [];
    const client = clientOf(
      tampered(createMockEngine(), () => ({
        async events() {
          const wire = createChannel<DriverItem>();
          wires.push(wire);
          return wire;
        },
      })),
      { idleTimeout: 0 },
    );
    const names: string[] = [];
    const listen = () =>
      client.events.subscribe((event) => event.type === "unknown" && names.push(event.name));
    const leave = listen();
    await settle();
    leave();
    listen();
    await settle();
    for (const wire of wires) wire.push({ event: { type: "unknown", name: "once", raw: 1 } });
    await settle();
    expect([wires.length, names]).toEqual([2, ["once"]]);
  });

  it("connect() meanwhile still ends with every session in the mirror", async () => {
    const { engine, client, session, hold, reached, arm } = await gated();
    const other = await clientOf(engine).session.create({ title: "Never met" });
    client.events.subscribe(() => {});
    await client.session.prompt(session, "Hi").text();
    arm();
    engine.drop();
    await reached.opened;
    const connected = client.connect();
    hold.open();
    await connected;
    expect(client.registry.get(other)?.title).toBe("Never met");
  });
});
