import { once } from "node:events";
import { request as httpRequest, type IncomingMessage, type ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { answering, drain, isPending, readExactly, readerOf, startBoth, until } from "./proxy-bench.ts";

function stream() {
  const served: ServerResponse[] = [];
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    served.push(response);
    response.write("data: 1\n\n");
  };
  return { served, listener };
}

describe("cutAll", () => {
  it("closes every open connection, on both sides; new ones are welcome", async () => {
    const { served, listener } = stream();
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ on: "/hung", type: "hang" });
    const responses = [await fetch(url), await fetch(url), await fetch(`${url}/hung`)];
    await until(() => expect(proxy.held).toBe(9));
    expect(proxy.connections).toBe(3);
    proxy.cutAll();
    for (const response of responses)
      expect((await drain(response)).error).toMatchObject({ message: "terminated" });
    await until(() => expect(served.map(({ closed }) => closed)).toEqual([true, true, true]));
    expect([proxy.connections, proxy.held]).toEqual([0, 0]);
    expect(await readExactly(readerOf(await fetch(url)), 9)).toBe("data: 1\n\n");
  });

  it("closes those that are silent, too", async () => {
    const { served, listener } = stream();
    const { url, proxy } = await startBoth(listener);
    const response = await fetch(url);
    proxy.hangAll();
    proxy.cutAll();
    expect((await drain(response)).error).toMatchObject({ message: "terminated" });
    await until(() => expect(served[0]?.closed).toBe(true));
  });
});

describe("hangAll", () => {
  it("silences open connections and new ones until heal(); then what was held goes on", async () => {
    const { served, listener } = stream();
    const { url, proxy } = await startBoth(listener);
    const reader = readerOf(await fetch(url));
    await readExactly(reader, 9);
    proxy.hangAll();
    expect(proxy.held).toBe(0);
    served[0]?.end("data: 2\n\n");
    await until(() => expect(proxy.held).toBe(9));
    proxy.hangAll();
    const read = reader.read();
    const call = fetch(url);
    await until(() => expect(proxy.connections).toBe(2));
    expect(await isPending(Promise.race([read, call]))).toBe(true);
    // The request has not reached the target.
    expect(served).toHaveLength(1);
    // Too short for anything to slip through.
    proxy.heal();
    proxy.hangAll();
    expect(await isPending(Promise.race([read, call]))).toBe(true);
    proxy.heal();
    expect(Buffer.from((await read).value ?? []).toString()).toBe("data: 2\n\n");
    expect((await reader.read()).done).toBe(true);
    expect(await readExactly(readerOf(await call), 9)).toBe("data: 1\n\n");
    expect(proxy.held).toBe(0);
  });

  it("holds uploads too, and neither side learns that the other one is gone", async () => {
    const got: string[] = [];
    const served = new Map<string | undefined, ServerResponse>();
    const { url, proxy } = await startBoth((request, response) => {
      served.set(request.url, response);
      request.on("data", (chunk) => got.push(String(chunk))).on("error", () => {});
      response.flushHeaders();
    });
    const upload = httpRequest(`${url}/up`, { method: "POST" }).on("error", () => {});
    upload.write("one");
    await until(() => expect(got).toEqual(["one"]));
    const pending = readerOf(await fetch(`${url}/dies`)).read();
    proxy.hangAll();
    await new Promise<void>((resolve) => upload.write("two", () => resolve()));
    served.get("/dies")?.write("x");
    await until(() => expect(proxy.held).toBe(1));
    served.get("/dies")?.destroy();
    upload.destroy();
    await until(() => expect(proxy.connections).toBe(1));
    expect(await isPending(pending)).toBe(true);
    expect([got, served.get("/up")?.closed]).toEqual([["one"], false]);
    proxy.heal();
    expect(Buffer.from((await pending).value ?? []).toString()).toBe("x");
    await until(() => expect(served.get("/up")?.closed).toBe(true));
    await until(() => expect(proxy.connections).toBe(0));
  });

  it("passes on what the target has said before its connection broke meanwhile", async () => {
    const { served, listener } = stream();
    const { url, proxy } = await startBoth(listener);
    const response = await fetch(url);
    proxy.hangAll();
    served[0]?.write("a");
    await until(() => expect(proxy.held).toBe(1));
    served[0]?.write("bc");
    await until(() => expect(proxy.held).toBe(3));
    served[0]?.destroy();
    const rest = drain(response);
    expect(await isPending(rest)).toBe(true);
    proxy.heal();
    expect(await rest).toMatchObject({ text: "data: 1\n\nabc", error: { message: "terminated" } });
  });

  it("counts all that it holds, also beyond the byte where a fault would begin", async () => {
    const { served, listener } = stream();
    const { url, proxy } = await startBoth(listener);
    proxy.inject({ type: "cut", after: 12 });
    const response = await fetch(url);
    const rest = drain(response);
    proxy.hangAll();
    served[0]?.write("0123456789");
    await until(() => expect(proxy.held).toBeGreaterThanOrEqual(10));
    proxy.heal();
    expect(await rest).toMatchObject({ text: "data: 1\n\n012", error: { message: "terminated" } });
  });

  it("keeps from the client that a target is gone before it answered", async () => {
    const heard: IncomingMessage[] = [];
    const { url, proxy } = await startBoth((request) => void heard.push(request));
    const call = fetch(url);
    await until(() => expect(heard).toHaveLength(1));
    proxy.hangAll();
    heard[0]?.socket.destroy();
    expect(await isPending(call)).toBe(true);
    expect(proxy.connections).toBe(1);
    proxy.heal();
    await expect(call).rejects.toThrow("fetch failed");
  });

  it("forgets the request of a client that has left meanwhile", async () => {
    const heard: unknown[] = [];
    const { url, proxy } = await startBoth((request, response) => {
      heard.push(request.url);
      response.end();
    });
    proxy.hangAll();
    const request = httpRequest(`${url}/left`).on("error", () => {});
    request.end();
    await until(() => expect(proxy.connections).toBe(1));
    request.destroy();
    await until(() => expect(proxy.connections).toBe(0));
    proxy.heal();
    expect((await fetch(`${url}/stayed`)).status).toBe(200);
    expect(heard).toEqual(["/stayed"]);
  });

  it("keeps from a client that it may continue", async () => {
    const { url, proxy } = await startBoth(answering("0123"));
    proxy.hangAll();
    const headers = { expect: "100-continue", "content-length": "4" };
    const request = httpRequest(url, { method: "POST", headers });
    request.flushHeaders();
    const continued = once(request, "continue");
    await until(() => expect(proxy.connections).toBe(1));
    expect(await isPending(continued)).toBe(true);
    proxy.heal();
    await continued;
    request.end("body");
    const [response]: IncomingMessage[] = await once(request, "response");
    expect(response?.statusCode).toBe(200);
    response?.resume();
  });

  it("does not undo a fault: heal() leaves a hung exchange hung", async () => {
    const { url, proxy } = await startBoth(answering("0123"));
    proxy.inject({ type: "hang", times: 1 });
    const reader = readerOf(await fetch(url));
    proxy.hangAll();
    proxy.hangAll();
    proxy.heal();
    await until(() => expect(proxy.held).toBe(4));
    expect(await isPending(reader.read())).toBe(true);
    expect((await drain(await fetch(url))).text).toBe("0123");
    reader.cancel().catch(() => {});
  });
});
