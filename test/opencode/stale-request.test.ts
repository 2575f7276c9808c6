import { expect, it, onTestFinished } from "vitest";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { json, type Routes, session } from "../bad-input/fake-open-code.ts";
import { startServer } from "../bad-input/server.ts";

const id = "per_1";
const message = { id: "msg_2", sessionID: session.id, role: "assistant", time: { created: 1 } };
const request = { id, sessionID: session.id, permission: "bash", tool: { messageID: message.id } };

/** A server that still lists a request of a message without an end, as 1.1.65 does after an abort. */
async function reply(statuses: object) {
  const routes: Routes = {
    "GET /global/health": json({ healthy: true, version: "1.1.65" }),
    "GET /permission": json([request]),
    "GET /session/status": json(statuses),
    [`GET /session/${session.id}`]: json(session),
    [`GET /session/${session.id}/message/${message.id}`]: json({ info: message, parts: [] }),
    [`POST /permission/${id}/reply`]: json(true),
  };
  const server = await startServer((asked, response) => {
    routes[`${asked.method} ${asked.url?.split("?")[0]}`]?.(asked, response);
  });
  const client = new OpenCodeClient({ baseUrl: server.url, protocol: "native" });
  onTestFinished(() => client.dispose());
  const outcome = await client.permissions.reply(id, "allow").catch((error: unknown) => error);
  return { outcome, isSent: server.seen.some(({ method }) => method === "POST") };
}

it("a request waits while its session is at work", async () => {
  expect(await reply({ [session.id]: { type: "busy" } })).toEqual({ outcome: undefined, isSent: true });
});

it("a request is gone when its session is at rest, also where its message has no end", async () => {
  expect(await reply({})).toMatchObject({ outcome: { code: "PERMISSION_NOT_FOUND" }, isSent: false });
});
