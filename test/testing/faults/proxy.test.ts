import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import type { FaultRequest } from "../../../src/testing/faults/fault.ts";
import { createFaultProxy } from "../../../src/testing/faults/proxy.ts";
import {
  answering,
  causeOf,
  drain,
  events,
  isPending,
  readExactly,
  readerOf,
  speak,
  startBoth,
  startServer,
  until,
} from "./proxy-bench.ts";

const framings = [
  ["content-length", false],
  ["chunked", true],
] as const;

/** Writes the words and keeps the answer open; the responses are the test's to go on with. */
function open(words: string) {
  const served: ServerResponse[] = [];
  const listener = (_: IncomingMessage, response: ServerResponse) => {
    served.push(response);
    response.write(words);
  };
  return { served, listener };
}

describe("cut", () => {
  it.each(framings)("closes the connection after exactly so many bytes (%s)", async (_, chunked) => {
    const { url, proxy } = await startBoth(answering("0123456789", { chunked }));
    const fault = proxy.inject({ type: "cut", after: 7 });
    const { text, error } = await drain(await fetch(url));
    expect(text).toBe("0123456");
    expect(error).toMatchObject({ name: "TypeError", message: "terminated" });
    expect(causeOf(error)).toBe("UND_ERR_SOCKET");
    expect(fault.hits).toBe(1);
    await until(() => expect(proxy.connections).toBe(0));
  });

  it("can reset it", async () => {
    const { url, proxy } = await startBoth(answering("0123456789"));
    const fault = proxy.inject({ type: "cut", after: 7, reset: true });
    const begin = performance.now();
    const { text, error } = await drain(await fetch(url));
    expect([text, error]).toMatchObject(["0123456", { message: "terminated" }]);
    // The client had time to read.
    expect(performance.now() - begin).toBeGreaterThanOrEqual(9);
    // Of `fetch` not every version tells a reset from an end.
    const words = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    await expect(speak(url, words)).rejects.toMatchObject({ code: "ECONNRESET" });
    fault.stop();
    proxy.inject({ type: "cut", after: 7 });
    expect(await speak(url, words)).toMatch(/\r\n\r\n0123456$/);
  });

  it("happens at once, without waiting for the target's next byte", async () => {
    const { listener, served } = open("data: 1\n\n");
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ type: "cut", after: 9 });
    const { text, error } = await drain(await fetch(url));
    expect([text, causeOf(error)]).toEqual(["data: 1\n\n", "UND_ERR_SOCKET"]);
    // The target sees it as well.
    await until(() => expect(served[0]?.closed).toBe(true));
  });

  it("comes right after the headers by default", async () => {
    const { url, proxy } = await startBoth(answering("0123456789"));
    proxy.inject({ type: "cut" });
    const response = await fetch(url);
    expect(response.headers.get("content-length")).toBe("10");
    expect(await drain(response)).toMatchObject({ text: "", error: { message: "terminated" } });
  });

  it("can come before the headers; the target has heard the request", async () => {
    const heard: unknown[] = [];
    const { url, proxy } = await startBoth((request, response) => {
      heard.push(request.url);
      response.end("done");
    });
    proxy.inject({ type: "cut", after: "head" });
    expect(await speak(url, "POST /do HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n")).toBe("");
    expect(heard).toEqual(["/do"]);
  });

  it("leaves a shorter answer alone, and one that is just as long without its end", async () => {
    const { url, proxy } = await startBoth(answering("0123456789", { chunked: true }));
    const tooFar = proxy.inject({ type: "cut", after: 11, times: 1 });
    const atTheEnd = proxy.inject({ type: "cut", after: 10, times: 1 });
    expect(await drain(await fetch(url))).toEqual({ text: "0123456789", bytes: Buffer.from("0123456789") });
    expect(await drain(await fetch(url))).toMatchObject({
      text: "0123456789",
      error: { message: "terminated" },
    });
    expect([tooFar.hits, atTheEnd.hits]).toEqual([0, 1]);
  });
});

describe("end", () => {
  it.each(framings)("ends the body properly after exactly so many bytes (%s)", async (_, chunked) => {
    const { url, proxy } = await startBoth(answering("0123456789", { chunked }));
    proxy.inject({ type: "end", after: 4 });
    const answer = await speak(url, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(answer.split("\r\n\r\n").slice(1).join("\r\n\r\n")).toBe("4\r\n0123\r\n0\r\n\r\n");
    expect(answer).not.toMatch(/content-length/i);
  });

  it("keeps the client's connection for the next exchange, and leaves the target", async () => {
    const { listener, served } = open("data: 1\n\ndata: 2\n\n");
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ type: "end", after: 9 });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    for (const reused of [false, true, true]) {
      const request = httpRequest(url, { agent }).end();
      const [response]: IncomingMessage[] = await once(request, "response");
      expect(response && (await buffer(response)).toString()).toBe("data: 1\n\n");
      expect(request.reusedSocket).toBe(reused);
    }
    await until(() => expect(served.map(({ closed }) => closed)).toEqual([true, true, true]));
  });
});

describe("stall", () => {
  it("holds what comes for some time, then lets all of it go on", async () => {
    const { url, proxy } = await startBoth(answering("0123456789"));
    const fault = proxy.inject({ type: "stall", after: 3, ms: 150 });
    const begin = performance.now();
    const reader = readerOf(await fetch(url));
    expect(await readExactly(reader, 3)).toBe("012");
    expect(await readExactly(reader, 7)).toBe("3456789");
    // Timers have whole milliseconds, and may come one early.
    expect(performance.now() - begin).toBeGreaterThanOrEqual(149);
    expect((await reader.read()).done).toBe(true);
    expect([fault.hits, proxy.held]).toEqual([1, 0]);
  });

  it("lets nothing pass while it lasts", async () => {
    const { listener, served } = open("0123");
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ type: "stall", after: 3, ms: 60_000 });
    const reader = readerOf(await fetch(url));
    expect(await readExactly(reader, 3)).toBe("012");
    const pending = reader.read();
    served[0]?.end("456789");
    await until(() => expect(proxy.held).toBe(7));
    expect(await isPending(pending)).toBe(true);
    proxy.cutAll();
    await expect(pending).rejects.toThrow("terminated");
  });

  it("can come before the headers", async () => {
    const { url, proxy } = await startBoth((_, response) => void response.writeHead(418).end("0123"));
    // Longer than a timer of Node can be.
    proxy.inject({ type: "stall", after: "head", ms: 2 ** 40, times: 1 });
    const call = fetch(url);
    await until(() => expect(proxy.held).toBe(4));
    expect(await isPending(call)).toBe(true);
    const short = proxy.inject({ type: "stall", after: "head", ms: 1 });
    const response = await fetch(url);
    expect([response.status, (await drain(response)).text]).toEqual([418, "0123"]);
    expect(short.hits).toBe(1);
    proxy.cutAll();
    await expect(call).rejects.toThrow("fetch failed");
  });
});

describe("hang", () => {
  it("passes nothing more, in either direction, until close()", async () => {
    const { listener, served } = open("0123");
    const { url, proxy } = await startBoth(listener);
    const fault = proxy.inject({ type: "hang", after: 3 });
    const reader = readerOf(await fetch(url));
    expect(await readExactly(reader, 3)).toBe("012");
    const pending = reader.read();
    served[0]?.write("456");
    await until(() => expect(proxy.held).toBe(4));
    // No end either, and no break.
    served[0]?.end("789");
    await until(() => expect(proxy.held).toBe(7));
    expect(await isPending(pending)).toBe(true);
    expect([fault.hits, proxy.connections]).toEqual([1, 1]);
    const broken = expect(pending).rejects.toThrow("terminated");
    await proxy.close();
    await broken;
  });

  it("does not tell the target that the client has left", async () => {
    const { listener, served } = open("0123");
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ type: "hang" });
    // Not `fetch`, which opens a connection in stock when it is aborted.
    const request = httpRequest(url).end();
    const [response]: IncomingMessage[] = await once(request, "response");
    response?.on("error", () => {});
    await until(() => expect(proxy.held).toBe(4));
    request.destroy();
    await until(() => expect(proxy.connections).toBe(0));
    expect(proxy.held).toBe(0);
    const closed = once(served[0] ?? process, "close");
    expect(await isPending(closed)).toBe(true);
    await proxy.close();
    await closed;
  });

  it("does not tell the client that the target is gone", async () => {
    const { listener, served } = open("0123");
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ type: "hang", after: "head" });
    const call = fetch(url);
    await until(() => expect(proxy.held).toBe(4));
    served[0]?.destroy();
    await once(served[0] ?? process, "close");
    expect(await isPending(call)).toBe(true);
    expect([proxy.connections, proxy.held]).toEqual([1, 4]);
    const failed = expect(call).rejects.toThrow("fetch failed");
    await proxy.close();
    await failed;
  });

  it("reads no more than a little of a target that goes on", async () => {
    let written = 0;
    const { url, proxy } = await startBoth((_, response) => {
      const more = () => {
        while (!response.destroyed && written < 64 && response.write(Buffer.alloc(1024 * 1024))) written++;
      };
      response.on("drain", more).on("error", () => {});
      more();
    });
    proxy.inject({ type: "hang" });
    await fetch(url);
    await until(() => expect(proxy.held).toBeGreaterThan(0));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(proxy.held).toBeLessThan(256 * 1024);
    expect(written).toBeLessThan(64);
  });
});

describe("trickle", () => {
  it.each([
    [undefined, "1\r\na\r\n1\r\nb\r\n1\r\nc\r\n1\r\nd\r\n1\r\ne\r\n0\r\n\r\n"],
    [2, "2\r\nab\r\n2\r\ncd\r\n1\r\ne\r\n0\r\n\r\n"],
  ])("passes pieces of %s bytes on", async (bytes, chunks) => {
    const { url, proxy } = await startBoth(answering("abcde", { chunked: true }));
    proxy.inject({ type: "trickle", bytes });
    const answer = await speak(url, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(answer.split("\r\n\r\n").slice(1).join("\r\n\r\n")).toBe(chunks);
  });

  it("takes a turn of the event loop for each", async () => {
    const { url, proxy } = await startBoth(answering("x".repeat(1100)));
    proxy.inject({ type: "trickle", after: 100 });
    const reader = readerOf(await fetch(url));
    const { length } = await readExactly(reader, 100);
    let turns = 0;
    const count = () => {
      turns++;
      counting = setImmediate(count);
    };
    let counting = setImmediate(count);
    expect(await readExactly(reader, 1100 - length)).toHaveLength(1100 - length);
    clearImmediate(counting);
    // The first few have come with the bytes before them.
    expect(turns).toBeGreaterThan(900);
  });
});

describe("refuse", () => {
  it.each([
    [false, "UND_ERR_SOCKET"],
    [true, "ECONNRESET"],
  ])("closes new connections at once (reset: %s); open ones live on", async (reset, code) => {
    const { listener, served } = open("data: 1\n\n");
    const { url, proxy } = await startBoth(listener);
    const reader = readerOf(await fetch(url));
    expect(await readExactly(reader, 9)).toBe("data: 1\n\n");
    const fault = proxy.inject({ type: "refuse", reset });
    for (let attempt = 1; attempt <= 3; attempt++) {
      const error = await fetch(url).catch((reason: unknown) => reason);
      expect(causeOf(error)).toBe(code);
      expect(fault.hits).toBe(attempt);
    }
    expect(proxy.connections).toBe(1);
    served[0]?.end("data: 2\n\n");
    expect(await readExactly(reader, 9)).toBe("data: 2\n\n");
    fault.stop();
    expect((await fetch(url)).status).toBe(200);
  });

  it("does so as often as it is told", async () => {
    const { url, proxy } = await startBoth(answering("hello"));
    const fault = proxy.inject({ type: "refuse", times: 2 });
    const words = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    const heard = [await speak(url, words), await speak(url, words), await speak(url, words)];
    expect(heard.map((text) => text.slice(-5))).toEqual(["", "", "hello"]);
    expect(fault.hits).toBe(2);
  });
});

describe("respond", () => {
  it("answers in the target's place", async () => {
    const asked: unknown[] = [];
    const { url, proxy } = await startBoth((request, response) => {
      asked.push(request.url);
      response.end("from the target");
    });
    const html = { "content-type": "text/html" };
    proxy.inject({ type: "respond", status: 401, times: 1 });
    proxy.inject({ type: "respond", status: 503, headers: { "retry-after": "2" }, body: "later", times: 1 });
    proxy.inject({ type: "respond", status: 200, headers: html, body: "<p>hi</p>", times: 1 });
    proxy.inject({ type: "respond", status: 500, body: new Uint8Array([1, 2]), times: 1 });
    const answers = [];
    for (let each = 0; each < 5; each++) {
      const response = await fetch(`${url}/${each}`, { method: "POST", body: "x".repeat(100_000) });
      const { headers } = response;
      answers.push([
        response.status,
        headers.get("retry-after"),
        headers.get("content-type"),
        await response.text(),
      ]);
    }
    expect(answers).toEqual([
      [401, null, null, ""],
      [503, "2", null, "later"],
      [200, null, "text/html", "<p>hi</p>"],
      [500, null, null, "\u0001\u0002"],
      [200, null, null, "from the target"],
    ]);
    expect(asked).toEqual(["/4"]);
  });
});

describe("rules", () => {
  it.each<[string, string | RegExp | ((request: FaultRequest) => boolean), string[]]>([
    ["a path", "/a", ["GET /a", "GET /a?x=1", "POST /a"]],
    ["a pattern, also a global one", /^\/a.*x=/g, ["GET /a?x=1", "GET /ab?x=2"]],
    ["a function", ({ method, path }) => method === "POST" && path === "/a", ["POST /a"]],
    [
      "a function that looks at headers",
      ({ headers }) => headers["x-mark"] === "GET",
      ["GET /a", "GET /a?x=1", "GET /ab?x=2"],
    ],
  ])("choose exchanges by %s", async (_, on, expected) => {
    const { url, proxy } = await startBoth(answering("fine"));
    const fault = proxy.inject({ on, type: "respond", status: 500 });
    const struck: string[] = [];
    for (const [method, path] of [
      ["GET", "/a"],
      ["GET", "/a?x=1"],
      ["GET", "/ab?x=2"],
      ["POST", "/a"],
    ] as const) {
      const { status } = await fetch(url + path, { method, headers: { "x-mark": method } });
      if (status === 500) struck.push(`${method} ${path}`);
    }
    expect(struck).toEqual(expected);
    expect(fault.hits).toBe(expected.length);
  });

  it("are used in the order in which they came, and no more once they are stopped", async () => {
    const { url, proxy } = await startBoth(answering("fine"));
    const first = proxy.inject({ type: "respond", status: 501 });
    proxy.inject({ type: "respond", status: 502, times: 1 });
    const ask = async () => (await fetch(url)).status;
    expect(await ask()).toBe(501);
    first.stop();
    first.stop();
    expect([await ask(), await ask()]).toEqual([502, 200]);
  });

  it("see a request when its turn comes, and not at all when its connection was cut before", async () => {
    const { url, proxy } = await startBoth(answering("fine"));
    proxy.inject({ type: "cut", times: 1 });
    const next = proxy.inject({ type: "respond", status: 501, times: 1 });
    const request = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
    expect(await speak(url, request + request)).toMatch(/^HTTP\/1.1 200 OK\r\n.*\r\n\r\n$/s);
    expect(next.hits).toBe(0);
    expect((await fetch(url)).status).toBe(501);
  });

  it("are refused when their numbers make no sense", async () => {
    const { proxy } = await startBoth(answering("fine"));
    expect(() => proxy.inject({ type: "cut", after: -1 })).toThrow(RangeError);
    expect(() => proxy.inject({ type: "cut", after: 1.5 })).toThrow(RangeError);
    expect(() => proxy.inject({ type: "stall", ms: Number.NaN })).toThrow(RangeError);
    expect(() => proxy.inject({ type: "trickle", bytes: 0 })).toThrow(RangeError);
    expect(() => proxy.inject({ type: "refuse", times: 0 })).toThrow(RangeError);
    expect(() => proxy.inject({ type: "respond", status: 99 })).toThrow(RangeError);
  });

  it("close() tells what their functions have thrown", async () => {
    const { url } = await startServer(events("data: 1\n\n"));
    const proxy = await createFaultProxy({ target: url });
    const mistakes = [new Error("in on"), new Error("in transform")] as const;
    const rule = proxy.inject({
      on: () => {
        throw mistakes[0];
      },
      type: "hang",
    });
    await expect(fetch(proxy.url)).rejects.toThrow("fetch failed");
    rule.stop();
    proxy.inject({
      type: "frames",
      transform: () => {
        throw mistakes[1];
      },
    });
    expect(await drain(await fetch(proxy.url))).toMatchObject({ text: "", error: { message: "terminated" } });
    await expect(proxy.close()).rejects.toMatchObject({ errors: mistakes });
  });
});
