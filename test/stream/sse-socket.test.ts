import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSse } from "../../src/stream/sse.ts";
import { collect, rejection } from "./sse-source.ts";

/** A server that answers every request with one frame and leaves the rest to the test. */
function startServer() {
  const responses: ServerResponse[] = [];
  const server = createServer((_, response) => {
    responses.push(response);
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write("data: hello\n\n");
  });
  return { server, responses };
}

describe("readSse on a socket", () => {
  let { server, responses } = startServer();
  beforeEach(async () => {
    ({ server, responses } = startServer());
    await once(server.listen(0, "127.0.0.1"), "listening");
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Connects, and gives what the server sees of this connection's end. */
  async function connect(init?: RequestInit) {
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("not listening");
    const response = await fetch(`http://127.0.0.1:${address.port}`, init);
    const [served] = responses;
    if (!served) throw new Error("not served");
    return { response, served, closed: once(served, "close") };
  }

  it("closes it on break", async () => {
    const { response, served, closed } = await connect();
    for await (const frame of readSse(response)) {
      expect(frame.data).toBe("hello");
      break;
    }
    await closed;
    expect(served.writableFinished).toBe(false);
  });

  it("closes it on return() while a read is pending", async () => {
    const { response, served, closed } = await connect();
    const frames = readSse(response);
    expect((await frames.next()).value?.data).toBe("hello");
    const pending = frames.next();
    await frames.return();
    expect(await pending).toEqual({ done: true, value: undefined });
    await closed;
    expect(served.writableFinished).toBe(false);
  });

  it.each(["the reader only", "the request as well"])("closes it on abort, given to %s", async (to) => {
    const controller = new AbortController();
    const { signal } = controller;
    const { response, served, closed } = await connect(to === "the reader only" ? {} : { signal });
    const frames = readSse(response, { signal });
    expect((await frames.next()).value?.data).toBe("hello");
    const pending = frames.next();
    const reason = new Error("my reason");
    controller.abort(reason);
    expect(await rejection(pending)).toBe(reason);
    await closed;
    expect(served.writableFinished).toBe(false);
  });

  it("ends with the response, and throws when the connection is cut", async () => {
    const whole = await connect();
    whole.served.end("data: bye\n\n");
    expect((await collect(readSse(whole.response))).map((frame) => frame.data)).toEqual(["hello", "bye"]);

    responses.length = 0;
    const torn = await connect();
    const frames = readSse(torn.response);
    expect((await frames.next()).value?.data).toBe("hello");
    torn.served.destroy();
    expect(await rejection(frames.next())).toBeInstanceOf(TypeError);
  });
});
