/*
 * Run by handlers-exit.test.ts in a process of its own: opens the streams that a server of the contract has, leaves
 * them open or not, and must then exit by itself.
 */
import { setupServer } from "msw/node";
import { createHandlers } from "../../src/testing/handlers.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";

const [scenario = ""] = process.argv.slice(2);
const engine = createMockEngine(() => [{ wait: new Promise(() => {}) }]);
const server = setupServer(...createHandlers(engine, { heartbeatMs: 50 }));
server.listen({ onUnhandledFrame: "error" });

const url = "http://127.0.0.1:4096/v1";
const post = (path: string, body: object) => {
  const headers = { "content-type": "application/json" };
  return fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
};
const { id } = await (await post("/session", {})).json();
const answers = [await fetch(`${url}/events`), await post(`/session/${id}/message`, { prompt: "Hi" })];
const readers = answers.flatMap(({ body }) => body?.getReader() ?? []);
for (const reader of readers) await reader.read();
if (scenario === "left") for (const reader of readers) await reader.cancel();
if (scenario === "closed") server.close();
process.stdout.write("done\n");
