import { describe, expect, it } from "vitest";
import { failure } from "../bad-input/failure.ts";
import { startServer } from "../bad-input/server.ts";
import { answer, answerJson, anything, httpTo } from "./http-support.ts";

const ADVICE = "Check that the engine listens there, and that its release is a supported one.";

describe("an answer", () => {
  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON;charset=UTF-8",
    "application/problem+json",
    "application/vnd.acme.v1+json ; q=1",
    "text/json",
  ])("of type %j is JSON", async (type) => {
    await using server = await startServer((_, response) => answer(response, 200, type, '{"a":"ü"}'));
    expect(await httpTo(server.url).send("GET", "/x")).toEqual({ a: "ü" });
  });

  it.each(["application/json-seq", "application/jsonp", "application/x-ndjson", "text/html", undefined])(
    "of type %j is none",
    async (type) => {
      await using server = await startServer((_, response) => answer(response, 200, type, '{"a":1}'));
      const error = await failure(httpTo(server.url).send("GET", "/x"));
      expect(error).toMatchObject({
        code: "INVALID_RESPONSE",
        status: 200,
        engine: "acme",
        retryable: false,
      });
      const said = type ?? "something without a content type";
      expect(error.message).toBe(`GET ${server.url}/x answered ${said} instead of JSON. ${ADVICE}`);
    },
  );

  it("gives its headers with its value", async () => {
    await using server = await startServer((_, response) => {
      response.setHeader("x-next-cursor", "7");
      answerJson(response, [1]);
    });
    const { value, headers } = await httpTo(server.url).json("GET", "/x", anything);
    expect(value).toEqual([1]);
    expect(headers.get("x-next-cursor")).toBe("7");
  });

  it.each(["null", "0", "false", '""', "\ufeff[]"])("may be %j", async (text) => {
    await using server = await startServer((_, response) => answer(response, 200, "application/json", text));
    const { value } = await httpTo(server.url).json("GET", "/x", anything);
    expect(value).toEqual(JSON.parse(text.replace("\ufeff", "")));
  });

  it("may be cut anywhere on its way", async () => {
    const bytes = new TextEncoder().encode(JSON.stringify({ text: "ü😀 €" }));
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const headers = { "content-type": "application/json" };
    const fetch = async () => new Response(body, { headers });
    expect(await httpTo("http://host", { fetch }).send("GET", "/x")).toEqual({ text: "ü😀 €" });
  });

  it("may be large", async () => {
    const text = "x".repeat(8_000_000);
    await using server = await startServer((_, response) => answerJson(response, { text }));
    expect(await httpTo(server.url).send("GET", "/x")).toEqual({ text });
  });
});

describe("an empty answer", () => {
  it.each([
    [204, undefined],
    [200, "application/json"],
    [200, "text/plain"],
    [202, undefined],
  ])("%i %j is undefined where nothing is due, and an error where JSON is", async (status, type) => {
    await using server = await startServer((_, response) => answer(response, status, type));
    const http = httpTo(server.url);
    expect(await http.send("POST", "/x")).toBeUndefined();
    const error = await failure(http.json("POST", "/x", anything));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status });
    expect(error.message).toBe(
      `POST ${server.url}/x answered ${status} without a body where JSON was due. ${ADVICE}`,
    );
    await server.left();
  });
});

describe("a broken answer", () => {
  it.each(['{"a":', "[1,2", "nonsense", "undefined", '{"a":1}}'])("says so: %j", async (text) => {
    await using server = await startServer((_, response) => answer(response, 200, "application/json", text));
    const error = await failure(httpTo(server.url).json("GET", "/x", anything));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status: 200 });
    expect(error.message).toBe(
      `GET ${server.url}/x answered with JSON that is broken or cut short (${text.length} characters). ${ADVICE}`,
    );
  });

  it("of another shape says what is wrong first, and keeps the schema's account", async () => {
    await using server = await startServer((_, response) => answerJson(response, [{ id: 7 }]));
    const issues = [
      { path: [0, "id"], message: "expected string" },
      { path: [], message: "more" },
    ];
    const cause = Object.assign(new Error("two issues"), { issues });
    const parse = () => {
      throw cause;
    };
    const error = await failure(httpTo(server.url).json("GET", "/x", { parse }));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status: 200, cause });
    expect(error.message).toBe(
      `GET ${server.url}/x answered with JSON of another shape (0.id: expected string). ${ADVICE}`,
    );
  });

  it("that is a web page is not read to its end", async () => {
    await using server = await startServer((_, response) => {
      response.writeHead(200, { "content-type": "text/html" });
      response.write("<html>");
    });
    const error = await failure(httpTo(server.url).send("GET", "/x"));
    expect(error.message).toContain("answered text/html instead of JSON");
    await server.left();
  });
});

describe("an event stream", () => {
  it.each(["text/event-stream", "text/event-stream;charset=utf-8", "Text/Event-Stream"])(
    "of type %j is handed out",
    async (type) => {
      await using server = await startServer((_, response) => answer(response, 200, type, "data: 1\n\n"));
      const response = await httpTo(server.url).open("GET", "/event", { query: { directory: "/a" } });
      expect(await response.text()).toBe("data: 1\n\n");
      expect(server.seen).toMatchObject([
        { method: "GET", path: "/event?directory=%2Fa", headers: { accept: "text/event-stream" } },
      ]);
    },
  );

  it.each([
    [200, "text/html", "text/html"],
    [200, "text/event-streams", "text/event-streams"],
    [200, undefined, "something without a content type"],
    [204, undefined, "something without a content type"],
  ])("is not %i %j, and that is closed", async (status, type, said) => {
    await using server = await startServer((_, response) => {
      response.writeHead(status, type === undefined ? {} : { "content-type": type });
      if (status === 204) response.end();
      else response.write("for ever");
    });
    const error = await failure(httpTo(server.url).open("GET", "/event"));
    expect(error).toMatchObject({ code: "INVALID_RESPONSE", status });
    expect(error.message).toBe(
      `GET ${server.url}/event answered ${said} instead of an event stream. ${ADVICE}`,
    );
    await server.left();
  });

  it("that is refused says why", async () => {
    await using server = await startServer((_, response) =>
      answer(response, 401, "text/plain", "Who are you?"),
    );
    const error = await failure(httpTo(server.url).open("GET", "/event"));
    expect(error).toMatchObject({ code: "AUTH_REQUIRED", status: 401 });
    expect(error.message).toBe(
      `GET ${server.url}/event was refused with 401: Who are you? Check the password in baseUrl, or the headers option.`,
    );
  });
});
