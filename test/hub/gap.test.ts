import { expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, fold, settle, tampered, until } from "./support.ts";

it("what an engine lets go of in one directory is read again, and the wire holds", async () => {
  const engine = createMockEngine(() => [
    { text: "Half. " },
    { tool: "bash", ask: { description: "Run `ls`" } },
  ]);
  let forgets = false;
  const driver = tampered(engine, (connection) => ({
    async snapshot(request) {
      const read = await connection.snapshot(request);
      return forgets ? read.map((one) => ({ ...one, permissions: [] })) : read;
    },
  }));
  const client = clientOf(driver);
  const [here, there] = [
    await client.session.create({ workingDirectory: "/here" }),
    await client.session.create({ workingDirectory: "/there" }),
  ];
  const told: EngineEvent[] = [];
  client.events.subscribe((event) => told.push(event));
  const calls = [client.session.prompt(here, "Hi"), client.session.prompt(there, "Hi")];
  await until(() => client.registry.getSnapshot().permissions.length === 2);
  told.length = 0;
  forgets = true;
  engine.emit({ type: "gap", reason: "It let go.", workingDirectory: "/here" });
  await until(() => told.some(({ type }) => type === "stream_resynced"));
  const types = told.map((event) => event.type);
  expect(told[0]).toEqual({ type: "stream_gap", reason: "It let go.", workingDirectory: "/here" });
  expect(types.at(-1)).toBe("stream_resynced");
  expect(told.at(-1)).toMatchObject({ sessions: 1, workingDirectory: "/here" });
  // What it forgot nobody can answer any more; the other directory is as it was.
  expect(types).toContain("permission_resolved");
  expect(client.registry.getSnapshot().permissions).toMatchObject([{ sessionId: there.id }]);
  expect(client.events.status.state).toBe("open");
  expect(engine.listeners).toBe(1);
  await client.dispose();
  await Promise.all(calls.map((call) => call.settled()));
});

it("while a session is read again, what it says waits, and nothing is told twice", async () => {
  const words = ["One ", "two ", "three."];
  const engine = createMockEngine(async function* () {
    yield { text: words.join("") };
    engine.emit({ type: "gap", reason: "Somewhere." });
    yield { reasoning: "Hm." };
  });
  const client = clientOf(engine);
  const call = client.session.prompt(await client.session.create(), "Hi");
  expect(fold(await collect(call))).toBe(words.join(""));
  await settle();
  expect(await call.result()).toMatchObject({ status: "completed", text: words.join("") });
});

it("what was said before the engine counted its listener is read when it says that it does", async () => {
  const engine = createMockEngine(() => [
    { text: "Half. " },
    { tool: "bash", ask: { description: "Run `ls`" } },
    { text: "Whole." },
  ]);
  const driver = tampered(engine, (connection) => ({
    async events(options) {
      const stream = await connection.events(options);
      return (async function* () {
        // It misses the request, on which everything waits.
        for await (const item of stream)
          yield item.event.type === "permission_requested" ? { event: { type: "listening" } } : item;
      })();
    },
  }));
  const client = clientOf(driver);
  const told: EngineEvent["type"][] = [];
  client.events.subscribe(({ type }) => told.push(type));
  const call = client.session.prompt(await client.session.create(), "Hi");
  const events = [];
  for await (const event of call) {
    events.push(event);
    if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
  }
  expect(events.filter(({ type }) => type === "permission_requested")).toHaveLength(1);
  expect(fold(events)).toBe("Half. Whole.");
  expect(await call.result()).toMatchObject({ status: "completed", text: "Half. Whole." });
  // Nothing was lost, so there is nothing to tell of.
  expect(told).not.toContain("stream_gap");
});
