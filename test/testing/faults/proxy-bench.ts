import { once } from "node:events";
import { createServer, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { onTestFinished, vi } from "vitest";
import { createFaultProxy } from "../../../src/testing/faults/proxy.ts";

/** Starts a server on a free port, until the test is over. */
export async function startServer(listener: RequestListener) {
  const server = createServer(listener);
  server.keepAliveTimeout = 0;
  await once(server.listen(0, "127.0.0.1"), "listening");
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { server, close, url: `http://127.0.0.1:${port}` };
}

/** A server, and a proxy before it, until the test is over. */
export async function startBoth(listener: RequestListener) {
  const target = await startServer(listener);
  const proxy = await createFaultProxy({ target: target.url });
  onTestFinished(() => proxy.close());
  return { proxy, target, url: proxy.url };
}

/** A listener that answers everything with this body, by `content-length` or in chunks. */
export function answering(body: string | Uint8Array, { chunked = false, type = "text/plain" } = {}) {
  const bytes = Buffer.from(body);
  return (_: unknown, response: ServerResponse): void => {
    const length = { "content-length": bytes.length };
    response.writeHead(200, { "content-type": type, ...(chunked ? {} : length) });
    response.end(bytes);
  };
}

export function events(body: string | Uint8Array) {
  return answering(body, { chunked: true, type: "text/event-stream" });
}

/** Everything that came of a body, and how it ended. */
export async function drain(response: Response): Promise<{ text: string; bytes: Buffer; error?: unknown }> {
  const chunks: Uint8Array[] = [];
  const got = () => {
    const bytes = Buffer.concat(chunks);
    return { bytes, text: bytes.toString("latin1") };
  };
  try {
    if (response.body) for await (const chunk of response.body) chunks.push(chunk);
    return got();
  } catch (error) {
    return { ...got(), error };
  }
}

/** Reads exactly so many bytes, and leaves the rest of the body unread. */
export async function readExactly(reader: ReadableStreamDefaultReader<Uint8Array>, bytes: number) {
  let text = "";
  while (text.length < bytes) {
    const { value, done } = await reader.read();
    if (done) break;
    text += Buffer.from(value).toString("latin1");
  }
  return text;
}

export function readerOf(response: Response): ReadableStreamDefaultReader<Uint8Array> {
  if (!response.body) throw new Error("no body");
  return response.body.getReader();
}

/** Whether a promise is unsettled, after every event that has happened so far was handled. */
export async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let settled = false;
  const settle = () => {
    settled = true;
  };
  promise.then(settle, settle);
  for (let turns = 0; turns < 5; turns++) await new Promise((resolve) => setImmediate(resolve));
  return !settled;
}

export function until(holds: () => void): Promise<void> {
  return vi.waitFor(holds, { interval: 2, timeout: 10_000 });
}

/** Says this on a connection of its own, and gives what comes back until it is closed, byte by byte. */
export async function speak(url: string, words: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(words);
  let heard = "";
  for await (const chunk of socket) heard += chunk.toString("latin1");
  return heard;
}

/** What `fetch` says of a broken connection: the code of the cause. */
export function causeOf(error: unknown): unknown {
  const cause = error instanceof TypeError ? error.cause : undefined;
  return typeof cause === "object" && cause !== null && "code" in cause ? cause.code : undefined;
}
