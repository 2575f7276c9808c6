import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Directive, stepsOf } from "../support/scripted-model/directives.ts";
import { parseDirectives } from "../support/scripted-model/parse-directives.ts";
import { callTool, callToolWith, failWith, say, script } from "../support/scripted-model/script.ts";

describe("parseDirectives", () => {
  it.each<[string, Directive[]]>([
    ["no script at all", []],
    ["[[text Hello from the model.]] say hi", [{ type: "text", text: "Hello from the model." }]],
    ["[[text  two spaces ]]", [{ type: "text", text: " two spaces " }]],
    ["[[text size=3 abc]]", [{ type: "text", text: "abc", size: 3 }]],
    [String.raw`[[reasoning a\nb\\n\u005d]]`, [{ type: "reasoning", text: "a\nb\\n]" }]],
    ['[[tool bash {"command":"[[ 1 ]]"}]]', [{ type: "tool", name: "bash", input: { command: "[[ 1 ]]" } }]],
    [
      "[[tool ls]] [[tool size=5 cat {}]]",
      [
        { type: "tool", name: "ls", input: {} },
        { type: "tool", name: "cat", input: {}, size: 5 },
      ],
    ],
    ["[[badtool read not-json]]", [{ type: "badtool", name: "read", rawArguments: "not-json" }]],
    [
      "[[error 429 retry-after=1 times=1 slow down]]",
      [{ type: "error", status: 429, retryAfter: 1, times: 1, message: "slow down" }],
    ],
    ["[[repeat n=200 ms=50 text=tick#  ]]", [{ type: "repeat", count: 200, everyMs: 50, text: "tick#  " }]],
    ["[[repeat n=2 text=ms=9]]", [{ type: "repeat", count: 2, everyMs: 0, text: "ms=9" }]],
    ["[[usage in=11900 out=50]]", [{ type: "usage", input: 11_900, output: 50 }]],
    ["[[cut]] [[cut times=1]]", [{ type: "cut" }, { type: "cut", times: 1 }]],
    ["[[constructor]] [[no_such thing]] [[hang", []],
  ])("reads %s", (prompt, expected) => {
    expect(parseDirectives(prompt)).toEqual(expected);
  });

  it.each(["[[tool]]", "[[tool x {bad]]", "[[error soon]]", "[[delay x]]"])("refuses %s", (prompt) => {
    expect(() => parseDirectives(prompt)).toThrow(SyntaxError);
  });
});

describe("script", () => {
  it("writes what the parser reads", () => {
    fc.assert(
      fc.property(fc.array(directive, { maxLength: 6 }), prose, (directives, words) => {
        const prompt = script(words, ...directives.flatMap((each) => [each, words]));
        expect(parseDirectives(prompt)).toEqual(directives);
        // The prompt goes through UTF-8 on its way to the model.
        expect(Buffer.from(prompt).toString()).toBe(prompt);
      }),
      { numRuns: 1000 },
    );
  });

  it("can say in text what looks like directives and options", () => {
    const tricky = ["size=3 x", "]]", "a]", "[[then]]", "\\n", "\\u005d", " lead", "\ud83d", "\n", ""];
    for (const text of tricky) {
      expect(parseDirectives(script(say(text), "prose"))).toEqual([{ type: "text", text }]);
    }
  });

  it("refuses what the language cannot say", () => {
    expect(() => script("prose with [[text x]]")).toThrow(TypeError);
    expect(() => script(callTool("two words"))).toThrow(TypeError);
    expect(() => script(callToolWith("read", "a ]] b"))).toThrow(TypeError);
    expect(() => script(callToolWith("read", "\ud83d"))).toThrow(TypeError);
    expect(() => script(failWith(500, { code: "two words" }))).toThrow(TypeError);
  });
});

it("cuts a script into steps", () => {
  const texts = stepsOf(parseDirectives("[[text a]] [[text b]] [[then]] [[then]] [[text c]]")).map((step) =>
    step.map((directive) => (directive.type === "text" ? directive.text : directive.type)),
  );
  expect(texts).toEqual([["a", "b"], [], ["c"]]);
});

const count = fc.nat(100_000);
const name = fc.stringMatching(/^[a-z][\w.:/-]{0,10}$/);
// Any UTF-16, lone surrogates too, rich in what the language itself is made of.
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({
    unit: fc.constantFrom("[", "]", "\\", "n", "u", "0", "=", " ", "\n", "{", "}", '"', "\ud83d", "é"),
  }),
  fc
    .tuple(fc.constantFrom("size=", "code=", "times=", "text=", "n=", " "), fc.string())
    .map((two) => two.join("")),
);
const raw = text.filter((value) => !/\]\]|\]$|^\s|\p{Cs}/u.test(value));
const prose = fc.string().filter((value) => !value.includes("["));
const json = fc.dictionary(fc.string(), fc.jsonValue()).map((value) => JSON.parse(JSON.stringify(value)));

const directive: fc.Arbitrary<Directive> = fc.oneof(
  made("text", { text }, { size: count }),
  made("reasoning", { text }, { size: count }),
  made("repeat", { count, everyMs: count, text }),
  made("big", { bytes: count }),
  made("tool", { name, input: json }, { size: count }),
  made("badtool", { name, rawArguments: raw }),
  made("then", {}),
  made("title", { title: text }),
  made("finish", { reason: name }),
  made("usage", {}, { input: count, output: count, cached: count, reasoning: count }),
  made("nousage", {}),
  made("nodone", {}),
  made("delay", { ms: count }),
  made("bytes", { size: count }),
  made("cut", {}, { times: count }),
  made("hang", {}),
  made("gate", { name }),
  made(
    "error",
    { status: fc.integer({ min: 400, max: 599 }) },
    {
      message: text.filter(Boolean),
      code: name,
      errorType: name,
      retryAfter: count,
      retryAfterMs: count,
      times: count,
    },
  ),
  made("overflow", {}),
  made("streamerror", { message: text }),
);

type Arbitraries = Record<string, fc.Arbitrary<unknown>>;

/** Directives of a type; optional properties are sometimes there and sometimes absent, never undefined. */
function made(type: Directive["type"], required: Arbitraries, optional: Arbitraries = {}) {
  const record = fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
  // The tables above are per type; a union of records per type is beyond what the compiler follows here.
  return record.map((fields) => ({ type, ...fields }) as Directive);
}
