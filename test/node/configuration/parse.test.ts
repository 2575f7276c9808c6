import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseConfiguration } from "../../../src/node/configuration/parse.ts";

function refusal(text: string): unknown {
  try {
    return parseConfiguration(text, "/a/opencode.json");
  } catch (error) {
    return error;
  }
}

describe("parseConfiguration", () => {
  it.each([
    ["comments and trailing commas", '{ // one\n "a": [1, 2,], /* two */\n}', { a: [1, 2] }],
    ["a byte order mark", '\uFEFF{"a":1}', { a: 1 }],
    ["lines that end as on Windows", '{\r\n  "a": 1,\r\n  "b": 2\r\n}\r\n', { a: 1, b: 2 }],
    ["nothing at all", "", {}],
    ["an empty object", "{}", {}],
    ["a key twice, of which the last counts", '{"a":1,"a":2}', { a: 2 }],
  ])("reads %s", (_, text, config) => expect(parseConfiguration(text, "x").config).toEqual(config));

  it.each([
    ['{\n  "a": \n}', "3:1", /a value is expected/],
    ['{\n  "a": 1\n  "b": 2\n}', "3:3", /comma/],
    ['{\r\n  "a": 1,\r\n  b: 2\r\n}', "3:3", /double quotes/],
    ['{\n  "a": "sk-secret\n}', "2:8", /closing quote/],
    ['{ "a": 1 } }', "1:12", /nothing more/],
    ['{ "a": 1 ', "1:10", /closing }/],
    ["  \n", "2:1", /a value is expected/],
    ["[]", "1:1", /must be an object/],
    ["null", "1:1", /must be an object/],
    ['"text"', "1:1", /must be an object/],
  ])("says where %j is wrong, and not what stands there", (text, place, problem) => {
    expect(refusal(text)).toMatchObject({ code: "CONFIG_INVALID", message: expect.stringMatching(problem) });
    const { message } = refusal(text) as Error;
    expect(message.startsWith(`/a/opencode.json:${place} `)).toBe(true);
    expect(message).not.toContain("sk-secret");
  });

  it("knows on which line a value stands, or the nearest thing around it", () => {
    const { lineOf } = parseConfiguration(
      '{\n "a": {\n  "b": [\n   1,\n   2 ] },\n "c": 1,\n "c":\n 2 }',
      "x",
    );
    expect(lineOf(["a"])).toBe(2);
    expect(lineOf(["a", "b", 1])).toBe(5);
    expect(lineOf(["a", "missing", "deeper"])).toBe(2);
    expect(lineOf(["c"])).toBe(8);
    expect(lineOf([])).toBe(1);
  });

  it("reads all that JSON has", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (config) => {
        const text = JSON.stringify(config);
        expect(JSON.stringify(parseConfiguration(text, "x").config)).toBe(JSON.stringify(JSON.parse(text)));
        expect(JSON.stringify(parseConfiguration(JSON.stringify(config, undefined, 2), "x").config)).toBe(
          JSON.stringify(JSON.parse(text)),
        );
      }),
    );
  });

  it("never fails otherwise, whatever it is given", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(..."{}[]:,\"'/*\\n 1ae\n\uFEFF") }), (text) => {
        try {
          expect(parseConfiguration(text, "x").config).toBeTypeOf("object");
        } catch (error) {
          expect(error).toMatchObject({ code: "CONFIG_INVALID" });
        }
      }),
    );
  });
});
