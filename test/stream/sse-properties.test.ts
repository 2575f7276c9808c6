import { getEventListeners } from "node:events";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readSse, type SseFrame } from "../../src/stream/sse.ts";
import { bodyOf, collect, openSource, plain, unhandledRejections } from "./sse-source.ts";

const line = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("", " ", "  x", ":", "data: x", "\uFEFF"),
  )
  .map((text) => text.replace(/[\r\n\0]/g, ""));
const eol = fc.constantFrom("\n", "\r\n", "\r");
const noise = fc.oneof(
  line.map((text) => `:${text}`),
  fc.nat().map((ms) => `retry: ${ms}`),
  line.map((text) => `x-${text}`),
  fc.constantFrom("Data: x", "DATA: x", " data: x", "dat", "dataset: x", "eventual", "i", "idx: 1"),
);
/** What is written for a frame, besides the frame: noise between its lines, a space after a colon or none. */
const written = fc.record({
  lines: fc.array(line, { minLength: 1, maxLength: 4 }),
  event: fc.option(
    line.map((text) => text || "e"),
    { nil: undefined },
  ),
  id: fc.option(line, { nil: undefined }),
  noise: fc.array(noise, { maxLength: 3 }),
  space: fc.boolean(),
  blanks: fc.nat(2),
});
type Written = typeof written extends fc.Arbitrary<infer W> ? W : never;

function toLines({ lines, event, id, noise: between, space, blanks }: Written): string[] {
  const field = (name: string, value: string) =>
    `${name}:${space || value.startsWith(" ") ? " " : ""}${value}`;
  const fields = lines.map((text) => field("data", text));
  if (event !== undefined) fields.unshift(field("event", event));
  if (id !== undefined) fields.splice(1, 0, field("id", id));
  between.forEach((text, at) => {
    fields.splice(at * 2, 0, text);
  });
  return [...fields, ...Array<string>(1 + blanks).fill("")];
}

/** Ends each line its own way. A lone CR and an LF after it would be one end, so there it is a CRLF. */
function join(lines: readonly string[], eols: readonly string[]): string {
  let text = "";
  lines.forEach((each, at) => {
    const end = eols[at % eols.length] ?? "\n";
    text += each + (each === "" && end === "\n" && text.endsWith("\r") ? "\r\n" : end);
  });
  return text;
}

const toFrame = ({ lines, event, id }: Written): SseFrame => plain({ data: lines.join("\n"), event, id });

it("reads the frames that were written, however they were written and cut", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(written, { maxLength: 6 }),
      fc.array(eol, { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      fc.constantFrom("", "data: unfinished", "data: unfinished\r\n", "id: 1\nda"),
      fc.oneof(fc.constant("every byte" as const), fc.array(fc.nat(400), { maxLength: 12 })),
      async (frames, eols, bom, rest, cuts) => {
        const bytes = new TextEncoder().encode(
          (bom ? "\uFEFF" : "") + join(frames.flatMap(toLines), eols) + rest,
        );
        const at = cuts === "every byte" ? [...bytes.keys()] : cuts.toSorted((a, b) => a - b);
        const chunks = [0, ...at].map((from, n) => bytes.subarray(from, at[n] ?? bytes.length));
        expect((await collect(readSse(bodyOf(...chunks)))).map(plain)).toEqual(frames.map(toFrame));
      },
    ),
    { numRuns: 1000 },
  );
});

const step = fc.constantFrom("next", "write", "write two", "close", "error", "abort", "return", "turn");

it("settles every call and lets go of everything, whatever happens in whatever order", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
      const source = openSource(() => Promise.reject(new Error("could not close")));
      const controller = new AbortController();
      const frames = readSse(source, { signal: controller.signal });
      const calls: Promise<IteratorResult<SseFrame, undefined>>[] = [];
      let count = 0;
      let live = true;
      const write = () => source.write(`data: ${count++}\n\n`);
      const unhandled = await unhandledRejections(async () => {
        for (const each of steps) {
          if (each === "next") calls.push(frames.next());
          else if (each === "return") void frames.return();
          else if (each === "abort") controller.abort("aborted");
          else if (each === "turn") await new Promise(setImmediate);
          else if (live && source.cancelled.length === 0) {
            if (each.startsWith("write")) write();
            if (each === "write two") write();
            if (each === "close" || each === "error") live = false;
            if (each === "close") source.close();
            if (each === "error") source.error("dropped");
          }
        }
        await new Promise(setImmediate);
        void frames.return();
      });
      expect(unhandled).toEqual([]);

      const results = await Promise.allSettled(calls);
      const values = results.flatMap((r) =>
        r.status === "fulfilled" && r.value.value ? [r.value.value] : [],
      );
      expect(values.map((frame) => frame.data)).toEqual(values.map((_, n) => String(n)));
      const errors = results.flatMap((r) => (r.status === "rejected" ? [r.reason] : []));
      expect([[], ["aborted"], ["dropped"]]).toContainEqual(errors);
      // Values, then at most one error, then nothing but the end.
      expect(results.map(({ status }, n) => n >= values.length && status === "rejected").indexOf(true)).toBe(
        errors.length ? values.length : -1,
      );
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      expect(source.body.locked).toBe(false);
      if (live) expect(source.cancelled).toHaveLength(1);
    }),
    { numRuns: 300 },
  );
});
