import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { getEventListeners } from "node:events";
import { Socket } from "node:net";
import { type ManagedEngineClient, OpenCodeClient, type PromptContent } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import { startFakeOpenCode } from "../../src/testing/faults/fake-open-code.ts";
import { parseRecording } from "../../src/testing/faults/recording.ts";
import { createMockEngine, type MockScript } from "../../src/testing/mock-engine.ts";
import { recordedBytes } from "../opencode/recording.ts";
import { useRealEngine } from "../real/engine.ts";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";

const KB = 2 ** 10;
/** How much the heap may grow meanwhile. Measured: 0 to 150 KB in 1,000 lives; 1 KB that stays of each would be 1,000. */
const GROWTH = 750 * KB;

/** One life of a client: made, used and disposed. `signal` is a caller's own that outlives it. */
type Life = (index: number, signal: AbortSignal) => Promise<void>;

describe("a client that was disposed leaves nothing behind", () => {
  it("in 1,000 lives with the mock engine", { timeout: 120_000 }, async () => {
    await expectNothingLeft(liveWithMock, { warmUp: 1_000, lives: 1_000 });
  });

  it("in 1,000 lives with a server over HTTP", { timeout: 240_000 }, async () => {
    await expectNothingLeft(liveWithServer, { warmUp: 100, lives: 1_000 });
  });

  describe("with the real engine", () => {
    const real = useRealEngine({ config: { permission: { bash: "ask" } } });

    it("in 50 lives", async () => {
      const { url, workspace, model } = real.engine;
      const prompt = script(
        say("Hello "),
        callTool("bash", { command: "echo hi", description: "d" }),
        nextStep(),
        say("there."),
      );
      const live: Life = async (index, signal) => {
        const client = new OpenCodeClient({ baseUrl: url, workingDirectory: workspace.directory });
        expect(await use(client, { index, signal, prompt })).toBe("Hello there.");
        await client.dispose();
        // The model remembers every request, and lives in this process.
        model.reset();
      };
      await expectNothingLeft(live, { warmUp: 10, lives: 50 });
    });
  });
});

const brain: MockScript = ({ content }) => [
  { reasoning: "Hm." },
  { text: "Hello " },
  { tool: "bash", output: "hi", ask: { description: "Run `echo hi`" } },
  { text: "there." },
  ...(content === "wait" ? [{ wait: new Promise(() => {}) }] : []),
];

async function liveWithMock(index: number, signal: AbortSignal): Promise<void> {
  const engine = createMockEngine(brain);
  const client = createEngineClient(engine, { idleTimeout: index % 3 === 0 ? 0 : 5_000 });
  expect(await use(client, { index, signal, prompt: "Hi" })).toBe("Hello there.");
  if (index % 4 === 1) return client.dispose();
  // Something that is not over when the client goes: left by its caller, stopped with the client, or let go.
  const session = await client.session.create({ signal });
  const never = client.registry.waitFor(session, () => false, { signal, timeout: 60_000 });
  // Not `expect(never).rejects`: vitest keeps those until the test is over, and all that they hold.
  const why = never.catch((error: unknown) => error);
  const caller = new AbortController();
  const call = client.session.prompt(session, "wait", { signal: index % 3 === 0 ? caller.signal : signal });
  const { value } = await call[Symbol.asyncIterator]().next();
  expect(value).toMatchObject({ type: "reasoning_delta" });
  caller.abort(new Error("The caller left."));
  await client.dispose({ abortRunning: index % 3 === 1 });
  expect(await why).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  expect(await call.settled()).toMatchObject({ status: index % 3 === 2 ? "error" : "aborted" });
  expect(engine.listeners).toBe(0);
}

const recording = parseRecording(recordedBytes("tool-permission-once"));

async function liveWithServer(index: number, signal: AbortSignal): Promise<void> {
  const server = await startFakeOpenCode({ recording });
  const client = new OpenCodeClient({ baseUrl: server.url });
  const text = await use(client, { index, signal, prompt: "Hi" });
  expect(text).toBe("I will run a command. It printed hi.");
  const stream = client.events.stream({ signal })[Symbol.asyncIterator]();
  const next = stream.next();
  await client.dispose();
  expect(await next).toEqual({ done: true, value: undefined });
  await server.quiet();
  await server.close();
}

interface Use {
  readonly index: number;
  readonly signal: AbortSignal;
  readonly prompt: PromptContent;
}

/** What an application does with a client. What does not end by itself is mostly left open. Resolves with the answer. */
async function use(client: ManagedEngineClient, { index, signal, prompt }: Use): Promise<string> {
  const leave = [
    client.events.subscribe(() => {}),
    client.events.onStatus(() => {}),
    client.registry.subscribe(() => {}),
  ];
  if (index % 10 === 0) await client.connect({ signal });
  const session = await client.session.create({ title: "Leak", signal });
  const completed = client.registry.waitFor(session, ({ status }) => status === "completed", {
    signal,
    timeout: 30_000,
  });
  const ended = endOf(client, session.id, signal);
  const call = client.session.prompt(session, prompt, { signal, timeouts: { total: 60_000 } });
  for await (const event of call) {
    if (event.type === "permission_requested") await client.permissions.reply(event, "allow", { signal });
  }
  await Promise.all([completed, ended]);
  await client.session.messages(session, { signal });
  // Of some nobody is left when they are disposed: the stream is still open, and would be closed later.
  if (index % 4 === 1) for (const unsubscribe of leave) unsubscribe();
  return call.text();
}

/** Leaves the loop when the turn is over. */
async function endOf(client: ManagedEngineClient, sessionId: string, signal: AbortSignal): Promise<void> {
  for await (const { type } of client.events.stream({ sessionId, signal })) if (type === "turn_ended") break;
}

interface Lives {
  /** Lives before the first look: code is compiled, pools and caches are filled. */
  readonly warmUp: number;
  readonly lives: number;
}

async function expectNothingLeft(live: Life, { warmUp, lives }: Lives): Promise<void> {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const timers = watchTimers();
  const sockets = watchSockets();
  const { signal } = new AbortController();
  const resources = resourcesNow();
  try {
    for (let index = 0; index < warmUp; index += 1) await live(index, signal);
    const listeners = listenersNow();
    const before = await heapNow();
    for (let index = 0; index < lives; index += 1) {
      await live(index, signal);
      expect(getEventListeners(signal, "abort")).toEqual([]);
    }
    expect(timers.running()).toEqual([]);
    const after = await heapNow();
    const [grown, from] = [after - before, before].map((bytes) => (bytes / KB).toFixed(0));
    process.stderr.write(`${lives} lives: the heap grew by ${grown} KB from ${from} KB\n`);
    expect(after - before).toBeLessThan(GROWTH);
    expect(listenersNow()).toEqual(listeners);
    expect(warnings).toEqual([]);
    // Node keeps a connection for some seconds after its last request, and nothing alive with it.
    await expect.poll(() => sockets.open.size, { timeout: 30_000, interval: 250 }).toBe(0);
    expect(resourcesNow()).toEqual(resources);
  } finally {
    sockets.restore();
    timers.restore();
    process.off("warning", onWarning);
  }
}

/** Timers and sockets are counted one by one; of these the test runner, and what it runs here, have their own. */
const COUNTED: ReadonlySet<string> = new Set(["Timeout", "Immediate", "TCPSocketWrap"]);

/** What keeps the process alive. */
function resourcesNow(): readonly string[] {
  return process
    .getActiveResourcesInfo()
    .filter((type) => !COUNTED.has(type))
    .sort();
}

/** The connections that were made from here and are still open, also those that keep no process alive. */
function watchSockets() {
  const open = new Set<Socket>();
  const onSocket = (message: unknown) => {
    if (typeof message !== "object" || message === null || !("socket" in message)) return;
    const { socket } = message;
    if (!(socket instanceof Socket)) return;
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  };
  subscribe("net.client.socket", onSocket);
  return { open, restore: () => unsubscribe("net.client.socket", onSocket) };
}

function listenersNow(): Readonly<Record<string, number>> {
  return Object.fromEntries(process.eventNames().map((name) => [String(name), process.listenerCount(name)]));
}

/** After everything that can be collected is. */
async function heapNow(): Promise<number> {
  if (globalThis.gc === undefined) throw new Error("Run this with --expose-gc.");
  for (let round = 0; round < 5; round += 1) {
    // Finalizers and weak references get their turn between two collections.
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc();
  }
  return process.memoryUsage().heapUsed;
}

/** Counts the timers of ours that were set and have neither fired nor been cleared, also those that are unreferenced. */
function watchTimers() {
  const source = new URL("../../src/", import.meta.url).pathname;
  /** Where each was set. */
  const running = new Map<unknown, string>();
  const { setTimeout, clearTimeout } = globalThis;
  const set = (handler: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
    const fire = () => {
      running.delete(timer);
      handler(...args);
    };
    const timer = setTimeout(fire, ms);
    const [, , caller = ""] = new Error().stack?.split("\n") ?? [];
    // Node's own `fetch` uses the same function.
    if (caller.includes(source)) running.set(timer, `${caller.trim()}, ${ms} ms`);
    return timer;
  };
  const clear = (timer: Parameters<typeof clearTimeout>[0]) => {
    running.delete(timer);
    clearTimeout(timer);
  };
  Object.assign(globalThis, { setTimeout: Object.assign(set, setTimeout), clearTimeout: clear });
  return {
    running: () => [...running.values()],
    restore: () => Object.assign(globalThis, { setTimeout, clearTimeout }),
  };
}
