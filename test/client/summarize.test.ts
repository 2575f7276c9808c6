import { describe, expect, it } from "vitest";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, idle, rejection, settle, stage, tampered } from "../hub/support.ts";

describe("client.session.summarize", () => {
  it("waits for what runs in the session, and what comes after it waits for the summary", async () => {
    const { opened, open } = gate();
    const { engine, client, session } = await stage(() => [{ wait: opened }, { text: "Answer." }]);
    const before = client.session.prompt(session, "One");
    const summary = client.session.summarize(session);
    const after = client.session.prompt(session, "Two");
    await before;
    await settle();
    expect(engine.calls.filter((call) => call.startsWith("summarize"))).toEqual([]);
    open();
    expect(await before.text()).toBe("Answer.");
    expect(await summary).toBe("Mock summary.");
    expect(await after.text()).toBe("Answer.");
    const order = engine.calls.map((call) => call.split(" ")[0]).filter((call) => call !== "snapshot");
    expect(order).toEqual(["create", "prompt", "summarize", "prompt"]);
  });

  it("stops the engine when its signal aborts, and what comes after it waits for that", async () => {
    const engine = createMockEngine();
    const begun = gate();
    const client = clientOf(
      tampered(engine, () => ({
        summarize: () => {
          begun.open();
          return new Promise(() => {});
        },
      })),
    );
    const session = await client.session.create();
    const controller = new AbortController();
    const summary = client.session.summarize(session, { signal: controller.signal });
    await begun.opened;
    const after = client.session.prompt(session, "Two");
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await rejection(summary)).toBe(reason);
    expect(await after.text()).toBe("Mock answer.");
    const order = engine.calls.map((call) => call.split(" ")[0]).filter((call) => call !== "snapshot");
    expect(order).toEqual(["create", "abort", "prompt"]);
  });

  it("stops nothing when its signal aborts while it waits", async () => {
    const { engine, client, session } = await stage(idle);
    const call = client.session.prompt(session, "One");
    await call;
    const controller = new AbortController();
    const summary = client.session.summarize(session, { signal: controller.signal });
    await settle();
    controller.abort();
    await rejection(summary);
    await settle();
    expect(engine.calls.filter((one) => one.startsWith("abort") || one.startsWith("summarize"))).toEqual([]);
    await call.abort();
  });

  it("is dropped with what waits when the session is aborted", async () => {
    const { engine, client, session } = await stage(idle);
    const call = client.session.prompt(session, "One");
    await call;
    const summary = client.session.summarize(session);
    await client.session.abort(session);
    expect(await rejection(summary)).toMatchObject({ code: "PROMPT_ABORTED" });
    expect((await call.settled()).status).toBe("aborted");
    expect(engine.calls.filter((one) => one.startsWith("summarize"))).toEqual([]);
  });

  it("fails when the client is disposed meanwhile", async () => {
    const { client, session } = await stage(idle);
    await client.session.prompt(session, "One");
    const summary = rejection(client.session.summarize(session));
    await client.dispose();
    expect(await summary).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  });

  it("of a session that is not there says so", async () => {
    const { client } = await stage();
    expect(await rejection(client.session.summarize("none"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("listens to no engine that can't", async () => {
    const engine = createMockEngine(undefined, { capabilities: { summarize: false } });
    const client = clientOf(engine);
    expect(await rejection(client.session.summarize("none"))).toMatchObject({ code: "UNSUPPORTED" });
    expect(engine.listeners).toBe(0);
  });
});
