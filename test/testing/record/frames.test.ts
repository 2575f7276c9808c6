import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FrameSplitter, framingOf } from "../../../src/testing/record/frames.ts";

const eol = fc.constantFrom("\n", "\r\n", "\r");
const line = fc
  .string({ unit: "binary", minLength: 1, maxLength: 12 })
  .map((text) => `data: ${text.replace(/[\r\n]/g, "")}`);
/** A frame as a server may write it: its line ends are all of one kind. */
const frame = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 3 }), eol)
  .map(([lines, end]) => lines.map((text) => text + end).join("") + end);

/** The text in pieces, cut where it pleases. */
const cut = (text: string, places: readonly number[]): readonly string[] => {
  const at = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...at, text.length].map((end, index) => text.slice(at[index - 1] ?? 0, end));
};

describe("frames are cut apart", () => {
  it("at blank lines, however the stream was cut, and nothing is lost", () => {
    const streams = fc.tuple(fc.array(frame, { maxLength: 6 }), fc.option(line), fc.array(fc.nat()));
    fc.assert(
      fc.property(streams, ([frames, unfinished, places]) => {
        const text = frames.join("") + (unfinished ?? "");
        const splitter = new FrameSplitter("blank-line");
        const found = cut(text, places).flatMap((piece) => splitter.feed(piece));
        const rest = splitter.rest();
        const all = rest === "" ? found : [...found, rest];
        expect(all.join("")).toBe(text);
        // A CR at the end waits for what may be the other half of its line break.
        expect(all).toEqual(unfinished === null ? frames : [...frames, unfinished]);
      }),
    );
  });

  it("of any text at all, without losing a character", () => {
    const anything = fc.string({ unit: fc.constantFrom("\r", "\n", "a", ":"), maxLength: 40 });
    fc.assert(
      fc.property(anything, fc.array(fc.nat()), (text, places) => {
        const whole = new FrameSplitter("blank-line");
        const expected = [...whole.feed(text), whole.rest()];
        const splitter = new FrameSplitter("blank-line");
        const found = [...cut(text, places).flatMap((piece) => splitter.feed(piece)), splitter.rest()];
        expect(found.join("")).toBe(text);
        expect(found).toEqual(expected);
      }),
    );
  });

  it("as soon as their end is there", () => {
    const splitter = new FrameSplitter("blank-line");
    expect(splitter.feed("data: 1\n")).toEqual([]);
    expect(splitter.feed("\ndata: 2\n\n: beat\n\nda")).toEqual(["data: 1\n\n", "data: 2\n\n", ": beat\n\n"]);
    expect(splitter.rest()).toBe("da");
  });

  it("at every line where each is one", () => {
    const splitter = new FrameSplitter("line");
    expect(splitter.feed('{"a":1}\n{"b"')).toEqual(['{"a":1}\n']);
    expect(splitter.feed(":2}\r\n")).toEqual(['{"b":2}\r\n']);
  });
});

it("is known from the content type what is cut how", () => {
  expect(framingOf("text/event-stream; charset=utf-8")).toBe("blank-line");
  expect(framingOf("Application/x-ndjson")).toBe("line");
  expect(framingOf("application/json")).toBeUndefined();
  expect(framingOf(null)).toBeUndefined();
});
