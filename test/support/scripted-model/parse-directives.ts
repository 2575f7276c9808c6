import type { Directive, TokenUsage } from "./directives.ts";
import { unescapeText } from "./escape.ts";

/**
 * The directives of a prompt, in order. Unknown names are passed over, as text is.
 *
 * @throws SyntaxError for a known directive that makes no sense, such as a tool without a name.
 */
export function parseDirectives(prompt: string): Directive[] {
  const found: Directive[] = [];
  for (let at = 0; ; ) {
    const start = prompt.indexOf("[[", at);
    const end = start < 0 ? -1 : endOf(prompt, start);
    if (end < 0) return found;
    const inner = prompt.slice(start + 2, end);
    const split = inner.search(/\s/);
    const name = split < 0 ? inner : inner.slice(0, split);
    const parse = readers.get(name);
    if (parse) {
      const directive = parse(split < 0 ? "" : inner.slice(split + 1));
      if (!directive) throw new SyntaxError(`No such directive: [[${inner.slice(0, 200)}]]`);
      found.push(directive);
    }
    at = end + 2;
  }
}

/** The `]]` that ends the directive at `start`. JSON arguments may hold some: the end is the first that parses. */
function endOf(prompt: string, start: number): number {
  const first = prompt.indexOf("]]", start + 2);
  if (!/^\[\[tool\s/.test(prompt.slice(start, start + 8))) return first;
  const brace = prompt.indexOf("{", start);
  if (brace < 0) return first;
  for (let end = first; end > brace; end = prompt.indexOf("]]", end + 1)) {
    if (json(prompt.slice(brace, end))) return end;
  }
  return first;
}

// A map and not an object: a prompt may well say [[constructor]].
const readers = new Map<string, (rest: string) => Directive | undefined>([
  ["text", (rest) => spoken("text", rest)],
  ["reasoning", (rest) => spoken("reasoning", rest)],
  ["repeat", repeat],
  ["big", (rest) => ({ type: "big", bytes: numbers(rest).get("bytes") ?? 100_000 })],
  ["tool", tool],
  ["badtool", badTool],
  ["then", () => ({ type: "then" })],
  ["title", (rest) => ({ type: "title", title: unescapeText(rest) })],
  ["finish", (rest) => ({ type: "finish", reason: rest.trim() })],
  ["usage", (rest) => ({ type: "usage", ...usage(numbers(rest)) })],
  ["nousage", () => ({ type: "nousage" })],
  ["nodone", () => ({ type: "nodone" })],
  ["delay", (rest) => whole(rest, (ms) => ({ type: "delay", ms }))],
  ["bytes", (rest) => whole(rest, (size) => ({ type: "bytes", size }))],
  ["cut", (rest) => ({ type: "cut", ...defined("times", numbers(rest).get("times")) })],
  ["hang", () => ({ type: "hang" })],
  ["gate", (rest) => ({ type: "gate", name: rest.trim() })],
  ["error", failure],
  ["overflow", () => ({ type: "overflow" })],
  ["streamerror", (rest) => ({ type: "streamerror", message: unescapeText(rest) })],
]);

function spoken(type: "text" | "reasoning", rest: string): Directive {
  const { values, tail } = leadingOptions(rest, ["size"]);
  return { type, text: unescapeText(tail), ...defined("size", number(values.get("size"))) };
}

function repeat(rest: string): Directive {
  const [head = "", ...text] = rest.split("text=");
  const given = numbers(head);
  return {
    type: "repeat",
    count: given.get("n") ?? 10,
    everyMs: given.get("ms") ?? 0,
    text: text.length > 0 ? unescapeText(text.join("text=")) : "tick#  ",
  };
}

function tool(rest: string): Directive | undefined {
  const { values, tail } = leadingOptions(rest, ["size"]);
  const [, name, input] = /^(\S+)\s*([\s\S]*)$/.exec(tail) ?? [];
  const parsed = json(input || "{}");
  if (name === undefined || !parsed) return undefined;
  return { type: "tool", name, input: parsed.value, ...defined("size", number(values.get("size"))) };
}

function badTool(rest: string): Directive | undefined {
  const [, name, rawArguments] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
  return name === undefined ? undefined : { type: "badtool", name, rawArguments: rawArguments ?? "" };
}

function failure(rest: string): Directive | undefined {
  const [, status, more = ""] = /^(\d+)\s*([\s\S]*)$/.exec(rest) ?? [];
  if (status === undefined) return undefined;
  const { values, tail } = leadingOptions(more, ["retry-after", "retry-after-ms", "times", "code", "type"]);
  return {
    type: "error",
    status: Number(status),
    ...defined("message", unescapeText(tail) || undefined),
    ...defined("code", values.get("code")),
    ...defined("errorType", values.get("type")),
    ...defined("retryAfter", number(values.get("retry-after"))),
    ...defined("retryAfterMs", number(values.get("retry-after-ms"))),
    ...defined("times", number(values.get("times"))),
  };
}

function usage(given: ReadonlyMap<string, number>): Partial<TokenUsage> {
  return {
    ...defined("input", given.get("in")),
    ...defined("output", given.get("out")),
    ...defined("cached", given.get("cached")),
    ...defined("reasoning", given.get("reasoning")),
  };
}

/** Takes `key=value ` words off the front of `rest`, as far as their keys are known. */
function leadingOptions(rest: string, keys: readonly string[]) {
  const values = new Map<string, string>();
  let tail = rest;
  for (;;) {
    const [word = "", key = "", value = ""] = /^([a-z-]+)=(\S*)\s?/.exec(tail) ?? [];
    if (!keys.includes(key)) return { values, tail };
    values.set(key, value);
    tail = tail.slice(word.length);
  }
}

function numbers(text: string): ReadonlyMap<string, number> {
  return new Map([...text.matchAll(/([a-z]+)=(-?\d+)/g)].map(([, key = "", value]) => [key, Number(value)]));
}

function whole(rest: string, make: (value: number) => Directive): Directive | undefined {
  return /^\s*\d+\s*$/.test(rest) ? make(Number(rest)) : undefined;
}

const number = (text: string | undefined) => (text === undefined ? undefined : Number(text));

/** `{ [key]: value }`, or nothing at all where there is no value: an optional property is absent, not undefined. */
function defined<Key extends string, Value>(key: Key, value: Value | undefined): { [K in Key]?: Value } {
  if (value === undefined) return {};
  // A computed key widens to `string` in TypeScript.
  return { [key]: value } as { [K in Key]?: Value };
}

function json(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
