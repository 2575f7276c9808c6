import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readText } from "../../src/http/body.ts";
import { failure } from "../bad-input/failure.ts";
import { type Handler, startServer } from "../bad-input/server.ts";
import { answerJson, anything, httpTo } from "./http-support.ts";

const silent: Handler = () => {};
const stalls =
  (type: string, status = 200): Handler =>
  (_, response) => {
    response.writeHead(status, { "content-type": type });
    response.write("[1,");
  };

/** Fetch, and when it has answered. */
function watchedFetch() {
  const { promise: answered, resolve } = Promise.withResolvers<void>();
  const fetch = async (...request: Parameters<typeof globalThis.fetch>): Promise<Response> => {
    const response = await globalThis.fetch(...request);
    resolve();
    return response;
  };
  return { fetch, answered };
}

/** Whatever only weak references hold is gone afterwards. */
async function collectGarbage(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc: () => void = runInNewContext("gc");
  for (let round = 0; round < 10; round += 1) {
    gc();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe("the deadline", () => {
  // The clock stands still until the server has got the request, however slow the machine is.
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  it.each([
    ["no answer", silent],
    ["a body that stalls", stalls("application/json")],
    ["a refusal that stalls", stalls("text/html", 500)],
  ])("ends %s, and closes the socket", async (_, handler) => {
    await using server = await startServer(handler);
    const { fetch, answered } = watchedFetch();
    const call = failure(httpTo(server.url, { fetch }).json("GET", "/x?y=1", anything, { timeout: 50 }));
    await (handler === silent ? server.request("GET /x") : answered);
    vi.advanceTimersByTime(50);
    const error = await call;
    expect(error).toMatchObject({ code: "TIMEOUT", retryable: true, engine: "acme" });
    expect(error.message).toBe(
      `GET ${server.url}/x was not answered within 50 ms. Check that it is the engine that listens there, or allow it more time.`,
    );
    await server.left();
  });

  it.each(["send", "open"] as const)("is that of the client where %s() has none", async (name) => {
    await using server = await startServer(silent);
    const http = httpTo(server.url, { timeout: 1234 });
    const call = failure(name === "send" ? http.send("GET", "/x") : http.open("GET", "/x"));
    await server.request("GET /x");
    vi.advanceTimersByTime(1234);
    expect((await call).message).toContain("was not answered within 1234 ms.");
    await server.left();
  });

  it("covers the retries", async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>();
    const fetch = () => {
      resolve();
      return Promise.reject(new TypeError("fetch failed"));
    };
    const call = failure(httpTo("http://host", { fetch, timeout: 50 }).send("GET", "/x"));
    await asked;
    vi.advanceTimersByTime(50);
    expect((await call).code).toBe("TIMEOUT");
  });

  it("covers the headers function", async () => {
    const headers = () => new Promise<never>(() => {});
    const call = failure(httpTo("http://host", { headers, timeout: 50 }).send("GET", "/x"));
    vi.advanceTimersByTime(50);
    expect((await call).code).toBe("TIMEOUT");
  });

  it("is only for the beginning of a stream", async () => {
    const { promise: later, resolve: goOn } = Promise.withResolvers<void>();
    await using server = await startServer(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
      await later;
      response.end("data: late\n\n");
    });
    const response = await httpTo(server.url).open("GET", "/x", { timeout: 50 });
    vi.advanceTimersByTime(100_000);
    goOn();
    expect(await response.text()).toBe("data: late\n\n");
  });

  it("leaves no timer behind", async () => {
    // Not Node's own: that has timers for its idle sockets.
    const http = httpTo("http://host", { fetch: async () => new Response(null, { status: 204 }) });
    await http.send("GET", "/x");
    await failure(http.open("GET", "/x"));
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the caller's signal", () => {
  const reason = { why: "changed my mind" };

  it("that has aborted already sends nothing", async () => {
    await using server = await startServer(silent);
    const http = httpTo(server.url);
    const call = { signal: AbortSignal.abort(reason) };
    await expect(http.send("GET", "/x", call)).rejects.toBe(reason);
    await expect(http.json("GET", "/x", anything, call)).rejects.toBe(reason);
    await expect(http.open("GET", "/x", call)).rejects.toBe(reason);
    expect(server.seen).toEqual([]);
  });

  it.each(["send", "json", "open"] as const)(
    "ends %s() before its answer, and closes the socket",
    async (name) => {
      await using server = await startServer(silent);
      const http = httpTo(server.url);
      const { signal, abort } = aborter();
      const call = {
        send: () => http.send("POST", "/x", { signal, body: 1 }),
        json: () => http.json("GET", "/x", anything, { signal }),
        open: () => http.open("GET", "/x", { signal }),
      }[name]();
      const { closed } = await server.request(name === "send" ? "POST /x" : "GET /x");
      abort(reason);
      await expect(call).rejects.toBe(reason);
      await closed;
      await server.left();
    },
  );

  it.each([
    ["the JSON", stalls("application/json")],
    ["the page", stalls("text/html", 500)],
  ])("ends the reading of %s, and closes the socket", async (_, handler) => {
    await using server = await startServer(handler);
    const { fetch, answered } = watchedFetch();
    const { signal, abort } = aborter();
    const call = httpTo(server.url, { fetch }).send("GET", "/x", { signal });
    await answered;
    abort(reason);
    await expect(call).rejects.toBe(reason);
    await server.left();
  });

  it("still closes the socket when the request was garbage-collected", async () => {
    await using server = await startServer(stalls("application/json"));
    const { fetch, answered } = watchedFetch();
    const { signal, abort } = aborter();
    const call = httpTo(server.url, { fetch }).send("GET", "/x", { signal });
    await answered;
    await collectGarbage();
    abort(reason);
    await expect(call).rejects.toBe(reason);
    await server.left();
  });

  it("ends a body that comes from a fetch without signals", async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<unknown>();
    const { promise: read, resolve: onRead } = Promise.withResolvers<void>();
    const body = new ReadableStream({ pull: () => onRead(), cancel: resolve }, { highWaterMark: 0 });
    const headers = { "content-type": "application/json" };
    const fetch = async () => new Response(body, { headers });
    const { signal, abort } = aborter();
    const call = httpTo("http://host", { fetch }).send("GET", "/x", { signal });
    await read;
    abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(await cancelled).toBe(reason);
  });

  it.each([
    ["a page", 200, "text/html", "send"],
    ["an endless refusal", 500, "text/html", "send"],
    ["a redirect", 302, "text/html", "send"],
    ["no event stream", 200, "text/html", "open"],
  ] as const)("is not needed to close %s", async (_, status, type, name) => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const chunk = new TextEncoder().encode("<html>".padEnd(10_000));
    const pull = (controller: ReadableStreamDefaultController) => controller.enqueue(chunk);
    const body = new ReadableStream({ pull, cancel: () => resolve() }, { highWaterMark: 0 });
    const fetch = async () =>
      new Response(body, { status, headers: { "content-type": type, location: "/y" } });
    const http = httpTo("http://host", { fetch });
    await failure(name === "open" ? http.open("GET", "/x") : http.send("GET", "/x"));
    await cancelled;
  });

  it("that aborts while a stream opens leaves no stream behind", async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const { signal, abort } = aborter();
    const fetch = async () => {
      abort(reason);
      const headers = { "content-type": "text/event-stream" };
      return new Response(new ReadableStream({ cancel: () => resolve() }), { headers });
    };
    await expect(httpTo("http://host", { fetch }).open("GET", "/x", { signal })).rejects.toBe(reason);
    await cancelled;
  });

  it("has no listener left when the call is over", async () => {
    await using server = await startServer((_, response) => answerJson(response, {}));
    const { signal, listeners } = watchedSignal();
    await httpTo(server.url).send("GET", "/x", { signal });
    expect(listeners).toEqual(new Set());
  });

  it("has no listener left when a body is read", async () => {
    const { signal, listeners } = watchedSignal();
    expect(await readText(new Response("text"), signal, 100)).toBe("text");
    expect(listeners).toEqual(new Set());
  });
});

/** A signal, and who listens to it. */
function watchedSignal() {
  const { signal } = new AbortController();
  const { addEventListener, removeEventListener } = signal;
  const listeners = new Set<unknown>();
  signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
    listeners.add(args[1]);
    addEventListener.apply(signal, args);
  };
  signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
    listeners.delete(args[1]);
    removeEventListener.apply(signal, args);
  };
  return { signal, listeners };
}

function aborter() {
  const controller = new AbortController();
  return { signal: controller.signal, abort: (reason: unknown) => controller.abort(reason) };
}
