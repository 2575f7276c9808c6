import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import type { EventStreamStatus } from "../../src/engine/engine-events.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { PromptCall } from "../../src/engine/prompt-call.ts";
import { OpenCodeClient, type OpenCodeClientOptions } from "../../src/opencode/client.ts";
import { type ServeV1Options, serveV1 } from "../../src/server/serve.ts";
import { startFakeOpenCode } from "../../src/testing/faults/fake-open-code.ts";
import { createFaultProxy, type FaultProxy } from "../../src/testing/faults/proxy.ts";
import { parseRecording } from "../../src/testing/faults/recording.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { eventStream, startOpenCode } from "../bad-input/fake-open-code.ts";
import type { Handler } from "../bad-input/server.ts";
import { clientOf, collect, next, rejection, settle, until } from "../hub/support.ts";
import { recordedBytes } from "../opencode/recording.ts";

// What the official client does otherwise: after `break` its socket stays open; a clean end of the stream ends the loop
// without a word; a 401 is retried; an abort during back-off takes 10.5 s; its back-off never resets after a success.

const EVENTS = "/global/event";

/** A server like OpenCode's with one session, which never says anything by itself; a client of it; a proxy between. */
async function stage(options: OpenCodeClientOptions = {}) {
  const streams: ServerResponse[] = [];
  const open: Handler = (request, response) => {
    streams.push(response);
    eventStream(request, response);
  };
  const server = await startOpenCode({ [`GET ${EVENTS}`]: open });
  const proxy = await createFaultProxy({ target: server.url });
  const client = new OpenCodeClient({ baseUrl: proxy.url, idleTimeout: 0, ...options });
  onTestFinished(async () => {
    await client.dispose();
    await proxy.close();
    await server[Symbol.asyncDispose]();
  });
  return {
    server,
    proxy,
    client,
    /** Resolves when the event stream is open. It opens nothing. */
    opened: () => until(() => client.events.status.state === "open"),
    /** Ends the event stream as a server does that has no more to say. */
    end: () => void streams.at(-1)?.end(),
    /** Says something on the event stream; a test that waits for it hears an `unknown` event of this name. */
    say(name: string) {
      const payload = { id: `evt_${name}`, type: name, properties: {} };
      streams.at(-1)?.write(`data: ${JSON.stringify({ payload })}\n\n`);
    },
    asked: (route: string) =>
      server.seen.filter(({ method, path }) => `${method} ${path.split("?")[0]}` === route).length,
  };
}

type Stage = Awaited<ReturnType<typeof stage>>;

/** The milliseconds that are left until the stream is tried again. */
const wait = ({ nextAttemptAt = Number.NaN }: EventStreamStatus) => nextAttemptAt - Date.now();

/** The wall clock stands still, so that the time of the next attempt can be told exactly. Timers run. */
function stoppedCalendar(): void {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
}

/** The longest waits are a tenth of what they may be: 25 ms, 50 ms, 100 ms and so on. */
function shortWaits(): void {
  const random = vi.spyOn(Math, "random").mockReturnValue(0.1);
  onTestFinished(() => void random.mockRestore());
}

/** Every status that the event stream has from now on. */
function statuses(client: ManagedEngineClient): EventStreamStatus[] {
  const told: EventStreamStatus[] = [];
  client.events.onStatus(() => told.push(client.events.status));
  return told;
}

describe("break", () => {
  /** The client's ends of the connections that fetch makes from now on. The proxy makes its own in another way. */
  function clientSockets(): Socket[] {
    const sockets: Socket[] = [];
    const onConnected = (message: unknown) => {
      if (hasSocket(message)) sockets.push(message.socket);
    };
    subscribe("undici:client:connected", onConnected);
    onTestFinished(() => void unsubscribe("undici:client:connected", onConnected));
    return sockets;
  }

  const hasSocket = (message: unknown): message is { readonly socket: Socket } =>
    typeof message === "object" && message !== null && "socket" in message;

  it("out of the last loop has closed the connection before the next line", async () => {
    const sockets = clientSockets();
    const { server, client, say, opened } = await stage();
    const loop = async (last: string) => {
      for await (const event of client.events) if (event.type === "unknown" && event.name === last) break;
      return [client.events.status.state, sockets.filter(({ destroyed }) => destroyed).length];
    };
    const first = loop("one");
    const second = loop("two");
    await opened();
    say("one");
    expect(await first).toEqual(["open", 0]);
    say("two");
    expect(await second).toEqual(["idle", 1]);
    const { closed } = await server.request(`GET ${EVENTS}`);
    await closed;
    // Nor is any other request under way.
    await Promise.all(server.seen.map((request) => request.closed));
  });
});

describe("a clean end of the stream", () => {
  it("is told, and the loop goes on after it", async () => {
    const { client, end, say, opened } = await stage();
    void opened().then(end);
    const seen: string[] = [];
    for await (const event of client.events) {
      seen.push(event.type);
      if (event.type === "stream_gap") expect(event.reason).toBe("The engine ended its event stream.");
      if (event.type === "stream_resynced") say("after");
      if (event.type === "unknown") break;
    }
    expect(seen).toEqual(["stream_gap", "stream_resynced", "unknown"]);
  });
});

describe("a 401", () => {
  const calls: readonly [name: string, call: (client: ManagedEngineClient) => Promise<unknown>][] = [
    ["connect()", (client) => client.connect()],
    ["events.stream()", (client) => collect(client.events.stream())],
    ["registry.waitFor()", (client) => client.registry.waitFor("ses_1", () => true)],
    ["prompt()", async (client) => client.session.prompt("ses_1", "Hi")],
    ["prompt().text()", (client) => client.session.prompt("ses_1", "Hi").text()],
  ];
  const prompt = "/session/ses_1/prompt_async";

  it.each([
    ...calls.flatMap(([name, call]) => [
      { name, call, where: "the event stream", on: EVENTS },
      { name, call, where: "everything", on: undefined },
    ]),
    ...calls.slice(-2).map(([name, call]) => ({ name, call, where: "the prompt itself", on: prompt })),
  ])("on $where fails $name at once: it is asked for once", async ({ call, on }) => {
    const { client, proxy } = await stage();
    const refused = proxy.inject({ type: "respond", status: 401, on });
    expect(await rejection(call(client))).toMatchObject({ code: "AUTH_REQUIRED", status: 401 });
    await settle();
    expect(refused.hits).toBe(1);
    expect(client.events.status.nextAttemptAt).toBeUndefined();
  });

  it.each([
    ["the event stream", EVENTS],
    ["everything", undefined],
  ])("on %s after a drop ends all who listen, and nothing is tried again", async (_, on) => {
    shortWaits();
    const { client, proxy } = await stage();
    const told = statuses(client);
    await client.connect();
    const call = client.session.prompt("ses_1", "Hi");
    await call;
    const listening = [
      collect(client.events),
      collect(client.events.stream({ types: [] })),
      client.registry.waitFor("ses_1", () => false),
      call.text(),
    ].map(rejection);
    await settle();
    const refused = proxy.inject({ type: "respond", status: 401, on });
    proxy.cutAll();
    const errors = await Promise.all(listening);
    for (const error of errors) expect(error).toMatchObject({ code: "AUTH_REQUIRED" });
    await settle();
    expect(refused.hits).toBe(1);
    const states = told.map(({ state }) => state);
    expect(states).toEqual(["connecting", "open", "reconnecting", "reconnecting", "closed"]);
    expect(client.events.status).toMatchObject({ state: "closed", lastError: errors[0] });
    expect(client.events.status.nextAttemptAt).toBeUndefined();
  });
});

describe("in the same turn of the event loop", () => {
  type Call = (client: ManagedEngineClient, signal?: AbortSignal) => readonly Promise<unknown>[];
  const accepted = async (call: PromptCall) => void (await call);
  const prompt: Call = (client, signal) => {
    const call = client.session.prompt("ses_1", "Hi", { signal });
    return [call.text(), call.result(), collect(call)];
  };
  const postedPrompt: Call = (client, signal) => {
    const call = client.session.prompt("ses_1", "Hi", { signal });
    return [accepted(call), call.text(), collect(call)];
  };
  const listening: Call = (client, signal) => [
    collect(client.events.stream({ signal })),
    client.registry.waitFor("ses_1", () => false, { signal }),
    client.registry.waitFor("ses_1", () => false, { signal, timeout: 600_000 }),
  ];
  const opening: Call = (client, signal) => [
    ...listening(client, signal),
    client.connect({ signal }),
    ...postedPrompt(client, signal),
  ];
  const asking: Call = (client, signal) => [
    client.session.list({ signal }),
    client.session.get("ses_1", { signal }),
    client.session.messages("ses_1", { signal }),
    client.session.abort("ses_1", { signal }),
    client.request("GET", "/config", { signal }),
  ];

  interface Scene {
    readonly name: string;
    /** Comes there. */
    enter(stage: Stage): Promise<unknown>;
    readonly call: Call;
    /** Resolves when the calls wait for what they are to wait for. */
    reached(stage: Stage): Promise<unknown>;
    readonly state: EventStreamStatus["state"];
  }

  const reopen = async ({ client, proxy }: Stage) => {
    await client.connect();
    const dropped = next(client, "stream_gap");
    proxy.cutAll();
    await dropped;
  };

  const scenes: readonly Scene[] = [
    {
      name: "while it is asked who is there",
      enter: async ({ proxy }) => proxy.inject({ type: "hang", after: "head", on: "/global/health" }),
      call: (client, signal) => [...opening(client, signal), ...asking(client, signal)],
      reached: ({ server }) => server.request("GET /global/health"),
      state: "connecting",
    },
    {
      name: "while it connects",
      enter: async ({ proxy }) => proxy.inject({ type: "hang", after: "head", on: EVENTS }),
      call: opening,
      reached: ({ server }) => server.request(`GET ${EVENTS}`),
      state: "connecting",
    },
    {
      name: "while the stream has begun and says nothing",
      enter: async ({ proxy }) => proxy.inject({ type: "hang", on: EVENTS }),
      call: opening,
      reached: ({ server }) => server.request(`GET ${EVENTS}`),
      state: "connecting",
    },
    {
      name: "during back-off",
      async enter(stage) {
        const { client, proxy } = stage;
        await client.connect();
        const headers = { "retry-after": "60" };
        proxy.inject({ type: "respond", status: 503, headers, on: EVENTS });
        await reopen(stage);
        await until(() => client.events.status.attempt === 2);
      },
      call: opening,
      reached: settle,
      state: "reconnecting",
    },
    {
      name: "during a reconnect",
      async enter(stage) {
        await stage.client.connect();
        stage.proxy.inject({ type: "hang", after: "head", on: EVENTS });
        await reopen(stage);
      },
      call: opening,
      reached: ({ asked }) => until(() => asked(`GET ${EVENTS}`) === 2),
      state: "reconnecting",
    },
    {
      name: "during a resync read",
      async enter(stage) {
        await stage.client.connect();
        stage.proxy.inject({ type: "hang", after: "head", on: "/experimental/session" });
        await reopen(stage);
      },
      call: opening,
      reached: ({ asked }) => until(() => asked("GET /experimental/session") === 2),
      state: "reconnecting",
    },
    {
      name: "while it is open, and a turn runs",
      enter: ({ client }) => client.connect(),
      call: (client, signal) => [...prompt(client, signal), ...listening(client, signal)],
      reached: ({ asked }) => until(() => asked("POST /session/ses_1/prompt_async") === 1),
      state: "open",
    },
    {
      name: "while a prompt is prepared",
      enter: async ({ proxy }) =>
        proxy.inject({ type: "hang", after: "head", on: ({ path }) => path.includes("/message") }),
      call: postedPrompt,
      reached: ({ asked }) => until(() => asked("GET /session/ses_1/message") > 0),
      state: "open",
    },
    {
      name: "while a prompt is posted",
      enter: async ({ proxy }) => proxy.inject({ type: "hang", after: "head", on: /\/prompt_async/ }),
      call: postedPrompt,
      reached: ({ server }) => server.request("POST /session/ses_1/prompt_async"),
      state: "open",
    },
    {
      name: "while a prompt is queued",
      enter: async ({ client }) => {
        await client.session.prompt("ses_1", "First");
      },
      call: postedPrompt,
      async reached({ asked }) {
        await settle();
        expect(asked("POST /session/ses_1/prompt_async")).toBe(1);
      },
      state: "open",
    },
    {
      name: "while a call is under way",
      enter: async ({ client, proxy }) => {
        await client.connect();
        proxy.inject({ type: "hang", after: "head", on: ({ path }) => !path.startsWith("/global/") });
      },
      call: asking,
      reached: ({ server }) => server.request("POST /session/ses_1/abort"),
      state: "open",
    },
  ];

  /** Says by and by what has become of them; what it has not said is still pending. */
  function outcomes(promises: readonly Promise<unknown>[]): PromiseSettledResult<unknown>[] {
    const settled: PromiseSettledResult<unknown>[] = [];
    for (const [index, promise] of promises.entries())
      promise.then(
        (value) => {
          settled[index] = { status: "fulfilled", value };
        },
        (reason: unknown) => {
          settled[index] = { status: "rejected", reason };
        },
      );
    return settled;
  }

  /** Runs what is queued as microtasks: no timer, no I/O, not even `process.nextTick`. */
  async function microtasks(): Promise<void> {
    for (let hop = 0; hop < 100; hop += 1) await Promise.resolve();
  }

  async function waiting(stage: Stage, scene: Scene, signal?: AbortSignal) {
    await scene.enter(stage);
    const promises = scene.call(stage.client, signal);
    const settled = outcomes(promises);
    await scene.reached(stage);
    // They have come as far as they can.
    await settle();
    expect(settled).toEqual([]);
    expect(stage.client.events.status.state).toBe(scene.state);
    return { settled, promises };
  }

  it.each(scenes)("$name: an abort settles every call with its reason", async (scene) => {
    const place = await stage();
    const controller = new AbortController();
    const { settled, promises } = await waiting(place, scene, controller.signal);
    const reason = { why: "changed my mind" };
    controller.abort(reason);
    await microtasks();
    expect(settled).toEqual(promises.map(() => ({ status: "rejected", reason })));
    for (const outcome of settled) if (outcome.status === "rejected") expect(outcome.reason).toBe(reason);
  });

  it.each(scenes)("$name: dispose() settles every call", async (scene) => {
    const place = await stage();
    const { settled, promises } = await waiting(place, scene);
    const disposed = place.client.dispose();
    await microtasks();
    const error = expect.objectContaining({ code: "ENGINE_UNAVAILABLE", retryable: false });
    // Iterations end; that of a prompt says why.
    expect(Object.keys(settled)).toHaveLength(promises.length);
    for (const outcome of settled) {
      if (outcome.status === "rejected") expect(outcome.reason).toEqual(error);
      else expect(outcome.value).toBeInstanceOf(Array);
    }
    await disposed;
    expect(place.client.events.status.state).toBe("closed");
  });
});

describe("back-off", () => {
  const refusal = { type: "respond", status: 503, on: EVENTS } as const;

  /** The waits from here until the stream is open again. */
  async function waitsOf(client: ManagedEngineClient): Promise<[attempt: number, ms: number][]> {
    const waits: [number, number][] = [];
    const resynced = next(client, "stream_resynced");
    const stop = client.events.onStatus(() => {
      const { status } = client.events;
      if (status.nextAttemptAt !== undefined) waits.push([status.attempt, wait(status)]);
    });
    await resynced;
    stop();
    return waits;
  }

  it("begins anew after a frame, and only after a frame", async () => {
    stoppedCalendar();
    shortWaits();
    const { client, proxy, say } = await stage();
    await client.connect();
    proxy.inject({ ...refusal, times: 2 });
    proxy.cutAll();
    const first: [number, number][] = [
      [1, 25],
      [2, 50],
      [3, 100],
    ];
    expect(await waitsOf(client)).toEqual(first);
    expect(client.events.status).toEqual({ state: "open", attempt: 0 });

    // That it opens is no recovery: it may drop again at once.
    proxy.cutAll();
    expect(await waitsOf(client)).toEqual([[4, 200]]);

    const heard = next(client, "unknown");
    say("well");
    await heard;
    proxy.inject({ ...refusal, times: 2 });
    proxy.cutAll();
    expect(await waitsOf(client)).toEqual(first);
  });
});

describe("what the server asks for", () => {
  /** A `/v1` server over an engine in memory, behind a proxy. */
  async function stageV1(options: OpenCodeClientOptions = {}, serving: ServeV1Options = {}) {
    const engine = createMockEngine();
    const behind = clientOf(engine);
    const server = await serveV1(behind, { port: 0, ...serving });
    const proxy = await createFaultProxy({ target: server.url });
    const client = new OpenCodeClient({ baseUrl: proxy.url, protocol: "v1", ...options });
    onTestFinished(async () => {
      await client.dispose();
      await proxy.close();
      await server.close();
    });
    return { behind, proxy, client };
  }

  /** Has something told on the event stream, and waits until the client has heard it. */
  async function tellSomething(behind: ManagedEngineClient, client: ManagedEngineClient): Promise<void> {
    const heard = next(client, "session_created");
    await behind.session.create();
    await heard;
  }

  /** The server says with its first frame that it wants to be left alone for so long. */
  function askToWait(proxy: FaultProxy, ms: number, onComment = () => {}): void {
    proxy.inject({
      type: "frames",
      on: "/v1/events",
      transform(frame, index) {
        if (frame.startsWith(":")) onComment();
        return [index === 0 ? `retry: ${ms}\n${frame}` : frame];
      },
    });
  }

  const afterDrop = async (client: ManagedEngineClient, proxy: FaultProxy) => {
    const dropped = next(client, "stream_gap");
    proxy.cutAll();
    await dropped;
    await until(() => client.events.status.nextAttemptAt !== undefined);
    return client.events.status;
  };

  it("by `retry:` is the shortest wait", async () => {
    stoppedCalendar();
    shortWaits();
    const { client, proxy } = await stageV1();
    askToWait(proxy, 30_000);
    await client.connect();
    const status = await afterDrop(client, proxy);
    expect([status.attempt, wait(status)]).toEqual([1, 30_000]);
  });

  it("is what is really waited for", async () => {
    const { client, proxy } = await stageV1();
    askToWait(proxy, 400);
    await client.connect();
    const resynced = next(client, "stream_resynced");
    await afterDrop(client, proxy);
    const from = performance.now();
    await resynced;
    // A timer may be a moment early.
    expect(performance.now() - from).toBeGreaterThan(390);
  });

  it("by `retry:` holds although it goes on to tell events", async () => {
    stoppedCalendar();
    shortWaits();
    const { client, behind, proxy } = await stageV1();
    askToWait(proxy, 30_000);
    await client.connect();
    await tellSomething(behind, client);
    const status = await afterDrop(client, proxy);
    expect([status.attempt, wait(status)]).toEqual([1, 30_000]);
  });

  it("by `retry:` holds although its heart beats", async () => {
    stoppedCalendar();
    shortWaits();
    const { client, proxy } = await stageV1({}, { heartbeatMs: 10 });
    let beats = 0;
    askToWait(proxy, 30_000, () => {
      beats += 1;
    });
    await client.connect();
    // Of so many the first have arrived.
    await until(() => beats >= 5);
    const status = await afterDrop(client, proxy);
    expect([status.attempt, wait(status)]).toEqual([1, 30_000]);
  });

  it.each(["/v1/events", "/v1/health"])("by Retry-After of a 503 on %s is the shortest wait", async (on) => {
    stoppedCalendar();
    shortWaits();
    const { client, proxy } = await stageV1();
    await client.connect();
    const refused = proxy.inject({ type: "respond", status: 503, headers: { "retry-after": "30" }, on });
    await afterDrop(client, proxy);
    await until(() => client.events.status.attempt === 2);
    expect(wait(client.events.status)).toBe(30_000);
    expect(refused.hits).toBe(1);
  });

  it("is no more than what the client's patience allows", async () => {
    stoppedCalendar();
    shortWaits();
    const { client, proxy } = await stageV1({ reconnectTimeout: 5_000 });
    askToWait(proxy, 3_600_000);
    await client.connect();
    const left = wait(await afterDrop(client, proxy));
    expect(left).toBeGreaterThan(4_000);
    expect(left).toBeLessThanOrEqual(5_000);
  });
});

describe("frames", () => {
  const framings: readonly [name: string, framed: (frame: string, index: number) => string][] = [
    ["by CRLF", (frame) => frame.replaceAll("\n", "\r\n")],
    ["by CR", (frame) => frame.replaceAll("\n", "\r")],
    ["after a byte order mark", (frame, index) => (index === 0 ? `\uFEFF${frame}` : frame)],
    [
      "by all of them in turn",
      (frame, index) => frame.replaceAll("\n", ["\r\n", "\r", "\n"][index % 3] ?? ""),
    ],
  ];

  it.each(
    framings.flatMap(([name, framed]) => [
      { name, framed, how: "as they come" },
      { name, framed, how: "byte by byte" },
    ]),
  )("$name are read $how", async ({ framed, how }) => {
    const recording = parseRecording(recordedBytes("text"));
    const fake = await startFakeOpenCode({ recording, heartbeatMs: 20 });
    const framing = await createFaultProxy({ target: fake.url });
    const pieces = await createFaultProxy({ target: framing.url });
    const client = new OpenCodeClient({ baseUrl: pieces.url });
    onTestFinished(async () => {
      await client.dispose();
      await pieces.close();
      await framing.close();
      await fake.close();
    });
    const listening = Promise.withResolvers<void>();
    const transform = (frame: string, index: number) => {
      if (index > 2) listening.resolve();
      return [framed(frame, index)];
    };
    const hit = framing.inject({ type: "frames", on: EVENTS, transform });
    if (how === "byte by byte") pieces.inject({ type: "trickle", on: EVENTS });
    await client.connect();
    await listening.promise;
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    const events = await collect(call);
    const told = events.map((event) => (event.type === "text_delta" ? event.delta : ""));
    expect(told.join("")).toBe("Hello from the model.");
    expect(await call.text()).toBe("Hello from the model.");
    // What trickles in may wait for a reading of the records, and is told in one piece then.
    if (how === "as they come") expect(told.filter((delta) => delta !== "").length).toBeGreaterThan(1);
    expect(hit.hits).toBe(1);
  });
});

describe("an engine that does not come back", () => {
  it("is given up after reconnectTimeout, and everybody is told for how long it was tried", async () => {
    shortWaits();
    const { client, proxy } = await stage({ reconnectTimeout: 300 });
    await client.connect();
    const told = statuses(client);
    const running = client.session.prompt("ses_1", "Hi");
    await running;
    const stream = rejection(collect(client.events.stream()));
    const turn = rejection(running.text());
    proxy.inject({ type: "respond", status: 503 });
    const dropped = next(client, "stream_gap");
    proxy.cutAll();
    await dropped;
    // Those who come while it is away wait with the others.
    const waiting = [
      client.connect(),
      client.registry.waitFor("ses_1", () => false),
      client.session.prompt("ses_1", "Again").text(),
      collect(client.events),
    ].map(rejection);

    const error = await stream;
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(error.message).toMatch(
      /^The engine was out of reach for 300 ms\. Last error: GET .+ was refused with 503: /,
    );
    expect(await turn).toMatchObject({ code: "TURN_LOST", cause: error });
    for (const one of await Promise.all(waiting)) {
      expect(one).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
      expect(one.message).toContain(error.message);
    }
    const attempts = told.map(({ attempt }) => attempt);
    expect(attempts).toEqual([...attempts.keys()]);
    expect(attempts.length).toBeGreaterThan(2);
    expect(new Set(told.slice(0, -1).map(({ state }) => state))).toEqual(new Set(["reconnecting"]));
    expect(client.events.status).toBe(told.at(-1));
    expect(client.events.status).toMatchObject({ state: "closed", lastError: error });
  });
});
