import { describe, expect, it, onTestFinished } from "vitest";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { openRaw, requestHead, statusOf } from "../support/raw-http.ts";
import { startServing } from "./support.ts";

// The server as a process of its own, and byte by byte what nobody polite would send it.

const MEGABYTE = 1024 * 1024;
const json = { "Content-Type": "application/json" };

async function serving(password?: string) {
  const env = password === undefined ? {} : { QUANTUMREEF_SERVER_PASSWORD: password };
  const served = await startServing(["mock"], { env });
  const headers = password === undefined ? {} : { authorization: `Bearer ${password}` };
  const client = new OpenCodeClient({ baseUrl: served.url, headers });
  onTestFinished(() => client.dispose());
  /** It still works, and has had nothing to complain of. */
  const isWell = async (): Promise<void> => {
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Still there?").text()).toBe("You said: Still there?");
    expect(served.log()).toBe(`Listening on ${served.url}\n`);
  };
  return { ...served, client, isWell };
}

describe("a stranger", { timeout: 60_000 }, () => {
  it("without the password gets nothing, however he says it", async () => {
    const { port, isWell } = await serving("s3cret");
    const ask = (headers: Readonly<Record<string, string>>) =>
      statusOf(port, requestHead("GET", "/v1/session", headers));
    expect(await ask({})).toBe(401);
    expect(await ask({ Authorization: "Bearer wrong" })).toBe(401);
    expect(await ask({ Authorization: `Basic ${btoa("s3cret:wrong")}` })).toBe(401);
    expect(await ask({ Authorization: `Bearer ${"x".repeat(10_000)}` })).toBe(401);
    // More than Node takes for all headers together.
    expect(await ask({ Authorization: `Bearer ${"x".repeat(100_000)}` })).toBe(431);
    expect(await ask({ Authorization: "Bearer s3cret" })).toBe(200);
    await isWell();
  });

  it("is not let in by another name, from another page, or through a proxy's request line", async () => {
    const { port, isWell, client } = await serving();
    const post = (headers: Readonly<Record<string, string>>) =>
      statusOf(port, requestHead("POST", "/v1/session", { "Content-Length": "0", ...headers }));
    expect(await post({ Host: "evil.test" })).toBe(403);
    expect(await post({ Host: `evil.test:${port}` })).toBe(403);
    expect(await post({ Origin: "https://evil.test" })).toBe(403);
    expect(await post({ Origin: "null" })).toBe(403);
    expect(await post({ Host: "evil.test", Origin: "http://evil.test" })).toBe(403);
    expect(await statusOf(port, requestHead("GET", "http://evil.test/v1/session"))).not.toBe(500);
    expect(await statusOf(port, requestHead("OPTIONS", "*"))).toBe(404);
    expect(await statusOf(port, "GET /v1/session HTTP/1.1\r\n\r\n")).toBe(400);
    expect(await statusOf(port, "nonsense\r\n\r\n")).toBe(400);
    expect(await client.session.list()).toEqual([]);
    await isWell();
  });
});

describe("a body", { timeout: 60_000 }, () => {
  it("that says it is too large is refused before it comes", async () => {
    const { port, isWell } = await serving();
    const headers = { ...json, "Content-Length": String(100 * MEGABYTE) };
    const { until, closed } = await openRaw(port, requestHead("POST", "/v1/session", headers));
    await until(/^HTTP\/1\.1 413 [\s\S]*"code":"INVALID_REQUEST"/);
    await closed;
    await isWell();
  });

  it("without an end is refused when it is too large, and its connection closed", async () => {
    const { port, isWell } = await serving();
    const headers = { ...json, "Transfer-Encoding": "chunked" };
    const { socket, until, closed } = await openRaw(port, requestHead("POST", "/v1/session", headers));
    const chunk = `100000\r\n${"x".repeat(MEGABYTE)}\r\n`;
    const flood = () => {
      while (!socket.destroyed && socket.write(chunk));
    };
    socket.on("drain", flood);
    flood();
    await until(
      /^HTTP\/1\.1 413 [\s\S]*"The body is too large: this server takes 33554432 bytes at the most\."/,
    );
    await closed;
    await isWell();
  });

  it("that breaks off leaves nothing, and neither does one that never comes", async () => {
    const { port, isWell, client } = await serving();
    const head = requestHead("POST", "/v1/session", { ...json, "Content-Length": "100" });
    for (let n = 0; n < 50; n += 1) {
      const { socket } = await openRaw(port, `${head}{"title":`);
      if (n % 2 === 0) socket.destroy();
    }
    expect(await client.session.list()).toEqual([]);
    await isWell();
  });
});

describe("a reader", { timeout: 60_000 }, () => {
  it("that never reads is cut off, while another one gets everything, and goes on where it was", async () => {
    const { port, isWell, client } = await serving();
    const bus = requestHead("GET", "/v1/events");
    const slow = await openRaw(port, bus, { paused: true });
    const quick = await openRaw(port, bus);
    const [, first = ""] = await quick.until(/id: (\S+)/);
    const session = await client.session.create();
    const big = "x".repeat(2 * MEGABYTE);
    for (let n = 0; n < 12; n += 1) {
      await client.message.create(session, `${n} ${big}`);
      await quick.until(new RegExp(`"text":"${n} x{100}`));
    }
    // He has still read nothing: that the connection is gone he learns by writing what means nothing.
    const writing = setInterval(() => slow.socket.write("\r\n"), 20);
    onTestFinished(() => clearInterval(writing));
    await slow.closed;
    const seen = [...quick.received().matchAll(/^id: \S+-(\d+)$/gm)].map(([, number]) => Number(number));
    expect(seen).toEqual(seen.map((_, index) => index));
    // From far back nothing is kept; from the newest event on everything is.
    const lost = await openRaw(port, requestHead("GET", "/v1/events", { "Last-Event-ID": first }));
    await lost.until(/"resumed":false/);
    const newest = `${first.split("-")[0]}-${seen.at(-1)}`;
    const back = await openRaw(port, requestHead("GET", "/v1/events", { "Last-Event-ID": newest }));
    await back.until(/"resumed":true/);
    await client.session.create({ title: "for those who came back" });
    await back.until(/for those who came back/);
    await isWell();
  });

  it("may be one of 200, and all of them may leave at once", async () => {
    const { port, isWell, client, kill, end } = await serving();
    const streams = await Promise.all(
      Array.from({ length: 200 }, () => openRaw(port, requestHead("GET", "/v1/events"))),
    );
    for (const { until } of streams) await until(/event: ready/);
    await client.session.create({ title: "for everybody" });
    for (const { until } of streams) await until(/for everybody/);
    for (const { socket } of streams.slice(0, 150)) socket.destroy();
    await isWell();
    kill("SIGTERM");
    for (const { closed } of streams.slice(150)) await closed;
    expect(await end).toEqual({ code: 0, signal: null });
  });

  it("that has closed its own half is answered to its end", async () => {
    const { port, isWell, client } = await serving();
    const { socket, until, received, closed } = await openRaw(port, requestHead("GET", "/v1/events"));
    await until(/event: ready/);
    socket.end();
    await client.session.create({ title: "after the half" });
    // Either is right: to tell it, or to take it for gone. What is not is to wait.
    await Promise.race([closed, until(/after the half/)]);
    expect(received()).toContain("event: ready");
    await isWell();
  });
});
