import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { editText } from "../../../src/node/configuration/edit-text.ts";
import { parseConfiguration } from "../../../src/node/configuration/parse.ts";

describe("editText", () => {
  it.each([
    ["the only one", '{ "a": 1 }', "{  }"],
    ["the first", '{\n  "a": 1, // one\n  "b": 2\n}', '{\n   // one\n  "b": 2\n}'],
    ["the last", '{\n  "b": 2, // two\n  "a": 1\n}', '{\n  "b": 2 // two\n}'],
    ["the last, with a comma of its own", '{\n  "b": 2, // two\n  "a": 1,\n}', '{\n  "b": 2, // two\n}'],
    ["one between", '{"b":2,"a":1,"c":3}', '{"b":2,"c":3}'],
    ["one with a comment before its comma", '{"a":1 /* , */ ,"c":3}', '{ /* , */ "c":3}'],
    ["none", '{"b":2}', '{"b":2}'],
  ])("removes %s, and no comment", (_, before, after) =>
    expect(editText(before, ["a"], undefined)).toBe(after),
  );

  it("sets and removes any key of any object, and nothing else", () => {
    const key = fc.constantFrom("a", "b", "c");
    const value = fc.oneof(
      fc.constantFrom(1, "x", "a,b // no comment", null),
      fc.dictionary(key, fc.integer()),
    );
    fc.assert(
      fc.property(
        fc.dictionary(key, value),
        key,
        fc.option(value, { nil: undefined }),
        fc.constantFrom(undefined, 2),
        (config, name, next, indent) => {
          const text = JSON.stringify(config, undefined, indent).replaceAll(/,(?=\n {2}")/g, ", // c");
          const edited = editText(text, [name], next);
          const expected: Record<string, unknown> = { ...config, [name]: next };
          if (next === undefined) delete expected[name];
          expect(parseConfiguration(edited, "x").config).toEqual(expected);
          if (next === undefined) expect(edited.split("// c").length).toBe(text.split("// c").length);
        },
      ),
    );
  });
});
