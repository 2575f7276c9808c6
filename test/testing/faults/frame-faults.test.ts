import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import {
  duplicateFrames,
  type FrameTransform,
  hugeFrame,
  injectFrame,
  malformedFrame,
  unknownFrame,
} from "../../../src/testing/faults/frame-faults.ts";
import { answering, drain, events, readExactly, readerOf, startBoth } from "./proxy-bench.ts";

const one = "id: 1\ndata: 1\n\n";
const beat = ": beat\r\n\r\n";
const two = "data: zwei\u00e4\n\n";
const all = one + beat + two;

/** What the client gets of a stream whose frames are transformed. */
async function through(transform: FrameTransform, stream: string | Uint8Array = all, after?: number) {
  const { url, proxy } = await startBoth(events(stream));
  const fault = proxy.inject({ type: "frames", transform, after });
  const { bytes, error } = await drain(await fetch(url));
  expect(error).toBeUndefined();
  expect(fault.hits).toBe(1);
  return bytes.toString();
}

describe("frames", () => {
  it("are handed over whole, counted, with their blank line", async () => {
    const seen: unknown[] = [];
    const transform: FrameTransform = (frame, index) => {
      seen.push([frame, index]);
      return index === 1 ? [] : [frame, ""];
    };
    expect(await through(transform, `${all}data: unfinish`)).toBe(`${one}${two}data: unfinish`);
    expect(seen).toEqual([
      [one, 0],
      [beat, 1],
      [two, 2],
    ]);
  });

  it("are found however the bytes come, with any line end and blank lines before them", async () => {
    const stream = `\uFEFF\n${one}\r\n\n${beat}data: a\rb\r\n\ndata: c\n\r\n`;
    const { url, proxy } = await startBoth(async (_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8" });
      for (const byte of Buffer.from(stream)) {
        await new Promise((resolve) => response.write(new Uint8Array([byte]), resolve));
      }
      response.end();
    });
    const seen: string[] = [];
    const transform = (frame: string) => {
      seen.push(frame);
      return [frame];
    };
    proxy.inject({ type: "frames", transform });
    const { bytes } = await drain(await fetch(url));
    expect(bytes.toString()).toBe(stream);
    expect(seen).toEqual([`\uFEFF\n${one}`, `\r\n\n${beat}`, "data: a\rb\r\n\n", "data: c\n\r\n"]);
  });

  it("pass at once when they are whole", async () => {
    const { url, proxy } = await startBoth((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(`${one}data: unfinish`);
    });
    proxy.inject({ type: "frames", transform: duplicateFrames() });
    expect(await readExactly(readerOf(await fetch(url)), 2 * one.length)).toBe(one + one);
  });

  it("survive malformed UTF-8 if they are left as they are", async () => {
    const raw = Buffer.concat([Buffer.from("data: "), Buffer.from([0xff, 0xfe]), Buffer.from("\n\n")]);
    const { url, proxy } = await startBoth(events(raw));
    proxy.inject({ type: "frames", transform: duplicateFrames() });
    expect((await drain(await fetch(url))).bytes).toEqual(Buffer.concat([raw, raw]));
  });

  it("are left alone before the byte where the fault begins", async () => {
    expect(await through(duplicateFrames(), all, one.length)).toBe(one + beat + beat + two + two);
    expect(await through(duplicateFrames(), all, one.length + 1)).toBe(one + beat + two + two);
  });

  it("exist in event streams only; a content-length is left out there", async () => {
    const type = "text/event-stream";
    const { url, proxy } = await startBoth((request, response) =>
      answering(one, request.url === "/events" ? { type } : {})(request, response),
    );
    const fault = proxy.inject({ type: "frames", transform: duplicateFrames() });
    expect((await drain(await fetch(url))).text).toBe(one);
    expect(fault.hits).toBe(0);
    expect((await drain(await fetch(`${url}/events`))).text).toBe(one + one);
    expect(fault.hits).toBe(1);
  });

  it("are asked for without compression", async () => {
    const { url, proxy } = await startBoth((request, response) => {
      const zip = request.headers["accept-encoding"]?.includes("gzip");
      response.writeHead(200, {
        "content-type": "text/event-stream",
        ...(zip && { "content-encoding": "gzip" }),
      });
      response.end(zip ? gzipSync(one) : one);
    });
    expect((await fetch(url)).headers.get("content-encoding")).toBe("gzip");
    proxy.inject({ type: "frames", transform: duplicateFrames() });
    expect((await drain(await fetch(url))).text).toBe(one + one);
  });
});

describe("ready-made transforms", () => {
  it("duplicateFrames repeats each", async () => {
    expect(await through(duplicateFrames())).toBe(one + one + beat + beat + two + two);
    expect(await through(duplicateFrames(3), one)).toBe(one + one + one);
  });

  it("injectFrame adds one after so many, with its blank line", async () => {
    expect(await through(injectFrame("data: x"))).toBe(`${one}data: x\n\n${beat}${two}`);
    expect(await through(injectFrame("data: x\n\n", 0))).toBe(`data: x\n\n${all}`);
    expect(await through(injectFrame("data: x\r\n\r\n", 3))).toBe(`${all}data: x\r\n\r\n`);
    expect(await through(injectFrame("data: x", 4))).toBe(all);
  });

  const injected = (text: string, after: number) => {
    const before = [one, beat, two].slice(0, after).join("");
    expect(text.startsWith(before)).toBe(true);
    const end = text.length - (all.length - before.length);
    expect(text.slice(end)).toBe(all.slice(before.length));
    const frame = /^data: (.+)\n\n$/.exec(text.slice(before.length, end));
    return frame?.[1] ?? "";
  };

  it("malformedFrame adds JSON that breaks off", async () => {
    const data = injected(await through(malformedFrame(2)), 2);
    expect(data).toMatch(/^\{"type":/);
    expect(() => JSON.parse(data)).toThrow(SyntaxError);
  });

  it("unknownFrame adds an event that no dialect has", async () => {
    expect(JSON.parse(injected(await through(unknownFrame()), 1))).toMatchObject({
      type: "fault.unknown",
      properties: {},
      payload: { type: "fault.unknown", properties: {} },
    });
  });

  it.each([1000, 3_000_001])("hugeFrame adds one with %i bytes of data", async (bytes) => {
    const data = injected(await through(hugeFrame(bytes, 3)), 3);
    expect(data).toHaveLength(bytes);
    expect(JSON.parse(data)).toMatchObject({ type: "fault.unknown" });
  });
});
