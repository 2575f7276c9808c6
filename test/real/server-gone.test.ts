import { OpenCodeClient } from "@quantumreef/engine-client";
import { expect, it } from "vitest";
import { startScriptedEngine } from "../support/engine-fixture.ts";
import { repeat, say, script } from "../support/scripted-model/script.ts";

it("a prompt whose server is gone for good settles with what was seen of it", async () => {
  await using engine = await startScriptedEngine();
  const client = new OpenCodeClient({
    baseUrl: engine.url,
    workingDirectory: engine.workspace.directory,
    reconnectTimeout: 500,
  });
  const session = await client.session.create();
  await client.session.prompt(session, script(say("Warm."))).text();
  const call = client.session.prompt(session, script(repeat(400, "tick# ", 25)));
  for await (const event of call) {
    if (event.type === "text_delta" && event.delta.startsWith("tick2")) {
      await engine.server.kill();
      break;
    }
  }
  const result = await call.settled();
  expect(result).toMatchObject({ status: "lost", error: { code: "TURN_LOST" } });
  expect(result.text).toMatch(/^tick0 tick1 tick2 /);
  expect(result.message?.complete).toBe(false);
  expect(await client.health()).toMatchObject({ ok: false });
  await client.dispose();
});
