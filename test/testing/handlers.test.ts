import { http } from "msw";
import { setupServer } from "msw/node";
import { describe, expect, it, onTestFinished } from "vitest";
import type { EngineDriver } from "../../src/engine/driver.ts";
import { OpenCodeClient, type OpenCodeClientOptions } from "../../src/opencode/client.ts";
import { createHandlers, type HandlersOptions } from "../../src/testing/handlers.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, fold, idle, tampered, until } from "../hub/support.ts";

function start(engine: EngineDriver, options?: HandlersOptions, clientOptions?: OpenCodeClientOptions) {
  const server = setupServer(...createHandlers(engine, options));
  server.listen({ onUnhandledFrame: "error" });
  onTestFinished(() => server.close());
  const client = new OpenCodeClient({ protocol: "v1", ...clientOptions });
  onTestFinished(() => client.dispose());
  return { server, client };
}

describe("createHandlers", () => {
  it("answers a client as a server would, at the address that clients have by default", async () => {
    const { client } = start(createMockEngine(() => [{ text: "Hello" }]));
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Hello");
  });

  it("is found by a client that is not told what is spoken", async () => {
    const { client } = start(createMockEngine(), {}, { protocol: "auto" });
    expect(await client.session.prompt(await client.session.create(), "Hi").text()).toBe("Mock answer.");
  });

  it.each([
    "https://engine.test",
    "https://engine.test/",
    "http://engine.test:99/a/b",
    "http://engine.test/a/",
  ])("seems to be at %s", async (baseUrl) => {
    const { client } = start(createMockEngine(), { baseUrl }, { baseUrl });
    expect(await client.session.prompt(await client.session.create(), "Hi").text()).toBe("Mock answer.");
  });

  it("leaves every other address alone", async () => {
    const { server } = start(createMockEngine(), { baseUrl: "http://engine.test/a" });
    server.use(http.get("http://engine.test/b", () => new Response("other")));
    expect(await (await fetch("http://engine.test/b")).text()).toBe("other");
  });

  it("lets a test exchange the answer of one route", async () => {
    const { server, client } = start(createMockEngine());
    const error = { code: "RATE_LIMITED", message: "Slow down." };
    server.use(http.post("*/v1/session", () => Response.json({ error }, { status: 429 })));
    await expect(client.session.create()).rejects.toMatchObject({ code: "RATE_LIMITED" });
    server.resetHandlers();
    expect(await client.session.create()).toMatchObject({ status: "idle" });
  });

  it("tells unknown routes as the contract does, and as nobody would with coreOnly", async () => {
    const { server } = start(createMockEngine());
    const whole = await fetch("http://127.0.0.1:4096/v1/nothing");
    expect([whole.status, await whole.json()]).toMatchObject([404, { error: { code: "UNSUPPORTED" } }]);
    server.resetHandlers(...createHandlers(createMockEngine(), { coreOnly: true }));
    for (const path of ["health", "permission", "openapi.json", "session/ses_1", "nothing"]) {
      const response = await fetch(`http://127.0.0.1:4096/v1/${path}`);
      expect([path, response.status, await response.text()]).toEqual([path, 404, "404 page not found"]);
    }
    expect((await fetch("http://127.0.0.1:4096/v1/session")).status).toBe(200);
  });

  it("beats as often as it is told", async () => {
    start(createMockEngine(), { heartbeatMs: 5 });
    const response = await fetch("http://127.0.0.1:4096/v1/events");
    const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await text?.read())?.value).toContain("ready");
    expect((await text?.read())?.value).toBe(": heartbeat\n\n");
    await text?.cancel();
  });

  it("takes a client as well, and leaves it to its owner", async () => {
    const engine = createMockEngine();
    const inner = clientOf(engine);
    const server = setupServer(...createHandlers(inner));
    server.listen({ onUnhandledFrame: "error" });
    onTestFinished(() => server.close());
    const client = new OpenCodeClient({ protocol: "v1" });
    await client.connect();
    await inner.session.create({ title: "Inside" });
    await until(() => client.registry.list().length === 1);
    expect(client.registry.list()).toMatchObject([{ title: "Inside" }]);
    await client.dispose();
    expect(await inner.session.list()).toHaveLength(1);
  });

  it("stands before engines that name their turns themselves, as well", async () => {
    const stubborn = tampered(createMockEngine(), (connection) => ({
      prompt: ({ messageId: _, ...request }) => connection.prompt(request),
    }));
    const { client } = start(stubborn);
    const session = await client.session.create();
    for (const content of ["Hi", "Again"]) {
      const call = client.session.prompt(session, content);
      expect(fold(await collect(call))).toBe("Mock answer.");
      const { turnId, message } = await call.result();
      expect(message?.turnId).toBe(turnId);
      const messages = await client.session.messages(session);
      expect(messages.filter((each) => each.turnId === turnId)).toMatchObject([
        { id: turnId, role: "user", content: { text: content } },
        { role: "assistant" },
      ]);
    }
    expect(client.registry.get(session)).toMatchObject({ status: "completed" });
  });

  it("is one server for any number of clients", async () => {
    const { client } = start(createMockEngine(idle));
    const other = new OpenCodeClient({ protocol: "v1" });
    onTestFinished(() => other.dispose());
    const call = client.session.prompt(await client.session.create(), "Hi");
    const { turnId } = await call;
    await other.connect();
    const [session] = other.registry.list();
    expect(session).toMatchObject({ status: "running" });
    await other.session.abort(session?.id ?? "");
    expect(await call.settled()).toMatchObject({ status: "aborted", turnId });
  });
});
