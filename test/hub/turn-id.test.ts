import { expect, it } from "vitest";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, fold, stage, tampered } from "./support.ts";

it("a prompt says which turn it opened, once the engine has been asked", async () => {
  const { client, session } = await stage();
  const call = client.session.prompt(session, "Hi", { messageId: "mine" });
  expect(call.turnId).toBeUndefined();
  const stream = await call;
  expect([call.turnId, stream.turnId]).toEqual(["mine", "mine"]);
  const unnamed = await client.session.prompt(session, "Hi");
  expect(unnamed.turnId).toBe((await unnamed.result()).turnId);
});

it("a prompt that never reached the engine opened no turn", async () => {
  const { client } = await stage();
  const call = client.session.prompt("none", "Hi");
  expect((await call.settled()).status).toBe("error");
  expect(call.turnId).toBeUndefined();
});

it("a turn that the engine names when it takes the prompt is told from its beginning", async () => {
  const engine = createMockEngine(() => [{ text: "Hello" }, { tool: "bash", output: "ok" }]);
  const answered = Promise.withResolvers<void>();
  const late = tampered(engine, (connection) => ({
    async prompt(request) {
      const { turnId, accepted } = await connection.prompt(request);
      const named = async () => {
        await Promise.all([accepted, answered.promise]);
        return String(turnId);
      };
      return { accepted: named() };
    },
  }));
  const client = clientOf(late);
  const session = await client.session.create();
  const ended = Promise.withResolvers<string>();
  client.events.subscribe((event) => event.type === "turn_ended" && ended.resolve(event.turnId));
  const call = client.session.prompt(session, "Hi");
  const events = collect(call);
  // All of it is over before the engine's answer says which turn it was.
  const turnId = await ended.promise;
  expect(call.turnId).toBeUndefined();
  answered.resolve();
  expect(fold(await events)).toBe("Hello");
  expect(await call.result()).toMatchObject({ turnId, status: "completed", toolCalls: [{ output: "ok" }] });
  expect(call.turnId).toBe(turnId);
  expect(client.registry.get(session)).toMatchObject({ status: "completed" });
});
