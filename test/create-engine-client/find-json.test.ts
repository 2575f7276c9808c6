import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJson } from "../../src/create-engine-client/output/find-json.ts";

const found = (text: string) => [...findJson(text)];

describe("the JSON in an answer", () => {
  it.each([
    ["the whole of it", ' {"a":1}\n', [{ a: 1 }]],
    ["a plain value", "42", [42]],
    ["a code fence", 'Here:\n```json\n{"a":[1]}\n```\nDone.', [{ a: [1] }]],
    ["the last of several fences first", "```\n1\n```\n```\n2\n```", [2, 1]],
    ["between prose", 'It is {"a":"}"} as you see.', [{ a: "}" }]],
    ["the last of several first", 'First [1], then {"a":2}.', [{ a: 2 }, [1]]],
    ["behind a bracket that nothing closes", 'If x { then {"a":1}', [{ a: 1 }]],
    ["with quotes and escapes", String.raw`So: {"a":"\"]\\"} ok`, [{ a: '"]\\' }]],
    ["nowhere", "No JSON { here ] at all", []],
    ["nowhere in nothing", "", []],
  ])("is found as %s", (_, text, values) => {
    expect(found(text)).toEqual(values);
  });

  it("is found whatever object stands in whatever prose without brackets", () => {
    const prose = fc.string({ unit: "grapheme" }).filter((text) => !/[[\]{}`]/.test(text));
    fc.assert(
      fc.property(
        prose,
        fc.dictionary(fc.string(), fc.jsonValue()),
        prose,
        fc.boolean(),
        (before, value, after, fence) => {
          const json = JSON.stringify(value, null, 2);
          const text = fence
            ? `${before}\n\`\`\`json\n${json}\n\`\`\`\n${after}`
            : `${before} ${json} ${after}`;
          expect(found(text)).toContainEqual(JSON.parse(json));
        },
      ),
    );
  });

  it("never throws, and is done soon with what is made to be slow", () => {
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(found(text))));
    for (const text of [
      "[".repeat(200_000),
      '{"'.repeat(100_000),
      "```\n".repeat(50_000),
      "[1] ".repeat(50_000),
    ]) {
      expect(found(text).length).toBeLessThanOrEqual(50_000);
    }
  });
});
