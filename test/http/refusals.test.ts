import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import type { EngineErrorInfo } from "../../src/engine/errors.ts";
import { failure } from "../bad-input/failure.ts";
import { startRawServer, startServer, unusedUrl } from "../bad-input/server.ts";
import { answer, answerJson, httpTo } from "./http-support.ts";

describe("a refusal that the engine does not explain", () => {
  it.each([
    [400, "INVALID_REQUEST", false],
    [401, "AUTH_REQUIRED", false],
    [403, "AUTH_REQUIRED", false],
    [404, "INVALID_RESPONSE", false],
    [408, "TIMEOUT", true],
    [413, "INVALID_REQUEST", false],
    [418, "INVALID_RESPONSE", false],
    [422, "INVALID_REQUEST", false],
    [429, "RATE_LIMITED", true],
    [500, "INVALID_RESPONSE", true],
    [502, "ENGINE_UNAVAILABLE", true],
    [503, "ENGINE_UNAVAILABLE", true],
    [504, "TIMEOUT", true],
  ])("%i is %s", async (status, code, retryable) => {
    await using server = await startServer((_, response) =>
      answer(response, status, "text/plain", "Because."),
    );
    const error = await failure(httpTo(server.url).send("GET", "/x"));
    expect(error).toMatchObject({ code, status, retryable, engine: "acme" });
    expect(error.message).toMatch(
      new RegExp(`^GET ${server.url}/x was refused with ${status}: Because\\.( |$)`),
    );
  });

  it.each([
    [
      "a page's title",
      "text/html",
      "<!doctype html><title>502 Bad\nGateway</title><style>a{}</style>",
      "502 Bad Gateway",
    ],
    ["a page's words", "text/html", "<h1>Oh <b>no</b></h1>\n<p>really", "Oh no really"],
    ["a text", "text/plain", "  It is\n broken.\n", "It is broken"],
    ["a status", undefined, "", "Internal Server Error"],
    ["the beginning of a long text", "text/plain", "x".repeat(100_000), `${"x".repeat(200)}…`],
    ["JSON that nobody knows", "application/json", '{"oh":"no"}', '{"oh":"no"}'],
    ["JSON that is broken", "application/json", '{"oh":', '{"oh":'],
  ])("quotes %s", async (_, type, body, reason) => {
    await using server = await startServer((_, response) => answer(response, 500, type, body));
    const error = await failure(httpTo(server.url).send("GET", "/x"));
    const end = reason.endsWith("…") ? "" : ".";
    expect(error.message).toBe(
      `GET ${server.url}/x was refused with 500: ${reason}${end} Check that the engine listens there; if so, its log says more.`,
    );
  });

  it("is not read for ever", async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(500, { "content-type": "text/html" });
      response.write("<title>Endless</title>".padEnd(70_000));
    });
    const error = await failure(httpTo(server.url).send("GET", "/x"));
    expect(error.message).toContain("was refused with 500: Endless.");
    await server.left();
  });
});

describe("a refusal that the engine explains", () => {
  const readError = (status: number, body: unknown): EngineErrorInfo | undefined =>
    typeof body === "object" && body !== null && "why" in body
      ? { code: "SESSION_NOT_FOUND", message: `${status} ${body.why}`, sessionId: "s1", retryAfterMs: 5 }
      : undefined;

  it("is told in its words", async () => {
    await using server = await startServer((_, response) => answerJson(response, { why: "gone" }, 500));
    const error = await failure(httpTo(server.url, { readError }).send("DELETE", "/session/s1"));
    expect(error).toMatchObject({
      code: "SESSION_NOT_FOUND",
      message: `DELETE ${server.url}/session/s1 was refused with 500: 500 gone.`,
      sessionId: "s1",
      status: 500,
      retryAfterMs: 5,
      retryable: false,
    });
  });

  it("is read from JSON only", async () => {
    await using server = await startServer((_, response) =>
      answer(response, 404, "text/html", '{"why":"gone"}'),
    );
    const error = await failure(httpTo(server.url, { readError }).send("GET", "/x"));
    expect(error.code).toBe("INVALID_RESPONSE");
  });
});

describe("retry-after", () => {
  it.each([
    ["0", 0],
    ["120", 120_000],
    ["Thu, 01 Jan 1970 00:00:00 GMT", 0],
    ["soon", undefined],
    ["", undefined],
  ])("%j is %s", async (told, retryAfterMs) => {
    await using server = await startServer((_, response) =>
      response.writeHead(429, { "retry-after": told }).end(),
    );
    expect(await failure(httpTo(server.url).send("POST", "/x"))).toMatchObject({
      code: "RATE_LIMITED",
      retryAfterMs,
    });
  });

  it("may be a time to come", async () => {
    const when = new Date(Date.now() + 3_600_000).toUTCString();
    await using server = await startServer((_, response) =>
      response.writeHead(503, { "retry-after": when }).end(),
    );
    const { retryAfterMs } = await failure(httpTo(server.url).send("POST", "/x"));
    expect(retryAfterMs).toBeGreaterThan(3_500_000);
    expect(retryAfterMs).toBeLessThanOrEqual(3_600_000);
  });
});

describe("no answer", () => {
  it("because nothing listens", async () => {
    const url = await unusedUrl();
    const error = await failure(httpTo(url).send("GET", "/x"));
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE", retryable: true, engine: "acme" });
    expect(error.message).toMatch(
      /^GET http:\/\/127\.0\.0\.1:\d+\/x failed: connect ECONNREFUSED 127\.0\.0\.1:\d+\. Check that the engine is running, and that baseUrl is its address\.$/,
    );
    expect(error.cause).toMatchObject({ code: "ECONNREFUSED" });
  });

  it("because the name has no address", async () => {
    const error = await failure(httpTo("http://nobody.invalid").send("GET", "/x"));
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    expect(error.message).toMatch(
      /^GET http:\/\/nobody\.invalid\/x failed: getaddrinfo \w+ nobody\.invalid\. /,
    );
  });

  it("because the connection was reset", async () => {
    await using server = await startRawServer((socket) =>
      socket.once("data", () => socket.resetAndDestroy()),
    );
    const error = await failure(httpTo(server.url).send("POST", "/x"));
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE", cause: { code: "ECONNRESET" } });
    expect(error.message).toMatch(/^POST .*\/x failed: read ECONNRESET\. Check /);
  });

  it("because the answer broke off", async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
      response.write("[1,", () => response.destroy());
    });
    const error = await failure(httpTo(server.url).send("GET", "/x"));
    expect(error.code).toBe("ENGINE_UNAVAILABLE");
    expect(error.message).toMatch(/^GET .*\/x failed: other side closed\. Check /);
  });

  it("because what listens there speaks something else", async () => {
    await using server = await startRawServer((socket) => socket.write("SSH-2.0-x\r\n"));
    const error = await failure(httpTo(server.url).send("POST", "/x"));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", retryable: false });
    expect(error.message).toMatch(
      /^POST .*\/x was answered by something that does not speak HTTP \(.+\)\. Check baseUrl\.$/,
    );
    await server.left();
  });

  it.each(["a text", 7, new Error("")])("because a custom fetch threw %s", async (thrown) => {
    const fetch = () => Promise.reject(thrown);
    const error = await failure(httpTo("http://host", { fetch }).send("GET", "/x"));
    expect(error).toMatchObject({ code: "ENGINE_UNAVAILABLE", cause: thrown });
    expect(error.message).toContain(
      `GET http://host/x failed: ${thrown instanceof Error ? "Error" : thrown}. `,
    );
  });
});

describe("secrets", () => {
  const options = { headers: { authorization: "Bearer tokentoken", "x-api-key": "keykeykey" } };
  const secret = /tokentoken|keykeykey|hunter2|aHVudGVyM|b3BlbmNvZGU6aHVudGVyMg/;
  const everything = (error: Error) =>
    [error.message, error.stack, JSON.stringify(error), inspect(error, { depth: 20, showHidden: true })].join(
      "\n",
    );
  const withPassword = (url: string) => url.replace("//", "//opencode:hunter2@");

  it("are not in what is known of a request that failed", async () => {
    const url = await unusedUrl();
    for (const http of [httpTo(withPassword(url)), httpTo(url, options)]) {
      const error = await failure(http.send("GET", "/x?token=hunter2", { query: { key: "hunter2" } }));
      expect(everything(error)).toContain("ECONNREFUSED");
      expect(everything(error)).not.toMatch(secret);
    }
  });

  it("are not in the client either", () => {
    const http = httpTo(withPassword("http://host"), options);
    expect(`${inspect(http, { depth: 20, showHidden: true })}${JSON.stringify(http)}`).not.toMatch(secret);
  });

  it.each([401, 500])("are taken out of what a server repeats: %i", async (status) => {
    await using server = await startServer(({ headers }, response) => {
      const { authorization = "" } = headers;
      const told = `${JSON.stringify(headers)} ${authorization} ${authorization.split(" ")[1]} keykeykey`;
      const password = atob(authorization.split(" ")[1] ?? "");
      answer(
        response,
        status,
        "text/plain",
        `${told.slice(0, 100)} ${authorization} ${password} hunter2 is wrong`,
      );
    });
    const error = await failure(httpTo(withPassword(server.url)).send("GET", "/x"));
    expect(error.message).toContain("is wrong");
    expect(everything(error)).not.toMatch(secret);
  });

  it("are taken out of what the engine says itself", async () => {
    await using server = await startServer(({ headers }, response) =>
      answerJson(response, { why: `${headers.authorization}: tokentoken or ${headers["x-api-key"]}?` }, 401),
    );
    const readError = (_: number, body: unknown): EngineErrorInfo => ({
      code: "AUTH_REQUIRED",
      message: typeof body === "object" && body !== null && "why" in body ? String(body.why) : "",
    });
    const error = await failure(httpTo(server.url, { ...options, readError }).send("GET", "/x"));
    expect(error.message).toContain("was refused with 401: ***: *** or ***? Check the password");
    expect(everything(error)).not.toMatch(secret);
  });

  it("are taken out whole, where one begins as another does", async () => {
    await using server = await startServer((_, response) =>
      answer(response, 403, "text/plain", "No keykeyrest"),
    );
    const headers = { "x-short": "keykey", "x-long": "keykeyrest" };
    const error = await failure(httpTo(server.url, { headers }).send("GET", "/x"));
    expect(error.message).toContain("was refused with 403: No ***. ");
  });

  it("are not every short word that was sent", async () => {
    await using server = await startServer((_, response) => answer(response, 403, "text/plain", "Go on"));
    const error = await failure(httpTo(server.url, { headers: { "x-mode": "on" } }).send("GET", "/x"));
    expect(error.message).toContain("was refused with 403: Go on. ");
  });
});
