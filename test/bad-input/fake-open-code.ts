import type { IncomingMessage, ServerResponse } from "node:http";
import { type Handler, startServer, type TestServer } from "./server.ts";

export type Routes = Readonly<Record<string, Handler>>;

export const session = { id: "ses_1", title: "One", directory: "/work", time: { created: 1, updated: 2 } };

export const json =
  (value: unknown, status = 200): Handler =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));

export const body =
  (status: number, type: string, text: string): Handler =>
  (_, response) =>
    response.writeHead(status, { "content-type": type }).end(text);

export const empty =
  (status: number): Handler =>
  (_, response) =>
    response.writeHead(status).end();

export const silent: Handler = () => {};

export const reset: Handler = ({ socket }) => void socket.resetAndDestroy();

/** Headers and a few bytes, and then nothing more. */
export const stalled =
  (status: number, type: string, text: string): Handler =>
  (_, response) =>
    void response.writeHead(status, { "content-type": type }).write(text);

const connected = `data: ${JSON.stringify({ payload: { type: "server.connected", properties: {} } })}\n\n`;

/** An event stream that says that it is there, and stays open. */
export const eventStream = stalled(200, "text/event-stream", connected);

/** What waits for an answer, and the message that waits with it, in a session that is at work. */
const request = { id: "per_1", sessionID: "ses_2", permission: "bash", tool: { messageID: "msg_1" } };
const asking = {
  info: { id: "msg_1", sessionID: "ses_2", role: "assistant", time: { created: 1 } },
  parts: [],
};

/** What `opencode serve` answers, as far as it is asked here. */
const wellBehaved: Routes = {
  "GET /global/health": json({ healthy: true, version: "1.18.33" }),
  "GET /global/event": eventStream,
  "GET /experimental/session": json([]),
  "GET /session": json([]),
  "GET /session/status": json({ ses_2: { type: "busy" } }),
  "GET /permission": json([request]),
  "POST /session": json(session),
  "GET /session/ses_1": json(session),
  "GET /session/ses_1/message": json([]),
  "GET /session/ses_2/message/msg_1": json(asking),
  "POST /session/ses_1/prompt_async": empty(204),
  "POST /session/ses_1/abort": json(true),
};

const unknownRoute = body(200, "text/html", "<!doctype html><title>OpenCode</title>");

/** A server that is OpenCode but for these routes. */
export function startOpenCode(routes: Routes = {}): Promise<TestServer> {
  const all = { ...wellBehaved, ...routes };
  return startServer((request, response) => answerer(all, request)(request, response));
}

/** A server that knows who it is, and answers everything else in one way. */
export function startAlmostOpenCode(handler: Handler): Promise<TestServer> {
  const health = wellBehaved["GET /global/health"] ?? handler;
  return startServer((request, response: ServerResponse) =>
    (request.url === "/global/health" ? health : handler)(request, response),
  );
}

function answerer(routes: Routes, { method, url = "" }: IncomingMessage): Handler {
  return routes[`${method} ${url.split("?")[0]}`] ?? unknownRoute;
}
