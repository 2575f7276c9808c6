import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { PromptCall } from "../../src/engine/prompt-call.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { frameOf } from "../../src/server/event-stream.ts";
import { serveV1 } from "../../src/server/serve.ts";
import { startFakeOpenCode } from "../../src/testing/faults/fake-open-code.ts";
import { createFaultProxy, type FaultProxy } from "../../src/testing/faults/proxy.ts";
import { parseRecording } from "../../src/testing/faults/recording.ts";
import { createMockEngine, type MockScript } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, next, rejection, settle, stoppedClock, tampered, until } from "../hub/support.ts";
import { foldPrompt } from "../opencode/fold-prompt.ts";
import { recordedBytes } from "../opencode/recording.ts";
import { shown, textsOf } from "../opencode/tellings.ts";

/** Milliseconds that a stream of the fastest heart may be silent. */
const SHORTEST = 5_000;
/** Milliseconds by which it may be found later than that. */
const GRACE = 2_000;

/** Milliseconds between two looks of the watchdog, and how many of them make ten minutes. */
const TICK = 5_000;
const TICKS = 120;
/** It is asked after 75 s of silence how it is. */
const TICKS_TO_PROBE = 15;

// The first in this file: fetch keeps one timer for all its requests from the first one on, and here it must be one of a
// clock that the test moves. (Afterwards it has none that runs. Nothing here waits for it.)
describe("a server that has no heartbeat and is well", () => {
  it("is never dropped, although fetch by itself breaks off what is silent for 300 s", async () => {
    stoppedClock();
    const fake = await startFakeOpenCode({ heartbeatMs: 1e9 });
    let answered = 0;
    const { fetch } = globalThis;
    // Not the client's option: what it does for the sake of the platform's fetch it may leave where it is given another.
    const spy = vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const response = await fetch(input, init);
      if (!response.url.endsWith("/global/health")) return response;
      // Whole, so that what follows needs no further turn of the event loop to be read.
      const text = await response.text();
      answered += 1;
      return new Response(text, response);
    });
    const client = new OpenCodeClient({ baseUrl: fake.url });
    onTestFinished(async () => {
      vi.useRealTimers();
      spy.mockRestore();
      await client.dispose();
      await fake.close();
    });
    let isBrokenOff = false;
    const bare = await fetch(`${fake.url}/global/event`);
    const reading = rejection(bare.text()).finally(() => {
      isBrokenOff = true;
    });
    const told: string[] = [];
    client.events.subscribe((event) => told.push(JSON.stringify(event)));
    await client.connect();
    const before = answered;
    for (let tick = 1; tick <= TICKS; tick += 1) {
      vi.advanceTimersByTime(TICK);
      const probes = Math.floor(tick / TICKS_TO_PROBE);
      await until(() => answered - before >= probes || told.length > 0);
      await settle();
    }
    await until(() => isBrokenOff);
    expect(await reading).toMatchObject({ cause: { name: "BodyTimeoutError" } });
    expect(told).toEqual([]);
    expect(answered - before).toBe(TICKS / TICKS_TO_PROBE);
    expect(client.events.status.state).toBe("open");
    expect(fake.listeners).toBe(1);
  });
});

/** Resolves when the client has found out by itself that its stream is dead. `from`: since when it is. */
async function foundDead(client: ManagedEngineClient, from: number): Promise<void> {
  const { reason } = await next(client, "stream_gap");
  const after = performance.now() - from;
  // It was not told: neither a FIN nor an error came.
  const silence = /^The engine's event stream was silent for (\d+) ms, though something should come/.exec(
    reason,
  );
  const limit = Number(silence?.[1]);
  expect(limit).toBeGreaterThanOrEqual(SHORTEST);
  expect(after).toBeLessThan(limit + GRACE);
}

/** Iterates a prompt to its end, and calls `onBegun` when the first text was heard. */
async function follow(call: PromptCall, onBegun: () => void): Promise<readonly PromptEvent[]> {
  const events: PromptEvent[] = [];
  for await (const event of call) {
    if (event.type === "text_delta" && !events.some(({ type }) => type === "text_delta")) onBegun();
    events.push(event);
  }
  return events;
}

/** What was iterated is what the prompt says in the end, and what the engine has on record. */
async function expectToldExactly(
  client: ManagedEngineClient,
  call: PromptCall,
  events: readonly PromptEvent[],
  text: string,
): Promise<void> {
  const result = await call.result();
  expect(result).toMatchObject({ status: "completed", text });
  const folded = foldPrompt(events);
  expect(shown(folded)).toEqual(textsOf(result.messages));
  expect([...folded.texts.values()].map((part) => part.text).join("")).toBe(text);
  const [first] = result.messages;
  const kept = await client.session.messages(first?.sessionId ?? "");
  expect(kept).toEqual(expect.arrayContaining([...result.messages]));
}

/** The connections are open and nothing comes over them any more, while the turn goes on; new ones are let through. */
async function hangAcross(
  client: ManagedEngineClient,
  proxy: FaultProxy,
  call: PromptCall,
  goOn: () => void,
) {
  const begun = gate();
  const events = follow(call, begun.open);
  await begun.opened;
  const { promise: resynced, resolve } = Promise.withResolvers<void>();
  const leave = client.events.subscribe(({ type }) => {
    if (type === "stream_resynced") resolve();
  });
  proxy.hangAll();
  const from = performance.now();
  goOn();
  await foundDead(client, from);
  expect(client.events.status.state).toBe("reconnecting");
  expect(proxy.held).toBeGreaterThan(0);
  proxy.heal();
  await resynced;
  leave();
  expect(client.events.status.state).toBe("open");
  return events;
}

// Real sockets and real time: most of it is waited for together.
describe.concurrent("a connection that is half open", { timeout: 30_000 }, () => {
  it("to an engine whose heartbeat was learned is found and replaced, and the turn is told exactly", async (test) => {
    const recording = parseRecording(recordedBytes("text"));
    const [first, second] = recording.flatMap(({ payload }, index) =>
      payload.type === "message.part.delta" ? [index] : [],
    );
    const beaten = gate();
    const hung = gate();
    const fake = await startFakeOpenCode({
      recording,
      heartbeatMs: 2_100,
      async beforeFrame(index) {
        if (index === first) await beaten.opened;
        if (index === second) await hung.opened;
      },
    });
    const proxy = await createFaultProxy({ target: fake.url });
    const client = new OpenCodeClient({ baseUrl: proxy.url });
    test.onTestFinished(async () => {
      await client.dispose();
      await proxy.close();
      await fake.close();
    });
    let beats = 0;
    proxy.inject({
      type: "frames",
      on: "/global/event",
      times: 1,
      transform(frame) {
        if (frame.includes("server.heartbeat")) beats += 1;
        // What is told from here on comes behind the second beat.
        if (beats === 2) beaten.open();
        return [frame];
      },
    });
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    const events = await hangAcross(client, proxy, call, hung.open);
    await expectToldExactly(client, call, await events, "Hello from the model.");
    await client.dispose();
    proxy.cutAll();
    await fake.quiet();
    expect([fake.requests, fake.listeners]).toEqual([0, 0]);
  });

  /** A `/v1` server that says how often it says something, and a client of it behind a proxy. */
  async function stageV1(onTestFinished: (done: () => Promise<void>) => void, script?: MockScript) {
    const behind = createEngineClient(createMockEngine(script));
    const server = await serveV1(behind, { port: 0, heartbeatMs: 2_000 });
    const proxy = await createFaultProxy({ target: server.url });
    const client = new OpenCodeClient({ baseUrl: proxy.url, protocol: "v1" });
    onTestFinished(async () => {
      await client.dispose();
      await proxy.close();
      await server.close();
      await behind.dispose();
    });
    return { client, proxy };
  }

  it("to an engine that declares its heartbeat is found and replaced, and the turn is told exactly", async (test) => {
    const hung = gate();
    const script = () => [{ text: "Before, " }, { wait: hung.opened }, { text: "and after." }];
    const { client, proxy } = await stageV1(test.onTestFinished, script);
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    const events = await hangAcross(client, proxy, call, hung.open);
    await expectToldExactly(client, call, await events, "Before, and after.");
  });

  it("while all others are well is found and replaced as well", async (test) => {
    const { client, proxy } = await stageV1(test.onTestFinished);
    // Behind its first frame.
    const after = frameOf({ type: "ready", resumed: false }, "12345678-0").length;
    const hang = proxy.inject({ type: "hang", on: "/v1/events", after, times: 1 });
    await client.connect();
    const resynced = next(client, "stream_resynced");
    await foundDead(client, performance.now());
    await resynced;
    expect(hang.hits).toBe(1);
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
  });
});

describe("an engine that has no heartbeat and is well", () => {
  it("is never dropped, however long it says nothing", async () => {
    stoppedClock();
    const health = vi.fn(async () => ({ ok: true, latencyMs: 1 }));
    const client = clientOf(tampered(createMockEngine(), () => ({ health })));
    const events: string[] = [];
    client.events.subscribe(({ type }) => events.push(type));
    await client.connect();
    const { status } = client.events;
    const askedAt: number[] = [];
    for (let tick = 1; tick <= TICKS; tick += 1) {
      await vi.advanceTimersByTimeAsync(TICK);
      if (health.mock.calls.length > askedAt.length) askedAt.push(tick);
    }
    expect(askedAt).toEqual([15, 30, 45, 60, 75, 90, 105, 120]);
    expect(health).toHaveBeenCalledTimes(TICKS / TICKS_TO_PROBE);
    expect(events).toEqual([]);
    expect(client.events.status).toBe(status);
  });
});

describe("a machine that slept", () => {
  it("reconnects at once, whatever the sockets say", async () => {
    stoppedClock();
    vi.spyOn(Math, "random").mockReturnValue(1);
    onTestFinished(() => void vi.restoreAllMocks());
    const health = vi.fn(async () => ({ ok: true, latencyMs: 1 }));
    const engine = createMockEngine();
    const client = clientOf(tampered(engine, () => ({ health })));
    await client.connect();
    const told: unknown[] = [];
    client.events.subscribe((event) => told.push(event));
    await vi.advanceTimersByTimeAsync(3_000);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(client.events.status.state).toBe("open");
    // The next tick of the watchdog, and the longest wait before a first attempt.
    await vi.advanceTimersByTimeAsync(2_000);
    expect(client.events.status).toMatchObject({ state: "reconnecting", attempt: 1 });
    expect(client.events.status.nextAttemptAt).toBe(Date.now() + 250);
    await vi.advanceTimersByTimeAsync(250);
    await settle();
    expect(told).toEqual([
      { type: "stream_gap", reason: "The machine slept or its clock was set: it jumped by 3600000 ms." },
      { type: "stream_resynced", sessions: 0, missed: 0 },
    ]);
    expect(client.events.status).toEqual({ state: "open", attempt: 0 });
    expect(engine.listeners).toBe(1);
    expect(health).not.toHaveBeenCalled();
  });
});
