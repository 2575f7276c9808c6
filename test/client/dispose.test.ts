import { getActiveResourcesInfo } from "node:process";
import { describe, expect, it, vi } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import type { EngineDriver } from "../../src/engine/driver.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import {
  clientOf,
  collect,
  gate,
  idle,
  rejection,
  settle,
  stage,
  stoppedClock,
  tampered,
} from "../hub/support.ts";

const forever = () => new Promise<never>(() => {});
const gone = { code: "ENGINE_UNAVAILABLE", message: expect.stringContaining("disposed"), retryable: false };

describe("client: dispose()", () => {
  it("is done once, however often it is called", async () => {
    const engine = createMockEngine();
    const dispose = vi.fn(async () => {});
    const client = createEngineClient({ ...engine, dispose });
    await client.session.create();
    const first = client.dispose();
    expect(client.dispose()).toBe(first);
    await first;
    await client.dispose();
    await client[Symbol.asyncDispose]();
    expect(dispose).toHaveBeenCalledTimes(1);
  });

  it("needs nothing to have happened before", async () => {
    const engine = createMockEngine();
    const connect = vi.fn(engine.connect);
    await createEngineClient({ ...engine, connect }).dispose();
    expect(connect).not.toHaveBeenCalled();
  });

  it("settles everything that is pending", async () => {
    const { client, engine, session } = await stage(idle);
    const hanging = clientOf(tampered(engine, () => ({ snapshot: forever, createSession: forever })));
    const prompt = client.session.prompt(session, "Hi");
    const events = collect(prompt);
    await prompt;
    const iterators = [collect(client.events), collect(client.events.stream({ sessionId: session }))];
    const rejected = [
      prompt.text(),
      prompt.result(),
      client.session.prompt(session, "And").then(() => {}),
      client.registry.waitFor(session, () => false),
      client.registry.waitFor(session, () => false, { timeout: 60_000 }),
      hanging.session.list(),
      hanging.session.create(),
    ].map(rejection);
    await Promise.all([client.dispose(), hanging.dispose()]);
    for (const failure of await Promise.all(rejected)) expect(failure).toMatchObject(gone);
    expect(await prompt.settled()).toMatchObject({ status: "error", error: gone });
    expect((await events).at(-1)).toMatchObject({ type: "error", code: "ENGINE_UNAVAILABLE" });
    await Promise.all(iterators);
    expect(engine.listeners).toBe(0);
    expect(engine.calls).not.toContain(`abort ${session.id}`);
  });

  it("keeps what was seen of a turn", async () => {
    const { client, session } = await stage(() => [{ text: "Half" }, { wait: forever() }]);
    const call = client.session.prompt(session, "Hi");
    await call;
    await settle();
    await client.dispose();
    expect(await call.settled()).toMatchObject({ text: "Half", message: { complete: false } });
    expect(await rejection(call.text())).toMatchObject({ result: { text: "Half" } });
  });

  it.each<[string, (client: ManagedEngineClient) => Promise<unknown>]>([
    ["session.list", (client) => client.session.list()],
    ["session.create", (client) => client.session.create()],
    ["session.get", (client) => client.session.get("ses_1")],
    ["session.messages", (client) => client.session.messages("ses_1")],
    ["session.abort", (client) => client.session.abort("ses_1")],
    ["prompt", (client) => client.session.prompt("ses_1", "Hi").text()],
    ["message.create", (client) => client.message.create("ses_1", "Hi")],
    ["permissions.list", (client) => client.permissions.list()],
    ["permissions.reply", (client) => client.permissions.reply("per_1", "allow")],
    ["connect", (client) => client.connect()],
    ["request", (client) => client.request("GET", "/")],
    ["waitFor", (client) => client.registry.waitFor("ses_1", () => true)],
    ["events", (client) => collect(client.events)],
    ["events.stream", (client) => collect(client.events.stream({ sessionId: "ses_1" }))],
  ])("makes later calls fail clearly: %s", async (_, call) => {
    const engine = createMockEngine();
    const connect = vi.fn(engine.connect);
    const client = createEngineClient({ ...engine, connect });
    await client.session.create();
    await client.dispose();
    expect(await rejection(call(client))).toMatchObject(gone);
    client.events.subscribe(() => {})();
    await settle();
    expect(connect).toHaveBeenCalledTimes(1);
    expect(client.registry.list()).toEqual([]);
    expect(client.events.status.state).toBe("closed");
  });

  it("leaves no timer and nothing that keeps the process alive", async () => {
    stoppedClock();
    const before = getActiveResourcesInfo().sort();
    const { client, session } = await stage(idle);
    const other = await client.session.create();
    await client.connect();
    void client.session.prompt(session, "Hi");
    const aborted = client.session.prompt(other, "Hi");
    const leave = client.events.subscribe(() => {});
    void client.registry.waitFor(session, () => false, { timeout: 60_000 }).catch(() => {});
    await aborted;
    leave();
    await settle();
    await client.dispose();
    client.events.subscribe(() => {})();
    await settle();
    expect(vi.getTimerCount()).toBe(0);
    expect(getActiveResourcesInfo().sort()).toEqual(before);
  });

  it("waits for what must still reach the engine, for a while", async () => {
    stoppedClock();
    const hold = gate();
    const reached = gate();
    const engine = createMockEngine(idle);
    const client = clientOf(
      tampered(engine, (connection) => ({
        async abort(sessionId, call) {
          reached.open();
          await hold.opened;
          call.signal?.throwIfAborted();
          await connection.abort(sessionId, call);
        },
      })),
    );
    const controller = new AbortController();
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi", { signal: controller.signal });
    await call;
    controller.abort();
    await reached.opened;
    const disposed = client.dispose();
    hold.open();
    await disposed;
    expect(engine.calls).toContain(`abort ${session.id}`);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not wait for the last words of a turn that was aborted", async () => {
    stoppedClock();
    const engine = createMockEngine(idle);
    const client = clientOf(tampered(engine, () => ({ abort: async () => {} })));
    const call = client.session.prompt(await client.session.create(), "Hi");
    await call;
    await call.abort();
    // The clock stands still: whatever it waited for would never come.
    await client.dispose();
    expect((await call.settled()).error).toMatchObject(gone);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, (engine: EngineDriver) => EngineDriver]>([
    ["connecting", (engine) => ({ ...engine, connect: forever })],
    ["listening", (engine) => tampered(engine, () => ({ events: forever }))],
    ["closing", (engine) => tampered(engine, () => ({ close: forever }))],
  ])("comes to an end with a driver that hangs %s, and still disposes of it", async (_, change) => {
    stoppedClock();
    const dispose = vi.fn(async () => {});
    const client = createEngineClient({ ...change(createMockEngine()), dispose });
    void client.session.create().catch(() => {});
    const reading = collect(client.events).catch(() => {});
    await settle();
    const disposed = client.dispose();
    await vi.advanceTimersByTimeAsync(10_000);
    await disposed;
    await reading;
    expect(dispose).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("closes a connection that is made too late", async () => {
    const hold = gate();
    const engine = createMockEngine();
    const close = vi.fn(async () => {});
    const client = createEngineClient({
      ...engine,
      async connect(options) {
        await hold.opened;
        return { ...(await engine.connect(options)), close };
      },
    });
    const call = rejection(client.session.list());
    const disposed = client.dispose();
    expect(await call).toMatchObject(gone);
    hold.open();
    await disposed;
    await settle();
    expect(close).toHaveBeenCalledTimes(1);
  });

  it("waits for a broken connection that is still being closed", async () => {
    const hold = gate();
    const closing = gate();
    const engine = createMockEngine();
    const order: string[] = [];
    const client = createEngineClient({
      ...tampered(engine, (connection) => ({
        async close() {
          closing.open();
          await hold.opened;
          await connection.close();
          order.push("closed");
        },
      })),
      dispose: async () => void order.push("disposed"),
    });
    await client.connect();
    engine.drop();
    await closing.opened;
    const disposed = client.dispose();
    await settle();
    hold.open();
    await disposed;
    expect(order).toEqual(["closed", "disposed"]);
  });
});
