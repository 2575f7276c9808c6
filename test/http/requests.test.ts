import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { failure } from "../bad-input/failure.ts";
import { startRawServer, startServer, unusedUrl } from "../bad-input/server.ts";
import { answerJson, anything, httpTo } from "./http-support.ts";

/** Answers with what was asked. */
function startMirror() {
  return startServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    answerJson(response, { method: request.method, path: request.url, headers: request.headers, body });
  });
}

describe("the address", () => {
  it.each([
    ["", "/session", "/session"],
    ["/", "session", "/session"],
    ["/prefix", "/session", "/prefix/session"],
    ["/prefix/", "session", "/prefix/session"],
    ["/a/b//", "//session", "/a/b/session"],
    ["", "/session/ses_1?limit=1", "/session/ses_1?limit=1"],
    ["", "http://elsewhere.test/x", "/http://elsewhere.test/x"],
    ["", "//elsewhere.test/x", "/elsewhere.test/x"],
  ])("of %j and %j is %j", async (prefix, path, asked) => {
    await using server = await startMirror();
    const http = httpTo(server.url + prefix);
    expect(await http.send("GET", path)).toMatchObject({ path: asked });
  });

  it("carries a query, without what is undefined", async () => {
    await using server = await startMirror();
    const query = { directory: "/a b&c=d/ü+%", limit: 0, archived: false, cursor: undefined, empty: "" };
    await httpTo(server.url).send("GET", "/session?roots=true", { query });
    const asked = new URL(server.seen[0]?.path ?? "", server.url).searchParams;
    expect([...asked]).toEqual([
      ["roots", "true"],
      ["directory", "/a b&c=d/ü+%"],
      ["limit", "0"],
      ["archived", "false"],
      ["empty", ""],
    ]);
  });

  it("is shown without its credentials", async () => {
    await using server = await startMirror();
    const http = httpTo(server.url.replace("//", "//opencode:hunter2@"));
    expect(http.baseUrl).toBe(server.url);
    expect(await http.send("GET", "/x")).toMatchObject({
      headers: { authorization: `Basic ${btoa("opencode:hunter2")}` },
    });
  });
});

describe("what is sent", () => {
  it("is JSON, and JSON is asked for", async () => {
    await using server = await startMirror();
    const { value } = await httpTo(server.url).json("POST", "/x", anything, { body: { a: [1, null] } });
    expect(value).toMatchObject({
      method: "POST",
      headers: { accept: "application/json", "content-type": "application/json" },
      body: '{"a":[1,null]}',
    });
  });

  it.each([null, 0, false, ""])("can be %j", async (body) => {
    await using server = await startMirror();
    expect(await httpTo(server.url).send("PUT", "/x", { body })).toMatchObject({
      body: JSON.stringify(body),
    });
  });

  it("can be nothing", async () => {
    await using server = await startMirror();
    const sent = await httpTo(server.url).send("POST", "/x");
    expect(sent).toMatchObject({ body: "" });
    expect(sent).not.toHaveProperty("headers.content-type");
  });

  it.each([
    ["a GET with a body", "GET", { a: 1 }, "Request with GET/HEAD method cannot have body"],
    ["a body that is no JSON", "POST", { a: 1n }, "BigInt"],
    ["a method that is none", "NO SUCH", undefined, "NO SUCH"],
  ])("is refused at once for %s", async (_, method, body, reason) => {
    const error = await failure(httpTo("http://127.0.0.1:1").send(method, "/x", { body }));
    expect(error).toMatchObject({ code: "INVALID_REQUEST", retryable: false, engine: "acme" });
    expect(error.message).toContain(`${method} http://127.0.0.1:1/x can't be sent: `);
    expect(error.message).toContain(reason);
  });
});

describe("the headers", () => {
  it("are asked for each time when they are a function", async () => {
    await using server = await startMirror();
    let count = 0;
    const http = httpTo(server.url, { headers: async () => ({ "x-token": `t${++count}` }) });
    expect(await http.send("GET", "/x")).toMatchObject({ headers: { "x-token": "t1" } });
    expect(await http.send("GET", "/x")).toMatchObject({ headers: { "x-token": "t2" } });
  });

  it("replace those of the address, however they are spelt", async () => {
    await using server = await startMirror();
    const http = httpTo(server.url.replace("//", "//opencode:hunter2@"), {
      headers: { Authorization: "Bearer abc", ACCEPT: "text/html" },
    });
    expect(await http.send("GET", "/x")).toMatchObject({
      headers: { authorization: "Bearer abc", accept: "application/json" },
    });
  });

  it("that can't be had are the caller's to mend, and may be had later", async () => {
    await using server = await startMirror();
    const cause = new Error("the vault is closed");
    const headers = () => Promise.reject(cause);
    const error = await failure(httpTo(server.url, { headers }).send("GET", "/x"));
    expect(error).toMatchObject({ code: "AUTH_REQUIRED", retryable: true, cause });
    expect(error.message).toBe(
      `GET ${server.url}/x was not sent, because the headers function failed: the vault is closed`,
    );
    expect(server.seen).toEqual([]);
  });

  it.each(["Bearer\nhunter2", "hunter2 …", "hunter2\0"])(
    "that can't be sent are named, not quoted: %j",
    async (value) => {
      const error = await failure(
        httpTo("http://127.0.0.1:1", { headers: { "x-key": value } }).send("GET", "/x"),
      );
      expect(error.code).toBe("CONFIG_INVALID");
      expect(error.message).toMatch(/^The header "x-key" can't be sent; /);
      expect(error.message).not.toContain("hunter2");
      expect(error.cause).toBeUndefined();
    },
  );
});

describe("retries", () => {
  /** Resets so many connections without an answer, then answers. */
  function startFlaky(failures: number) {
    let connections = 0;
    return startRawServer(async (socket) => {
      connections += 1;
      const reset = connections <= failures;
      await once(socket, "data");
      if (reset) socket.resetAndDestroy();
      else socket.end("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 4\r\n\r\ntrue");
    });
  }

  it("try a GET twice more when no answer comes", async () => {
    await using server = await startFlaky(2);
    expect(await httpTo(server.url).send("GET", "/x")).toBe(true);
    expect(server.connections).toBe(3);
  });

  it("give up then", async () => {
    await using server = await startFlaky(3);
    expect(await failure(httpTo(server.url).send("GET", "/x"))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(server.connections).toBe(3);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])("never repeat a %s", async (method) => {
    await using server = await startFlaky(1);
    expect(await failure(httpTo(server.url).send(method, "/x"))).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
    });
    expect(server.connections).toBe(1);
  });

  it("are none when nothing listens", async () => {
    let asked = 0;
    const fetch: typeof globalThis.fetch = (...args) => {
      asked += 1;
      return globalThis.fetch(...args);
    };
    const http = httpTo(await unusedUrl(), { fetch });
    expect(await failure(http.send("GET", "/x"))).toMatchObject({ cause: { code: "ECONNREFUSED" } });
    expect(asked).toBe(1);
  });

  it("are for event streams as well, until they begin", async () => {
    await using server = await startFlaky(3);
    expect(await failure(httpTo(server.url).open("GET", "/x"))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(server.connections).toBe(3);
  });

  it.each([408, 429, 500, 502, 503, 504])("are none after an answer: %i", async (status) => {
    await using server = await startServer((_, response) =>
      response.writeHead(status, { "retry-after": "0" }).end(),
    );
    await failure(httpTo(server.url).send("GET", "/x"));
    expect(server.seen).toHaveLength(1);
  });

  it("are none for an answer that breaks off", async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      response.write("[", () => response.destroy());
    });
    expect(await failure(httpTo(server.url).send("GET", "/x"))).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(server.seen).toHaveLength(1);
  });

  it("end with the caller's signal while they wait", async () => {
    const controller = new AbortController();
    const reason = { why: "enough" };
    const asked = Promise.withResolvers<void>();
    const fetch = async (): Promise<Response> => {
      asked.resolve();
      throw new TypeError("fetch failed");
    };
    const call = httpTo(await unusedUrl(), { fetch }).send("GET", "/x", { signal: controller.signal });
    await asked.promise;
    controller.abort(reason);
    await expect(call).rejects.toBe(reason);
  });
});

describe("redirects", () => {
  it.each([301, 302, 303, 307, 308])("are not followed: %i", async (status) => {
    await using elsewhere = await startMirror();
    await using server = await startServer((_, response) => {
      response.writeHead(status, { location: `${elsewhere.url}/login?token=hunter2#top` }).end("<p>Moved");
    });
    const http = httpTo(server.url, { headers: { "x-api-key": "abcdef" } });
    const error = await failure(http.send("POST", "/x", { body: "private" }));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status });
    expect(error.message).toBe(
      `POST ${server.url}/x was redirected to ${elsewhere.url}/login. Redirects are not followed, so that credentials stay where baseUrl says; set it to the final address.`,
    );
    expect(elsewhere.seen).toEqual([]);
    await server.left();
  });

  it("in a browser do not say where to", async () => {
    const opaque = Object.defineProperties(Response.error(), { type: { value: "opaqueredirect" } });
    const error = await failure(
      httpTo("http://127.0.0.1:1", { fetch: async () => opaque }).open("GET", "/x"),
    );
    expect(error.message).toMatch(/^GET http:\/\/127\.0\.0\.1:1\/x was redirected\. /);
  });
});
