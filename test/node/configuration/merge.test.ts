import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConfigObject, isConfigObject } from "../../../src/node/configuration/config-object.ts";
import { mergeConfiguration, withoutForbiddenKeys } from "../../../src/node/configuration/merge.ts";

const forbidden = ["__proto__", "constructor", "prototype"];
const key = fc.constantFrom("a", "b", "c", "toString", ...forbidden);
/** As a JSON parser makes them: `__proto__` is a key like any other. */
const { config } = fc.letrec<{ value: unknown; config: ConfigObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, 7, "text"),
    fc.array(fc.oneof(fc.integer(), tie("value")), { maxLength: 3 }),
    tie("config"),
  ),
  config: fc.dictionary(key, tie("value"), { maxKeys: 4 }),
}));

/** All paths to what is no object, with it. */
function* leaves(value: unknown, path: readonly string[] = []): Iterable<readonly [string, unknown]> {
  if (!isConfigObject(value)) yield [JSON.stringify(path), value];
  else for (const name of Object.keys(value)) yield* leaves(value[name], [...path, name]);
}
function* keysOf(value: unknown): Iterable<string> {
  if (typeof value !== "object" || value === null) return;
  for (const name of Object.keys(value)) {
    yield name;
    yield* keysOf(Reflect.get(value, name));
  }
}
const clean = (value: ConfigObject) => withoutForbiddenKeys(value).config;

describe("mergeConfiguration", () => {
  it("merges objects deeply, and replaces anything else, lists too", () => {
    const base = { a: { x: 1, y: [1, 2] }, b: "old", c: { z: 1 }, d: 1 };
    const extra = { a: { y: [3] }, b: { now: "an object" }, c: null, e: 2 };
    expect(mergeConfiguration(base, extra)).toEqual({
      a: { x: 1, y: [3] },
      b: { now: "an object" },
      c: null,
      d: 1,
      e: 2,
    });
  });

  it("appends plugins where the engine does, of each the release that was named last", () => {
    const base = { plugin: ["a@1", "@x/b", "file:///p@1.js"] };
    const extra = { plugin: [["a", { o: 1 }], "@x/b@2", "file:///p@2.js"] };
    expect(mergeConfiguration(base, extra)).toEqual(extra);
    expect(mergeConfiguration(base, extra, { appendLists: true })).toEqual({
      plugin: ["file:///p@1.js", ["a", { o: 1 }], "@x/b@2", "file:///p@2.js"],
    });
  });

  it("appends instructions where the engine does", () => {
    const [base, extra] = [{ instructions: ["a", "b"] }, { instructions: ["b", "c"] }];
    expect(mergeConfiguration(base, extra).instructions).toEqual(["b", "c"]);
    const options = { appendLists: true };
    expect(mergeConfiguration(base, extra, options).instructions).toEqual(["a", "b", "c"]);
    expect(mergeConfiguration({}, extra, options).instructions).toEqual(["b", "c"]);
    expect(mergeConfiguration(base, {}, options).instructions).toEqual(["a", "b"]);
  });

  it("has every value of the later one, and those of the earlier one that it does not touch", () => {
    fc.assert(
      fc.property(config.map(clean), config.map(clean), (base, extra) => {
        const merged = mergeConfiguration(base, extra);
        const found = new Map(leaves(merged));
        const later = [...leaves(extra)];
        for (const [path, value] of later) expect(found.get(path)).toEqual(value);
        for (const [path, value] of found) {
          const from = later.find(([other]) => other === path)?.[1] ?? value;
          expect(value).toEqual(from);
        }
        for (const [path, value] of leaves(base)) {
          const touched = Object.keys(extra).includes(JSON.parse(path)[0]);
          if (!touched) expect(found.get(path)).toEqual(value);
        }
      }),
    );
  });

  it("is neutral to nothing, settles when repeated, and is associative without lists of instructions", () => {
    fc.assert(
      fc.property(config.map(clean), config.map(clean), (a, b) => {
        expect(mergeConfiguration(a, {})).toEqual(a);
        expect(mergeConfiguration({}, a)).toEqual(a);
        const merged = mergeConfiguration(a, b);
        expect(mergeConfiguration(merged, b)).toEqual(merged);
      }),
    );
  });

  it("never reaches into a prototype, whatever it is given, and changes neither argument", () => {
    fc.assert(
      fc.property(config, config, (base, extra) => {
        const before = JSON.stringify([base, extra]);
        const merged = mergeConfiguration(base, extra);
        expect(JSON.stringify([base, extra])).toBe(before);
        for (const name of leavesOfObjects(merged)) expect(forbidden).not.toContain(name);
        expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
        expect({}).not.toHaveProperty("a");
        expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("a");
      }),
    );
  });
});

/** Keys on the way through objects: lists are replaced as they are, and cleaned when they are read. */
function* leavesOfObjects(value: unknown): Iterable<string> {
  if (!isConfigObject(value)) return;
  for (const name of Object.keys(value)) {
    yield name;
    yield* leavesOfObjects(value[name]);
  }
}

describe("withoutForbiddenKeys", () => {
  it("drops them wherever they are, lists too, and tells where", () => {
    const written: ConfigObject = JSON.parse(
      '{"a":{"__proto__":{"polluted":true},"b":[{"constructor":{"prototype":{"x":1}},"c":1}]},"prototype":1}',
    );
    const { config: result, dropped } = withoutForbiddenKeys(written);
    expect(result).toEqual({ a: { b: [{ c: 1 }] } });
    expect(dropped).toEqual([["a", "__proto__"], ["a", "b", 0, "constructor"], ["prototype"]]);
  });

  it("leaves nothing else out", () => {
    fc.assert(
      fc.property(config, (written) => {
        const { config: result, dropped } = withoutForbiddenKeys(written);
        expect([...keysOf(result)].filter((name) => forbidden.includes(name))).toEqual([]);
        if (dropped.length === 0) expect(result).toEqual(written);
      }),
    );
  });
});
