import { describe, expect, it } from "vitest";
import { readSse, SseFrameTooLargeError } from "../../src/stream/sse.ts";
import { bodyOf, collect, cut, openSource, plain, rejection } from "./sse-source.ts";

async function read(...chunks: (string | Uint8Array)[]) {
  return (await collect(readSse(bodyOf(...chunks)))).map(plain);
}

describe("readSse: the format", () => {
  it.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
    ["a lone CR", "\r"],
  ])("takes %s as the end of a line, cut at any byte", async (_, eol) => {
    const text = ["id: 1", "event: a", "data: x", "data: y", "", "data: z", "", ""].join(eol);
    const frames = [{ data: "x\ny", event: "a", id: "1" }, { data: "z" }];
    for (let at = 0; at <= text.length; at++) {
      expect(await read(text.slice(0, at), text.slice(at))).toEqual(frames);
    }
    expect(await read(...cut(text, 1))).toEqual(frames);
  });

  it("takes characters apart at any byte", async () => {
    const text = "data: a\u00e9\u20ac\u{1f600}\u{10ffff}z\n\n";
    for (let size = 1; size <= 8; size++) {
      expect(await read(...cut(text, size))).toEqual([{ data: "a\u00e9\u20ac\u{1f600}\u{10ffff}z" }]);
    }
  });

  it("strips one byte order mark, and only at the start", async () => {
    expect(await read("\uFEFFdata: x\n\ndata: \uFEFFy\n\n")).toEqual([{ data: "x" }, { data: "\uFEFFy" }]);
    expect(await read(...cut("\uFEFFdata: x\n\n", 1))).toEqual([{ data: "x" }]);
    // The second one makes the field "\uFEFFdata", which nobody knows.
    expect(await read("\uFEFF\uFEFFdata: x\ndata: y\n\n")).toEqual([{ data: "y" }]);
  });

  it("reads a `Response`, and one without a body as an empty stream", async () => {
    expect((await collect(readSse(new Response("data: x\n\n")))).map(plain)).toEqual([{ data: "x" }]);
    expect(await collect(readSse(new Response(null, { status: 204 })))).toEqual([]);
    expect(await read()).toEqual([]);
    expect(await read("", new Uint8Array())).toEqual([]);
  });

  it("keeps an empty id, which resets the cursor, and gives none to the next frame", async () => {
    expect(await read("id: 7\ndata: a\n\ndata: b\n\nid\ndata: c\n\n")).toEqual([
      { data: "a", id: "7" },
      { data: "b" },
      { data: "c", id: "" },
    ]);
  });

  it("passes over what is no frame: blocks without data, unknown fields, malformed lines", async () => {
    expect(await read("\n\nevent: a\n\nid: 1\n\nwhat: x\n<html>\nretry: soon\ndata\n\n")).toEqual([
      { data: "" },
    ]);
  });

  it("drops a frame that the stream did not finish", async () => {
    expect(await read("data: a\n\ndata: b\n")).toEqual([{ data: "a" }]);
    expect(await read("data: a\n\ndata: b")).toEqual([{ data: "a" }]);
    expect(await read("data: a\n\ndata: b", Uint8Array.of(0xe2, 0x82))).toEqual([{ data: "a" }]);
  });

  it("makes replacement characters of malformed UTF-8", async () => {
    const bytes = [..."data: a"].map((letter) => letter.charCodeAt(0));
    expect(await read(Uint8Array.of(...bytes, 0xff, 0xe2, 0x82, 0x62, 10, 10))).toEqual([
      { data: "a\uFFFD\uFFFDb" },
    ]);
  });

  it("tells of comments, retry and activity", async () => {
    const seen: unknown[] = [];
    const frames = readSse(bodyOf(": beat\n", "", "retry: 1500\n:\n", "retry: x\ndata: a\n\n"), {
      onActivity: () => seen.push("activity"),
      onComment: (comment) => seen.push(comment),
      onRetry: (ms) => seen.push(ms),
    });
    expect((await collect(frames)).map(plain)).toEqual([{ data: "a" }]);
    expect(seen).toEqual(["activity", "beat", "activity", 1500, "", "activity"]);
  });
});

describe("readSse: much at once", () => {
  it("gives all frames of one chunk in order, for one read of the body", async () => {
    const numbers = Array.from({ length: 20_000 }, (_, n) => String(n));
    const source = bodyOf(numbers.map((n) => `data: ${n}\n\n`).join(""));
    const frames = readSse(source);
    const first = await frames.next();
    expect(source.reads).toBe(1);
    expect([first.value, ...(await collect(frames))].map((frame) => frame?.data)).toEqual(numbers);
    expect(source.reads).toBe(2);
  });

  it("lets a frame of 16 MB in pieces of 64 KB through", async () => {
    const data = "0123456789abcdef".repeat(1024 * 1024);
    const [frame, ...rest] = await read(...cut(`data: ${data}\n\n`, 64 * 1024));
    expect(frame?.data.length).toBe(data.length);
    expect(frame?.data === data).toBe(true);
    expect(rest).toEqual([]);
  });

  it("answers calls of next() that overlap in order", async () => {
    const source = openSource();
    const frames = readSse(source);
    const early = [frames.next(), frames.next(), frames.next()];
    source.write("data: 1\n\ndata: 2\n\n");
    await early[0];
    const late = [frames.next(), frames.next()];
    source.write("data: 3\n\ndata: 4\n\n");
    source.close();
    const values = (await Promise.all([...early, ...late])).map(({ value }) => value?.data);
    expect(values).toEqual(["1", "2", "3", "4", undefined]);
  });
});

describe("readSse: the limit of a frame", () => {
  const limit = 10_000;
  const texts = [
    ["one line", (size: number) => `data: ${"x".repeat(size)}\n\n`],
    ["many lines", (size: number) => `data: ${"\ndata:".repeat(size)}\n\n`],
    [
      "a long event name",
      (size: number) => `event: ${"e".repeat(4000)}\ndata: ${"x".repeat(size)}\nid: 1\n\n`,
    ],
  ] as const;

  it.each(texts)("is exact, however the frame is cut: %s", async (_, text) => {
    for (const size of [1, 7, 5000, 1e9]) {
      const fits = await collect(readSse(bodyOf(...cut(text(limit), size)), { maxFrameSize: limit }));
      expect(fits.map((frame) => frame.data.length)).toEqual([limit]);
      const tooLarge = collect(readSse(bodyOf(...cut(text(limit + 1), size)), { maxFrameSize: limit }));
      expect(await rejection(tooLarge)).toBeInstanceOf(SseFrameTooLargeError);
    }
  });

  it("cancels the stream, before the frame is whole, and tells the limit", async () => {
    const source = openSource();
    source.write("data: fits\n\ndata: ");
    for (let n = 0; n < 20; n++) source.write("x".repeat(1000));
    const frames = readSse(source, { maxFrameSize: limit });
    expect((await frames.next()).value?.data).toBe("fits");
    const error = await rejection(frames.next());
    expect(error).toBeInstanceOf(SseFrameTooLargeError);
    expect(error).toMatchObject({ name: "SseFrameTooLargeError", limit });
    expect(String(error)).toContain("10000");
    expect(source.cancelled).toEqual([error]);
    expect(source.body.locked).toBe(false);
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  it("hands out the frames before it first", async () => {
    const frames = readSse(bodyOf("data: a\n\ndata: b\n\ndata: too large\n\ndata: c\n\n"), {
      maxFrameSize: 5,
    });
    expect((await frames.next()).value?.data).toBe("a");
    expect((await frames.next()).value?.data).toBe("b");
    expect(await rejection(frames.next())).toBeInstanceOf(SseFrameTooLargeError);
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  it.each([0, -1, Number.NaN])("refuses %d as a limit, and leaves the body alone", (maxFrameSize) => {
    const { body } = openSource();
    expect(() => readSse({ body }, { maxFrameSize })).toThrow(RangeError);
    expect(body.locked).toBe(false);
  });

  it("is 32 Mi by default", async () => {
    const chunk = `data: ${"x".repeat(1024 * 1024)}\n`;
    const fits = bodyOf(...Array(31).fill(chunk), "\n");
    expect((await collect(readSse(fits))).map((frame) => frame.data.length)).toEqual([31 * 1024 * 1024 + 30]);
    const tooLarge = bodyOf(...Array(32).fill(chunk), "\n");
    expect(await rejection(collect(readSse(tooLarge)))).toMatchObject({ limit: 32 * 1024 * 1024 });
  });
});
