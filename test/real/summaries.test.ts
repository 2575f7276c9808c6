import { once } from "node:events";
import { createServer } from "node:http";
import { OpenCodeClient } from "@quantumreef/engine-client";
import { expect, it, onTestFinished } from "vitest";
import { startScriptedEngine } from "../support/engine-fixture.ts";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";

/** A provider that refuses whatever it is asked. */
async function refusingProvider(): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(401, { "content-type": "application/json" });
    response.end(JSON.stringify({ error: { message: "No such key", code: "invalid_api_key" } }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("It should have a port.");
  return `http://127.0.0.1:${address.port}/v1`;
}

it("a summary waits for the turn that runs, is the model's words, and is refused where the model refuses", async () => {
  const refusing = {
    npm: "@ai-sdk/openai-compatible",
    options: { baseURL: await refusingProvider(), apiKey: "wrong" },
    models: { strict: { name: "Strict" } },
  };
  const engine = await startScriptedEngine({ config: { provider: { refusing } } });
  onTestFinished(() => engine.stop());
  const client = new OpenCodeClient({ baseUrl: engine.url, workingDirectory: engine.workspace.directory });
  onTestFinished(() => client.dispose());

  const session = await client.session.create();
  const gate = engine.workspace.path("gate");
  const command = `until [ -e ${gate} ]; do sleep 0.05; done`;
  const call = client.session.prompt(
    session,
    script(callTool("bash", { command, description: "Wait" }), nextStep(), say("The whole answer.")),
  );
  await call;
  const summary = client.session.summarize(session);
  await client.registry.waitFor(session, ({ activity }) => activity === "tool");
  const next = client.session.prompt(session, script(say("After the summary.")));
  await client.session
    .prompt(await client.session.create(), script(callTool("write", { filePath: gate, content: "" })))
    .settled();

  // The engine itself would give the turn up for the summary.
  expect(await call.settled()).toMatchObject({ status: "completed", text: "The whole answer." });
  expect(await summary).toBe("## Summary\nScripted summary.");
  expect(await next.text()).toBe("After the summary.");
  const messages = await client.session.messages(session);
  const answers = messages.filter(({ role }) => role === "assistant");
  expect(answers.map(({ content, summary = false }) => [content.text, summary])).toEqual([
    ["", false],
    ["The whole answer.", false],
    ["## Summary\nScripted summary.", true],
    ["After the summary.", false],
  ]);

  const refused = await client.session.create({ model: "refusing/strict" });
  await client.message.create(refused, "Something to summarize.");
  await expect(client.session.summarize(refused)).rejects.toMatchObject({
    code: "AUTH_REQUIRED",
    message: expect.stringContaining('"refusing"'),
    sessionId: refused.id,
  });
  await client.registry.waitFor(refused, ({ status }) => status !== "running", { timeout: 10_000 });
});
