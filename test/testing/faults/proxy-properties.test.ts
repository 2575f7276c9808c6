import type { IncomingMessage, ServerResponse } from "node:http";
import fc from "fast-check";
import { expect, it } from "vitest";
import { duplicateFrames } from "../../../src/testing/faults/frame-faults.ts";
import { drain, startBoth } from "./proxy-bench.ts";

/** A body, how it is cut into writes, and how it is framed. */
const answer = fc.record({
  pieces: fc.array(fc.uint8Array({ minLength: 1, maxLength: 3000 }), { maxLength: 8 }),
  chunked: fc.boolean(),
  pause: fc.boolean(),
});

type Answer = typeof answer extends fc.Arbitrary<infer T> ? T : never;

/** A server that gives the answer which the property has now. */
async function startScripted() {
  const script: { now: Answer; type: string } = {
    now: { pieces: [], chunked: true, pause: false },
    type: "application/octet-stream",
  };
  const listener = async (_: IncomingMessage, response: ServerResponse) => {
    const { pieces, chunked, pause } = script.now;
    response.setHeader("content-type", script.type);
    if (!chunked) response.setHeader("content-length", Buffer.concat(pieces).length);
    response.flushHeaders();
    for (const piece of pieces) {
      response.write(piece);
      if (pause) await new Promise((resolve) => setImmediate(resolve));
    }
    response.end();
  };
  return { script, ...(await startBoth(listener)) };
}

it("cut after any byte gives exactly the bytes before it", { timeout: 60_000 }, async () => {
  const { script, proxy, url } = await startScripted();
  await fc.assert(
    fc.asyncProperty(answer, fc.nat(12_000), async (now, after) => {
      script.now = now;
      const whole = Buffer.concat(now.pieces);
      const fault = proxy.inject({ type: "cut", after });
      const { bytes, error } = await drain(await fetch(url));
      fault.stop();
      expect(bytes).toEqual(whole.subarray(0, after));
      expect(fault.hits).toBe(after <= whole.length ? 1 : 0);
      // A body with a length is whole at its last byte, whatever comes then.
      const broken = now.chunked ? after <= whole.length : after < whole.length;
      expect(error !== undefined).toBe(broken);
    }),
    { numRuns: 300 },
  );
});

it("end after any byte gives exactly the bytes before it, and a clean end", { timeout: 60_000 }, async () => {
  const { script, proxy, url } = await startScripted();
  await fc.assert(
    fc.asyncProperty(answer, fc.nat(12_000), async (now, after) => {
      script.now = now;
      const fault = proxy.inject({ type: "end", after });
      const { bytes, error } = await drain(await fetch(url));
      fault.stop();
      expect(error).toBeUndefined();
      expect(bytes).toEqual(Buffer.concat(now.pieces).subarray(0, after));
    }),
    { numRuns: 300 },
  );
});

const line = fc.stringMatching(/^[a-z: ä€]{1,20}$/);
const frame = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 3 }), fc.constantFrom("\n", "\r\n"))
  .map(([lines, end]) => [...lines, "", ""].join(end));

it("frames are told apart however the stream is cut into pieces", { timeout: 60_000 }, async () => {
  const { script, proxy, url } = await startScripted();
  script.type = "text/event-stream";
  proxy.inject({ type: "frames", transform: duplicateFrames() });
  await fc.assert(
    fc.asyncProperty(fc.array(frame), fc.array(fc.integer({ min: 1, max: 30 })), async (frames, sizes) => {
      const stream = Buffer.from(frames.join(""));
      const pieces: Uint8Array<ArrayBuffer>[] = [];
      for (let at = 0; at < stream.length; ) {
        const size = sizes[pieces.length % sizes.length] ?? 10;
        pieces.push(stream.subarray(at, at + size));
        at += size;
      }
      script.now = { pieces, chunked: true, pause: true };
      const { bytes } = await drain(await fetch(url));
      expect(bytes.toString()).toBe(frames.flatMap((each) => [each, each]).join(""));
    }),
    { numRuns: 200 },
  );
});
