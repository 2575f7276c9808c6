import { describe, expect, it } from "vitest";
import type { DriverMessage } from "../../src/engine/driver-events.ts";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine, type MockEngine } from "../../src/testing/mock-engine.ts";
import { busEventSchema } from "../../src/v1/schema/bus-event.ts";
import { idle, withoutBackoff } from "../hub/support.ts";
import { nextOf, restOf, serve, type TestServer, upTo } from "./support.ts";

const prompt = async (server: TestServer, id: string, body: object = {}) =>
  server.ask("POST", `/v1/session/${id}/message`, { prompt: "Hi", async: true, ...body });

const rests = (event: object) => "session" in event && !JSON.stringify(event).includes(`"running"`);

describe("the bus", () => {
  it("begins with ready, and tells everything in numbered events of the contract", async () => {
    const server = serve(createMockEngine(() => [{ text: "Hello there" }, { tool: "bash", output: "ok" }]));
    const response = await server.ask("GET", "/v1/events");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    await response.body?.cancel();
    const bus = await server.open("GET", "/v1/events");
    const ready = await nextOf(bus);
    expect(ready).toEqual({ type: "ready", resumed: false, id: expect.stringMatching(/^[0-9a-f]{8}-0$/) });
    const id = await server.create();
    await prompt(server, id);
    const events = await upTo(bus, "session_updated", rests);
    for (const event of events) expect(busEventSchema.safeParse(event).success).toBe(true);
    const [boot] = ready.id?.split("-") ?? [];
    expect(events.map((event) => event.id)).toEqual(events.map((_, index) => `${boot}-${index + 1}`));
    expect(new Set(events.map(({ type }) => type))).toEqual(
      new Set([
        "session_created",
        "session_updated",
        "message_created",
        "message_updated",
        "message_delta",
        "tool_call_updated",
      ]),
    );
    expect(events.at(-1)).toMatchObject({ session: { id, status: "completed" } });
  });

  it("tells everybody the same", async () => {
    const server = serve(createMockEngine());
    const [one, two] = [await server.open("GET", "/v1/events"), await server.open("GET", "/v1/events")];
    const id = await server.create();
    await prompt(server, id);
    expect(await upTo(one, "session_updated", rests)).toEqual(await upTo(two, "session_updated", rests));
  });

  it("goes on after the last event that a listener has", async () => {
    const server = serve(createMockEngine());
    const bus = await server.open("GET", "/v1/events");
    await nextOf(bus);
    const first = await server.create().then(() => nextOf(bus));
    await bus.return();
    const second = await server.create();
    const headers = { "last-event-id": first.id ?? "" };
    const resumed = await server.open("GET", "/v1/events", undefined, { headers });
    expect(await nextOf(resumed)).toEqual({ type: "ready", resumed: true, id: first.id });
    expect(await nextOf(resumed)).toMatchObject({ type: "session_created", session: { id: second } });
  });

  it.each([
    ["of another run", () => "00000000-1"],
    ["of the future", (ready: string) => ready.replace(/-0$/, "-5")],
    ["that is none", () => "nonsense"],
  ])("does not go on after an id %s", async (_, idFrom) => {
    const server = serve(createMockEngine());
    const ready = await nextOf(await server.open("GET", "/v1/events"));
    const headers = { "last-event-id": idFrom(ready.id ?? "") };
    const bus = await server.open("GET", "/v1/events", undefined, { headers });
    expect(await nextOf(bus)).toEqual({ ...ready, resumed: false });
  });

  it("beats while it is silent, and only for those who listen", async () => {
    const server = serve(createMockEngine(), { heartbeatMs: 5 });
    const response = await server.ask("GET", "/v1/events");
    const text = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect((await text?.read())?.value).toContain("event: ready");
    expect((await text?.read())?.value).toBe(": heartbeat\n\n");
    expect((await text?.read())?.value).toBe(": heartbeat\n\n");
    await text?.cancel();
  });

  it("cuts off a listener that falls behind, and nobody else", async () => {
    const engine = createMockEngine();
    const server = serve(engine);
    const slow = await server.open("GET", "/v1/events");
    const ready = await nextOf(slow);
    const title = "x".repeat(1024 * 1024);
    for (let n = 0; n < 9; n += 1) {
      engine.emit({
        type: "session_created",
        session: { id: `ses_x${n}`, title, createdAt: 1, updatedAt: 1 },
      });
    }
    const quick = await server.open("GET", "/v1/events");
    await nextOf(quick);
    // He has not read a thing of it.
    await expect(restOf(slow)).rejects.toThrow("The reader of an event stream fell behind.");
    const headers = { "last-event-id": ready.id ?? "" };
    const back = await server.open("GET", "/v1/events", undefined, { headers });
    expect(await nextOf(back)).toMatchObject({ type: "ready", resumed: false });
    await server.create();
    expect(await nextOf(quick)).toMatchObject({ type: "session_created" });
  });

  it("ends for everybody when the engine was lost, and begins anew when it is back", async () => {
    withoutBackoff();
    const engine = createMockEngine();
    const server = serve(engine);
    const bus = await server.open("GET", "/v1/events");
    const ready = await nextOf(bus);
    engine.drop();
    expect(await restOf(bus)).toEqual([]);
    const headers = { "last-event-id": ready.id ?? "" };
    const back = await server.open("GET", "/v1/events", undefined, { headers });
    const again = await nextOf(back);
    expect(again).toMatchObject({ type: "ready", resumed: false });
    expect(again.id?.split("-")[0]).not.toBe(ready.id?.split("-")[0]);
    await server.create();
    expect(await nextOf(back)).toMatchObject({ type: "session_created" });
  });

  it("refuses listeners while there is no engine, and takes them when there is one", async () => {
    const engine = createMockEngine();
    engine.refuse(new EngineError("ENGINE_UNAVAILABLE", "down"));
    const server = serve(engine);
    expect((await server.ask("GET", "/v1/events")).status).toBe(503);
    engine.refuse();
    expect(await nextOf(await server.open("GET", "/v1/events"))).toMatchObject({ type: "ready" });
  });
});

describe("the end of a turn on the bus", () => {
  it.each([
    ["completed", [{ text: "Done." }], "completed", undefined],
    ["failed", [{ error: { code: "PROVIDER_ERROR", message: "No." } }], "error", "PROVIDER_ERROR"],
  ] as const)("that %s: the last message, then the session", async (_, script, status, code) => {
    const server = serve(createMockEngine(() => script));
    const id = await server.create();
    const bus = await server.open("GET", "/v1/events");
    await prompt(server, id);
    const events = await upTo(bus, "session_updated", rests);
    expect(events.at(-1)).toMatchObject({ session: { status } });
    expect(events.at(-2)).toMatchObject({
      type: "message_updated",
      message: { role: "assistant", completedAt: expect.any(Number), ...(code ? { error: { code } } : {}) },
    });
  });

  it("that was aborted", async () => {
    const engine = createMockEngine(idle);
    const server = serve(engine);
    const id = await server.create();
    const bus = await server.open("GET", "/v1/events");
    await prompt(server, id);
    await upTo(bus, "message_created", (event) => JSON.stringify(event).includes("assistant"));
    await server.ask("DELETE", `/v1/session/${id}`);
    const events = await upTo(bus, "session_updated", rests);
    expect(events.at(-1)).toMatchObject({ session: { status: "idle" } });
    expect(events.at(-2)).toMatchObject({
      type: "message_updated",
      message: { completedAt: expect.any(Number), error: { code: "PROMPT_ABORTED" } },
    });
  });

  it.each([
    ["aborted", "idle", "PROMPT_ABORTED"],
    ["error", "error", "UNKNOWN"],
    ["lost", "error", "TURN_LOST"],
  ] as const)("%s, by an engine that does not say it in the message", async (status, resting, code) => {
    const { server, bus, engine, sessionId, message } = await begun();
    engine.emit({ type: "turn_ended", sessionId, turnId: message.turnId ?? "", status });
    const events = await upTo(bus, "session_updated", rests);
    expect(events.at(-1)).toMatchObject({ session: { status: resting } });
    expect(events.at(-2)).toMatchObject({
      type: "message_updated",
      message: { id: message.id, completedAt: expect.any(Number), error: { code } },
    });
    await server.ask("DELETE", `/v1/session/${sessionId}`);
  });

  it("is not told twice by an engine that says it", async () => {
    const { bus, engine, sessionId, message } = await begun();
    const error = { code: "PROVIDER_ERROR", message: "No." };
    engine.emit({ type: "message_updated", message: { ...message, completedAt: 9, error } });
    engine.emit({ type: "session_status", sessionId, running: false });
    const events = await upTo(bus, "session_updated", rests);
    expect(events.filter(({ type }) => type === "message_updated")).toMatchObject([{ message: { error } }]);
  });

  /** A turn that the test ends by hand. */
  async function begun() {
    const engine: MockEngine = createMockEngine(idle);
    const server = serve(engine);
    const sessionId = await server.create();
    const bus = await server.open("GET", "/v1/events");
    await prompt(server, sessionId, { messageId: "mine" });
    const events = await upTo(bus, "message_created", (event) => JSON.stringify(event).includes("assistant"));
    const created = events.at(-1);
    const id = /"id":"(msg_\d+)"/.exec(JSON.stringify(created))?.[1] ?? "";
    const message: DriverMessage = { id, sessionId, role: "assistant", turnId: "mine", createdAt: 1 };
    return { server, bus, engine, sessionId, message };
  }
});

describe("a client that is disposed", () => {
  it("ends the streams, and requests are refused", async () => {
    const engine = createMockEngine(idle);
    const server = serve(engine);
    const id = await server.create();
    const bus = await server.open("GET", "/v1/events");
    const turn = await server.open("POST", `/v1/session/${id}/message`, { prompt: "Hi" });
    await server.client.dispose();
    expect((await restOf(bus)).map(({ type }) => type)).not.toContain("session_deleted");
    expect((await restOf(turn)).at(-1)).toMatchObject({ type: "error", code: "ENGINE_UNAVAILABLE" });
    expect(engine.listeners).toBe(0);
    expect((await server.ask("GET", "/v1/events")).status).toBe(503);
    expect((await server.ask("GET", "/v1/session")).status).toBe(503);
  });
});
