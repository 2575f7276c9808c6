import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { substituteAsEngine } from "../../../src/node/configuration/engine-text.ts";
import { expandPlaceholders } from "../../../src/node/configuration/placeholders.ts";
import { createWorkspace, type Workspace } from "../../support/throwaway.ts";

let folder: Workspace;
beforeAll(async () => {
  folder = await createWorkspace({
    files: { "key.txt": '\n  ke"y ${A} {env:A}\n', "home/key.txt": "at home" },
  });
});
afterAll(() => folder.remove());

const sourceOf = (env: Readonly<Record<string, string>> = {}) => ({
  env,
  home: folder.path("home"),
  directory: folder.directory,
  name: "/ws/config.json",
});
const expanded = async (value: unknown, env?: Readonly<Record<string, string>>) =>
  (await expandPlaceholders({ value }, sourceOf(env))).config.value;

describe("placeholders of ours", () => {
  it.each([
    ["${A}", "one"],
    ["{env:A}", "one"],
    ["<${A}|{env:A}>", "<one|one>"],
    ["${MISSING:-other}", "other"],
    ["${EMPTY:-other}", "other"],
    ["${MISSING:-}", ""],
    ["${A:-other}", "one"],
    ["$${A}", "${A}"],
    ["$A ${} ${a b} {env:} {file:}", "$A ${} ${a b} {env:} {file:}"],
    ["${TRICKY}", "${A} {env:A} $&"],
  ])("%s is %j", async (text, value) => {
    expect(await expanded(text, { A: "one", EMPTY: "", TRICKY: "${A} {env:A} $&" })).toBe(value);
  });

  it("are expanded in texts, at any depth, and in nothing else", async () => {
    const value = { "${A}": [{ b: "${A}" }, 7, true, null] };
    expect(await expanded(value, { A: "one" })).toEqual({ "${A}": [{ b: "one" }, 7, true, null] });
  });

  it("take files beside the one that they stand in, in the home directory and anywhere, trimmed", async () => {
    expect(await expanded("{file:key.txt}")).toBe('ke"y ${A} {env:A}');
    expect(await expanded("{file:./home/../key.txt}")).toBe('ke"y ${A} {env:A}');
    expect(await expanded("{file:~/key.txt}")).toBe("at home");
    expect(await expanded(`<{file:${folder.path("home", "key.txt")}}>`)).toBe("<at home>");
  });

  it.each([
    ["${KEY}", /The variable KEY is not set.*\/ws\/config\.json names in value\[0\]\["a b"\].*\$\{KEY:-/],
    ["{env:KEY}", /The variable KEY is not set/],
    ["{env:toString}", /The variable toString is not set/],
    ["${EMPTY}", /The variable EMPTY is not set/],
    [
      "{file:none.txt}",
      /\/ws\/config\.json names \{file:none\.txt\} in value\[0\].*none\.txt does not exist/,
    ],
    ["{file:home}", /can't be read/],
  ])("%s that there is not is an error", async (text, message) => {
    await expect(expanded([{ "a b": text }], { EMPTY: "" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("tell what came out of them, which is nothing to show", async () => {
    const config = { a: "${A}", b: "${B:-plain}", c: "{file:home/key.txt}", d: "text" };
    const { secrets } = await expandPlaceholders(config, sourceOf({ A: "one" }));
    expect(secrets).toEqual(expect.arrayContaining(["one", "at home"]));
    expect(secrets).toHaveLength(2);
  });

  it("leave a text without them as it is, and expand any value to itself", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.string({ minLength: 1 }), async (text, value) => {
        if (!/\$\{|\{env:|\{file:/.test(text)) expect(await expanded(text)).toBe(text);
        expect(await expanded("${V}", { V: value })).toBe(value);
      }),
    );
  });
});

describe("placeholders in files that OpenCode reads", () => {
  const substituted = async (text: string, env?: Readonly<Record<string, string>>) =>
    (await substituteAsEngine(text, sourceOf(env))).text;

  it("are replaced as it does", async () => {
    const text =
      '{\n// {file:none.txt} {env:A}\n"a": "{env:A}{env:NONE}", "b": "${A}", "n": {env:N}, "f": "{file:key.txt}" }';
    expect(await substituted(text, { A: "one", N: "7" })).toBe(
      '{\n// {file:none.txt} one\n"a": "one", "b": "${A}", "n": 7, "f": "ke\\"y ${A} {env:A}" }',
    );
  });

  it("name the line of a file that there is not", async () => {
    const path = join(folder.directory, "none.txt");
    await expect(substituted('{\n "a": "{file:none.txt}"}')).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`/ws/config.json:2 names {file:none.txt}, but ${path} does not exist`),
    });
  });
});
