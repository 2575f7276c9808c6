// A consumer of the testing entry.
import { createEngineClient, OpenCodeClient } from "@quantumreef/engine-client";
import {
  createHandlers,
  createMockEngine,
  describeEngine,
  faults,
  type TestRunner,
} from "@quantumreef/engine-client/testing";
import { setupServer } from "msw/node";

export async function mock(): Promise<string> {
  const engine = createMockEngine(() => [{ text: "Hello" }]);
  const client = createEngineClient(engine);
  const created = await client.session.create();
  setupServer(...createHandlers(engine)).listen();
  return client.session.prompt(created, "Hi").text();
}

export function conforms(runner: TestRunner): void {
  describeEngine("acme", {
    runner,
    createDriver: () => createMockEngine(),
    brain: { say: (text) => text },
    skip: [{ reason: "Acme has no tools.", tests: ["R16"] }],
  });
}

export async function broken(): Promise<OpenCodeClient> {
  const proxy = await faults.createProxy({ target: "http://127.0.0.1:4096" });
  proxy.inject({ on: "/global/event", type: "cut", after: 1000, times: 1 });
  return new OpenCodeClient({ baseUrl: proxy.url });
}
