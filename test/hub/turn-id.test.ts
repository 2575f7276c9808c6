import { expect, it } from "vitest";
import { stage } from "./support.ts";

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
