import { describe, expect, it } from "vitest";
import { type ManagedEngineClient, OpenCodeClient, type OpenCodeClientOptions } from "../../src/index.ts";
import { failure, rejection } from "./failure.ts";
import { eventStream, json, type Routes, session, silent, stalled, startOpenCode } from "./fake-open-code.ts";

type Call = (client: ManagedEngineClient, signal: AbortSignal | undefined) => Promise<unknown>;

async function iterate(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event;
}

/** Every call, and the route at which it gets stuck when that never answers. */
const calls: readonly [name: string, route: string, call: Call][] = [
  ["session.list()", "GET /experimental/session", (client, signal) => client.session.list({ signal })],
  ["session.create()", "POST /session", (client, signal) => client.session.create({ signal })],
  ["session.get()", "GET /session/ses_1", (client, signal) => client.session.get("ses_1", { signal })],
  [
    "session.messages()",
    "GET /session/ses_1/message",
    (client, signal) => client.session.messages("ses_1", { signal }),
  ],
  [
    "session.abort()",
    "POST /session/ses_1/abort",
    (client, signal) => client.session.abort("ses_1", { signal }),
  ],
  [
    "session.diff()",
    "GET /session/ses_1/message",
    (client, signal) => client.session.diff("ses_1", { signal }),
  ],
  [
    "message.create()",
    "POST /session/ses_1/message",
    (client, signal) => client.message.create("ses_1", "Hello", { signal }),
  ],
  ["permissions.list()", "GET /permission", (client, signal) => client.permissions.list({ signal })],
  [
    "permissions.reply()",
    "POST /permission/per_1/reply",
    (client, signal) =>
      client.permissions.reply({ permissionId: "per_1", sessionId: "ses_1" }, "allow", { signal }),
  ],
  ["request()", "PUT /x", (client, signal) => client.request("PUT", "/x", { signal, body: 1 })],
  ["connect()", "GET /global/event", (client, signal) => client.connect({ signal })],
  ["connect() on its way", "GET /experimental/session", (client, signal) => client.connect({ signal })],
  [
    "prompt()",
    "GET /global/event",
    async (client, signal) => client.session.prompt("ses_1", "Hello", { signal }),
  ],
  [
    "prompt().text()",
    "GET /session/ses_1/message",
    (client, signal) => client.session.prompt("ses_1", "Hello", { signal }).text(),
  ],
  [
    "prompt().result()",
    "POST /session/ses_1/prompt_async",
    (client, signal) => client.session.prompt("ses_1", "Hello", { signal }).result(),
  ],
  [
    "a prompt's iteration",
    "POST /session/ses_1/prompt_async",
    (client, signal) => iterate(client.session.prompt("ses_1", "Hello", { signal })),
  ],
  ["events.stream()", "GET /global/event", (client, signal) => iterate(client.events.stream({ signal }))],
];

// The stream is everybody's, so it goes when the last of its users has gone; here at once.
const options: OpenCodeClientOptions = { idleTimeout: 0 };

describe("the caller's signal", () => {
  it.each(calls)("ends %s at %s with its reason, and the request with it", async (_, route, call) => {
    await using server = await startOpenCode({ [route]: silent });
    const client = new OpenCodeClient({ ...options, baseUrl: server.url });
    const controller = new AbortController();
    const reason = { why: "changed my mind" };
    const failed = rejection(call(client, controller.signal));
    const { closed } = await server.request(route);
    controller.abort(reason);
    expect(await failed).toBe(reason);
    await closed;
    await client.dispose();
    await server.left();
  });

  it.each(calls)("ends %s in the middle of an answer", async (_, route, call) => {
    const half = route === "GET /global/event" ? eventStream : stalled(200, "application/json", "[");
    await using server = await startOpenCode({
      [route]: half,
      "GET /experimental/session": stalled(200, "application/json", "["),
    });
    const client = new OpenCodeClient({ ...options, baseUrl: server.url });
    const controller = new AbortController();
    const failed = rejection(call(client, controller.signal));
    const { closed } = await server.request(route);
    controller.abort("enough");
    expect(await failed).toBe("enough");
    await closed;
    await client.dispose();
    await server.left();
  });

  it.each(calls)("that has aborted already makes %s ask nothing", async (_, __, call) => {
    await using server = await startOpenCode();
    const client = new OpenCodeClient({ ...options, baseUrl: server.url });
    const reason = new Error("too late");
    expect(await rejection(call(client, AbortSignal.abort(reason)))).toBe(reason);
    await client.dispose();
    expect(server.seen.filter(({ path }) => !path.startsWith("/global/"))).toEqual([]);
    await server.left();
  });

  it("of one caller leaves the others alone", async () => {
    const list = Promise.withResolvers<void>();
    await using server = await startOpenCode({
      "GET /global/health": async (request, response) => {
        await list.promise;
        json({ healthy: true, version: "1.18.33" })(request, response);
      },
      "GET /experimental/session": json([session]),
    });
    const client = new OpenCodeClient({ ...options, baseUrl: server.url });
    const controller = new AbortController();
    const leaving = rejection(client.session.list({ signal: controller.signal }));
    const staying = client.session.list();
    await server.request("GET /global/health");
    controller.abort("mine");
    expect(await leaving).toBe("mine");
    list.resolve();
    expect(await staying).toMatchObject([{ id: "ses_1" }]);
    await client.dispose();
    await server.left();
  });
});

describe("dispose()", () => {
  const disposed = expect.objectContaining({
    code: "ENGINE_UNAVAILABLE",
    retryable: false,
    message: "This OpenCode client was disposed; make a new one.",
  });
  const rejects = calls.filter(([name]) => !/iteration|stream/.test(name));
  const iterations = calls.filter(([name]) => /iteration|stream/.test(name));

  it.each(rejects)("settles %s at %s", async (_, route, call) => {
    await using server = await startOpenCode({ [route]: silent });
    const client = new OpenCodeClient({ baseUrl: server.url });
    const failed = rejection(call(client, undefined));
    await server.request(route);
    await client.dispose();
    expect(await failed).toEqual(disposed);
    await server.left();
  });

  it.each(iterations)("ends %s at %s", async (_, route, call) => {
    await using server = await startOpenCode({ [route]: silent });
    const client = new OpenCodeClient({ baseUrl: server.url });
    const ended = call(client, undefined);
    await server.request(route);
    await client.dispose();
    await ended;
    await server.left();
  });

  it("settles calls that still ask who is there", async () => {
    await using server = await startOpenCode({ "GET /global/health": silent });
    const client = new OpenCodeClient({ baseUrl: server.url });
    const failed = [...rejects.map(([, , call]) => failure(call(client, undefined)))];
    const ended = [...iterations.map(([, , call]) => call(client, undefined))];
    const health = client.health();
    await server.request("GET /global/health");
    await client.dispose();
    expect(await Promise.all(failed)).toEqual(rejects.map(() => disposed));
    await Promise.all(ended);
    expect(await health).toMatchObject({
      ok: false,
      error: "This OpenCode client was disposed; make a new one.",
    });
    await server.left();
  });

  it("settles all of them at once, and waitFor() too", async () => {
    const stuck: Routes = Object.fromEntries(calls.map(([, route]) => [route, silent]));
    await using server = await startOpenCode({ ...stuck, "GET /global/event": eventStream });
    const client = new OpenCodeClient({ baseUrl: server.url });
    const failed = [
      ...rejects.map(([, , call]) => failure(call(client, undefined))),
      failure(client.registry.waitFor("ses_1", () => true)),
      failure(client.registry.waitFor("ses_1", () => true, { timeout: 600_000 })),
    ];
    const ended = iterations.map(([, , call]) => call(client, undefined));
    const routes = ["GET /experimental/session", "POST /session", "GET /global/event"];
    await Promise.all(routes.map((route) => server.request(route)));
    await client.dispose();
    expect(await Promise.all(failed)).toEqual(failed.map(() => disposed));
    await Promise.all(ended);
    await server.left();
  });

  it.each(calls.filter(([name]) => !/stream/.test(name)))(
    "makes later calls fail at once: %s",
    async (name, _, call) => {
      await using server = await startOpenCode();
      const client = new OpenCodeClient({ baseUrl: server.url });
      await client.session.list();
      const before = server.seen.length;
      await client.dispose();
      if (/iteration/.test(name)) await call(client, undefined);
      else expect(await failure(call(client, undefined))).toEqual(disposed);
      expect(server.seen).toHaveLength(before);
      await server.left();
    },
  );

  it("makes later iterations of the events end, or fail, at once", async () => {
    const client = new OpenCodeClient({ baseUrl: "http://127.0.0.1:1" });
    await client.dispose();
    await iterate(client.events).catch((error: unknown) => expect(error).toEqual(disposed));
  });

  it("closes the stream that everybody shares", async () => {
    await using server = await startOpenCode();
    const client = new OpenCodeClient({ baseUrl: server.url });
    await client.connect();
    const ended = iterate(client.events);
    const unsubscribe = client.events.subscribe(() => {});
    await client.dispose();
    await ended;
    unsubscribe();
    expect(client.events.status.state).toBe("closed");
    await server.left();
  });
});
