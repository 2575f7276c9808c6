import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { buffer } from "node:stream/consumers";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultProxy } from "../../../src/testing/faults/proxy.ts";
import { drain, readExactly, readerOf, speak, startBoth, startServer, until } from "./proxy-bench.ts";

const sha = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Tells what it was asked, as JSON. */
async function echo(request: IncomingMessage, response: ServerResponse) {
  const body = (await buffer(request)).toString();
  const { method, url, rawHeaders } = request;
  response.end(JSON.stringify({ method, url, rawHeaders, body }));
}

describe("a proxy without a fault", () => {
  it("passes the request on: method, path, query, headers, body", async () => {
    const { url } = await startBoth(echo);
    const headers = { "X-Own": "1", authorization: "Basic abc" };
    const response = await fetch(`${url}/a%20b?q=1&q=2`, { method: "PUT", headers, body: "words" });
    const asked = await response.json();
    expect(asked).toMatchObject({ method: "PUT", url: "/a%20b?q=1&q=2", body: "words" });
    expect(asked.rawHeaders).toEqual(
      expect.arrayContaining(["authorization", "Basic abc", "content-length", "5"]),
    );
  });

  it("passes the answer on: status, reason, headers, and nothing of its own", async () => {
    const { url } = await startBoth((_, response) => {
      response.sendDate = false;
      response.writeHead(418, "Short And Stout", ["Set-Cookie", "a=1", "Set-Cookie", "b=2", "X-Own", "1"]);
      response.end("tea");
    });
    const answer = await speak(url, "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    expect(answer).toBe(
      "HTTP/1.1 418 Short And Stout\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Own: 1\r\n" +
        "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntea\r\n0\r\n\r\n",
    );
  });

  it("keeps the path of its target in its own URL", async () => {
    const { url } = await startServer(echo);
    const proxy = await createFaultProxy({ target: `${url}/deep/er/` });
    onTestFinished(() => proxy.close());
    expect(new URL(proxy.url).pathname).toBe("/deep/er");
    expect(await (await fetch(`${proxy.url}/x`)).json()).toMatchObject({ url: "/deep/er/x" });
  });

  it("serves exchanges of every kind one after another on one connection", async () => {
    const { url, proxy } = await startBoth(async (request, response) => {
      const body = await buffer(request);
      const status = Number(new URL(request.url ?? "", "http://x").searchParams.get("status") ?? 200);
      response.writeHead(status, request.method === "HEAD" ? { "content-length": 5 } : {});
      if (status === 200 && request.method !== "HEAD") response.write(`${request.method} `);
      response.end(status === 200 && request.method !== "HEAD" ? body : undefined);
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const warnings: Error[] = [];
    const warn = (warning: Error) => warnings.push(warning);
    process.on("warning", warn);
    onTestFinished(() => void process.off("warning", warn));
    const sockets = new Set<unknown>();
    const ask = async (method: string, path: string, headers: Record<string, string>, body: string) => {
      const request = httpRequest(url + path, { method, agent, headers }).end(body);
      const [response]: IncomingMessage[] = await once(request, "response");
      sockets.add(request.socket);
      // It promises nothing about how long it will keep the connection, as it has no limit.
      expect(response?.headers["keep-alive"]).toBeUndefined();
      return response ? `${response.statusCode} ${await buffer(response)}` : "";
    };
    for (let round = 0; round < 20; round++) {
      expect(await ask("GET", "/", {}, "")).toBe("200 GET ");
      expect(await ask("POST", "/", { "content-length": "3" }, "abc")).toBe("200 POST abc");
      expect(await ask("POST", "/", { "transfer-encoding": "chunked" }, "chunks")).toBe("200 POST chunks");
      expect(await ask("DELETE", "/", { "transfer-encoding": "chunked" }, "why")).toBe("200 DELETE why");
      expect(await ask("HEAD", "/", {}, "")).toBe("200 ");
      expect(await ask("GET", "/?status=204", {}, "")).toBe("204 ");
      expect(await ask("GET", "/?status=304", {}, "")).toBe("304 ");
    }
    expect(sockets.size).toBe(1);
    // Of listeners that add up, for one.
    expect(warnings).toEqual([]);
    expect(proxy.connections).toBe(1);
  });

  it("carries 16 MB in each direction unharmed", async () => {
    const sent = randomBytes(16 * 1024 * 1024);
    const received: string[] = [];
    const { url } = await startBoth(async (request, response) => {
      const body = await buffer(request);
      received.push(sha(body));
      response.end(body);
    });
    const response = await fetch(url, { method: "POST", body: sent });
    const { bytes, error } = await drain(response);
    expect(error).toBeUndefined();
    expect(received).toEqual([sha(sent)]);
    expect(sha(bytes)).toBe(sha(sent));
  });

  it("makes the target wait for a client that does not read", async () => {
    const whole = 256;
    let written = 0;
    let last = performance.now();
    const { url } = await startBoth(async (_, response) => {
      response.on("error", () => {});
      for (; written < whole && !response.destroyed; written++) {
        last = performance.now();
        const more = response.write(Buffer.alloc(1024 * 1024));
        if (!more) await new Promise((resolve) => response.once("drain", resolve));
      }
      response.end();
    });
    const reader = readerOf(await fetch(url));
    await until(() => expect(written === whole || performance.now() - last > 250).toBe(true));
    // What the buffers of the system, of Node and of fetch hold on two connections.
    expect(written).toBeLessThan(64);
    await reader.cancel();
  });

  it("passes the first bytes on before there are others", async () => {
    const { url } = await startBoth((request, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      if (request.url === "/silent") response.flushHeaders();
      else response.write("data: 1\n\n");
    });
    expect((await fetch(`${url}/silent`)).status).toBe(200);
    expect(await readExactly(readerOf(await fetch(url)), 9)).toBe("data: 1\n\n");
  });

  it("tells the target that the client has left", async () => {
    const served: ServerResponse[] = [];
    const { url, proxy } = await startBoth((_, response) => {
      served.push(response);
      response.write("data: 1\n\n");
    });
    // Not `fetch`, which opens a connection in stock when it is aborted.
    const request = httpRequest(url).end();
    const [response]: IncomingMessage[] = await once(request, "response");
    response?.on("error", () => {});
    request.destroy();
    await until(() => expect(served[0]?.closed).toBe(true));
    expect(proxy.connections).toBe(0);
  });

  it("closes the client's connection when the target can't be reached, without an answer of its own", async () => {
    const { url, target } = await startBoth(echo);
    await target.close();
    expect(await speak(url, "GET / HTTP/1.1\r\nhost: x\r\n\r\n")).toBe("");
  });

  it.each(["content-length", "chunked"])("breaks off where the target does (%s)", async (framing) => {
    const { url } = await startBoth(async (_, response) => {
      if (framing === "content-length") response.setHeader("content-length", 1_000_000);
      // Many at once: some of them wait inside the proxy when the connection breaks.
      for (let each = 0; each < 99; each++) response.write("0123456789");
      response.write("!", () => response.socket?.destroySoon());
    });
    const { text, error } = await drain(await fetch(url));
    expect(text).toBe(`${"0123456789".repeat(99)}!`);
    expect(error).toMatchObject({ message: "terminated" });
  });

  it("delivers an early answer to a request whose body the target does not want, and takes the rest", async () => {
    const { url } = await startBoth((request, response) => {
      if (request.method === "POST") response.writeHead(413).end("too much");
      else response.end("fine");
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    onTestFinished(() => agent.destroy());
    const upload = httpRequest(url, { method: "POST", agent });
    upload.write(Buffer.alloc(1024 * 1024));
    const [early]: IncomingMessage[] = await once(upload, "response");
    expect(early?.statusCode).toBe(413);
    expect(early && (await buffer(early)).toString()).toBe("too much");
    upload.end(Buffer.alloc(8 * 1024 * 1024));
    await once(upload, "close");
    const next = httpRequest(url, { agent }).end();
    const [response]: IncomingMessage[] = await once(next, "response");
    expect(next.reusedSocket).toBe(true);
    expect(response && (await buffer(response)).toString()).toBe("fine");
  });

  it("answers pipelined requests in their order", async () => {
    const { url } = await startBoth(async (request, response) => {
      if (request.url === "/slow") await new Promise((resolve) => setTimeout(resolve, 20));
      response.end(`<${request.url}>`);
    });
    const head = "HTTP/1.1\r\nhost: x\r\n";
    const heard = await speak(
      url,
      `GET /slow ${head}\r\nGET /fast ${head}\r\nGET /last ${head}connection: close\r\n\r\n`,
    );
    expect(heard.match(/<[^>]+>/g)).toEqual(["</slow>", "</fast>", "</last>"]);
  });

  it("lets a client go on that waits for 100 Continue", async () => {
    const { url } = await startBoth(echo);
    const headers = { expect: "100-continue", "content-length": "4" };
    const request = httpRequest(url, { method: "POST", headers });
    let told = 0;
    request.on("continue", () => told++).flushHeaders();
    await once(request, "continue");
    request.end("body");
    const [response]: IncomingMessage[] = await once(request, "response");
    const asked = response && JSON.parse((await buffer(response)).toString());
    expect(asked).toMatchObject({ body: "body" });
    // That was said to the proxy.
    expect(asked.rawHeaders).not.toContain("expect");
    expect(told).toBe(1);
  });

  it.each([
    ["HTTP/1.0 200 OK\r\n\r\nup to the end", "up to the end", false],
    ["HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", "", false],
    [
      "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3;x=1\r\nabc\r\n0\r\nTrailer: 1\r\n\r\n",
      "abc",
      false,
    ],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab", "ab", true],
    ["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\nnot a number\r\n", "ab", true],
  ])("understands %j", async (words, body, broken) => {
    const target = createServer((socket) => {
      socket.on("error", () => {}).once("data", () => socket.end(words));
    });
    await once(target.listen(0, "127.0.0.1"), "listening");
    onTestFinished(() => void target.close());
    const { port } = target.address() as AddressInfo;
    const proxy = await createFaultProxy({ target: `http://localhost:${port}` });
    onTestFinished(() => proxy.close());
    const { text, error } = await drain(await fetch(proxy.url));
    expect([text, error !== undefined]).toEqual([body, broken]);
  });

  it("closes the connection of a client that does not speak HTTP", async () => {
    const { url } = await startBoth(echo);
    expect(await speak(url, "What?\r\n\r\n")).toBe("");
  });

  const { lo = [] } = networkInterfaces();
  it.runIf(lo.some(({ address }) => address === "::1"))("reaches a target by its IPv6 address", async () => {
    const target = createServer((socket) => void socket.end("HTTP/1.1 200 OK\r\n\r\nsix"));
    await once(target.listen(0, "::1"), "listening");
    onTestFinished(() => void target.close());
    const { port } = target.address() as AddressInfo;
    const proxy = await createFaultProxy({ target: `http://[::1]:${port}` });
    onTestFinished(() => proxy.close());
    expect((await drain(await fetch(proxy.url))).text).toBe("six");
  });

  it("refuses other targets than http: ones", async () => {
    await expect(createFaultProxy({ target: "https://127.0.0.1:1" })).rejects.toThrow(TypeError);
  });

  it("rejects when its port is taken", async () => {
    const { proxy, target } = await startBoth(echo);
    const port = Number(new URL(proxy.url).port);
    await expect(createFaultProxy({ target: target.url, port })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
