import { expect, it } from "vitest";
import { openCodeDriver } from "../../src/opencode/driver.ts";
import { json, type Routes, session } from "../bad-input/fake-open-code.ts";
import { startServer } from "../bad-input/server.ts";

const report = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };

it("messages are read before it is asked who is at work: a turn that begins between both has not ended", async () => {
  const messages = `GET /session/${session.id}/message`;
  const routes: Routes = {
    "GET /global/health": json({ healthy: true, version: "1.18.33" }),
    [`GET /session/${session.id}`]: json(session),
    [messages]: json([]),
    "GET /session/status": json({}),
    "GET /permission": json([]),
    "GET /question": json([]),
  };
  const over: string[] = [];
  const server = await startServer((request, response) => {
    const route = `${request.method} ${request.url?.split("?")[0]}`;
    // Whatever is asked while the messages are being read would be seen before them.
    response.once("close", () => over.push(route));
    routes[route]?.(request, response);
  });
  const { signal } = new AbortController();
  const connection = await openCodeDriver({ baseUrl: server.url }).connect({ signal, report });
  const read = await connection.snapshot({ sessionIds: [session.id], withMessages: [session.id], signal });
  await connection.close();
  expect(read).toMatchObject([{ running: false, messages: [] }]);
  const paths = server.seen.map(({ method, path }) => `${method} ${path.split("?")[0]}`);
  expect(paths.indexOf(messages)).toBeGreaterThan(0);
  expect(paths.indexOf("GET /session/status")).toBeGreaterThan(paths.indexOf(messages));
  expect(over.indexOf(messages)).toBeLessThan(over.indexOf("GET /session/status"));
});
