import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEngineClient } from "../../../src/create-engine-client.ts";
import type { EngineClient } from "../../../src/engine/engine-client.ts";
import { defineEngines } from "../../../src/engines/define-engines.ts";
import { type ChooseEngineOptions, chooseEngine } from "../../../src/node/engines/choose-engine.ts";
import { printOrigin } from "../../../src/node/settings/setting.ts";
import { createMockEngine } from "../../../src/testing/mock-engine.ts";
import { createWorkspace } from "../../support/throwaway.ts";

const USER = "home/.quantumreef/config.json";
const WORKSPACE = "repo/.quantumreef/config.json";

/** A person's home and a repository with these files, and engines that keep what they are given. */
async function setUp(
  files: Readonly<Record<string, string | object>> = {},
  env: Record<string, string> = {},
) {
  const place = await createWorkspace();
  onTestFinished(() => place.remove());
  await mkdir(place.path("repo", ".git"), { recursive: true });
  await mkdir(place.path("repo", "packages", "a"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(place.path(name)), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content, undefined, 1);
    await writeFile(place.path(name), text);
  }
  const given: Record<string, unknown>[] = [];
  const factory = (name: string) => (config: object) => {
    given.push({ [name]: config });
    const client: EngineClient = createEngineClient(createMockEngine());
    onTestFinished(() => client.dispose());
    return client;
  };
  const engines = defineEngines({
    opencode: factory("opencode"),
    gemini: factory("gemini"),
    acme: factory("acme"),
  });
  const home = { HOME: place.path("home"), USERPROFILE: place.path("home"), QUANTUMREEF_ENGINE: "" };
  const choose = (options: ChooseEngineOptions<typeof engines.factories> = {}) =>
    chooseEngine(engines, {
      workingDirectory: place.path("repo", "packages", "a"),
      env: { ...home, ...env },
      ...options,
    });
  return { place, choose, given };
}

describe("chooseEngine", () => {
  const both = { [USER]: { engine: "gemini" }, [WORKSPACE]: { name: "mine", engine: "acme" } };

  it("takes the option, else the variable, else the workspace's file, else the person's, else the first", async () => {
    const { place, choose } = await setUp(both, { QUANTUMREEF_ENGINE: "gemini" });
    expect(await choose({ engine: "opencode" })).toMatchObject({
      id: "opencode",
      origin: { kind: "option", name: "engine" },
    });
    expect(await choose()).toMatchObject({ id: "gemini", origin: { name: "QUANTUMREEF_ENGINE" } });

    const ofWorkspace = await (await setUp(both)).choose();
    expect(ofWorkspace).toMatchObject({
      id: "acme",
      origin: { kind: "workspace file", line: 3, key: "engine" },
    });
    const ofPerson = await (await setUp({ [USER]: both[USER] })).choose();
    expect(ofPerson).toMatchObject({ id: "gemini", origin: { kind: "user file", line: 2 } });
    expect(await (await setUp()).choose()).toMatchObject({ id: "opencode", origin: { kind: "default" } });

    const { origin } = await choose({ env: { HOME: place.path("home"), QUANTUMREEF_ENGINE: "" } });
    expect(printOrigin(origin)).toBe(`workspace file ${place.path(WORKSPACE)}:3 (engine)`);
  });

  it("merges what the files and the option have for it: objects deeply, lists replaced", async () => {
    const { choose, given } = await setUp({
      [USER]: {
        engineConfig: { acme: { url: "u", list: [1, 2], deep: { a: 1, b: 1, c: 1 } }, gemini: { x: 1 } },
      },
      [WORKSPACE]: `{ "engine": "acme", // ours
        "engineConfig": { "acme": { "list": [3], "deep": { "b": 2, "c": 2 }, "__proto__": { "bad": 1 } } }, }`,
    });
    const choice = await choose({ config: { deep: { c: 3 } } });
    const config = { url: "u", list: [3], deep: { a: 1, b: 2, c: 3 } };
    expect(choice.config).toEqual(config);
    expect(given).toEqual([]);
    await choice.create();
    expect(given).toEqual([{ acme: config }]);
  });

  it("expands placeholders, each from its own file", async () => {
    const { choose } = await setUp(
      {
        [USER]: { engineConfig: { acme: { key: "{file:key.txt}", home: "{file:~/key.txt}" } } },
        "home/.quantumreef/key.txt": "of the person\n",
        "home/key.txt": "of the home",
        [WORKSPACE]: {
          engine: "acme",
          engineConfig: { acme: { url: "${ACME_URL:-http://x}", who: "${WHO}" } },
        },
      },
      { WHO: "me" },
    );
    expect((await choose()).config).toEqual({
      key: "of the person",
      home: "of the home",
      url: "http://x",
      who: "me",
    });
  });

  it("reads nothing for engines that are not chosen", async () => {
    const { choose } = await setUp({
      [WORKSPACE]: { engineConfig: { gemini: "broken", acme: { x: "${UNSET}" } } },
    });
    expect(await choose({ engine: "opencode" })).toMatchObject({ id: "opencode", config: {} });
  });

  it("leaves OpenCode's own configuration to createOpenCode, and tells it where", async () => {
    const { place, choose, given } = await setUp({
      [WORKSPACE]: { engine: "opencode", engineConfig: { opencode: { model: "a/b" } } },
    });
    await (await choose({ config: { port: 0 } })).create();
    expect(given).toEqual([{ opencode: { workingDirectory: place.path("repo", "packages", "a"), port: 0 } }]);
  });

  it("counts the file of the home directory as the person's, also there", async () => {
    const { place, choose } = await setUp({ [USER]: { engine: "acme", engineConfig: { acme: { a: 1 } } } });
    const choice = await choose({ workingDirectory: place.path("home") });
    expect(choice).toMatchObject({ id: "acme", origin: { kind: "user file" }, config: { a: 1 } });
  });

  it.each([
    [
      "an engine that is not there",
      '{\n "engine": "aider" }',
      /config\.json:2 \(engine\) is "aider", and that is no engine of this program: it is one of opencode, gemini, acme\./,
    ],
    [
      "an engine that is no text",
      '{ "engine": ["acme"] }',
      /\(engine\) is \["acme"\], and that is no engine/,
    ],
    ["bad JSON", '{ "engine": ', /config\.json:1:\d+ is not valid JSON/],
    [
      "no object",
      '{ "engine": "acme",\n "engineConfig": { "acme": 1 } }',
      /:2 has engineConfig\.acme, which must be an object/,
    ],
    [
      "a list for all",
      '{ "engine": "acme", "engineConfig": [] }',
      /:1 has engineConfig, which must be an object/,
    ],
    [
      "a variable without a value",
      '{ "engine": "acme", "engineConfig": { "acme": { "key": "${UNSET}" } } }',
      /The variable UNSET is not set, which .*config\.json names in key/,
    ],
  ])("says what is wrong, and where: %s", async (_, text, message) => {
    for (const file of [USER, WORKSPACE]) {
      const { choose } = await setUp({ [file]: text });
      await expect(choose()).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(message),
      });
    }
  });

  it("takes the file that QUANTUMREEF_CONFIG names for the person's, which then must be there", async () => {
    const files = { [USER]: { engine: "gemini" }, "other.json": { engine: "acme" } };
    const { place, choose } = await setUp(files);
    const env = (name: string) => ({ HOME: place.path("home"), QUANTUMREEF_CONFIG: place.path(name) });
    expect(await choose({ env: env("other.json") })).toMatchObject({
      id: "acme",
      origin: { kind: "user file", path: place.path("other.json") },
    });
    await expect(choose({ env: env("none.json") })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/^QUANTUMREEF_CONFIG names .*none\.json, which does not exist\./),
    });
  });

  it("knows the fallback that the files name, with its own configuration, and reads that when it is asked for", async () => {
    const engineConfig = { gemini: { a: 1 }, acme: { b: "${UNSET}" } };
    const { choose } = await setUp({
      [USER]: { fallbackEngine: "gemini", engineConfig },
      [WORKSPACE]: { engine: "opencode" },
    });
    const choice = await choose({ config: { port: 1 } });
    expect(await choice.fallback()).toMatchObject({
      id: "gemini",
      origin: { kind: "user file", line: 2, key: "fallbackEngine" },
      config: { a: 1 },
    });
    expect(await (await choose({ engine: "gemini" })).fallback()).toBeUndefined();

    const none = await setUp({ [WORKSPACE]: { engine: "acme" } });
    expect(await (await none.choose()).fallback()).toBeUndefined();

    for (const [fallbackEngine, message] of [
      ["aider", /:2 \(fallbackEngine\) is "aider", and that is no engine of this program/],
      ["acme", /The variable UNSET is not set/],
    ] as const) {
      const { choose } = await setUp({ [WORKSPACE]: { fallbackEngine, engineConfig } });
      const choice = await choose();
      await expect(choice.fallback()).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: expect.stringMatching(message),
      });
    }
  });

  it("says so when there is no engine to choose", async () => {
    await expect(chooseEngine(defineEngines({}), { env: { QUANTUMREEF_ENGINE: "acme" } })).rejects.toThrow(
      'The variable QUANTUMREEF_ENGINE is "acme", and that is no engine of this program: none is defined.',
    );
  });
});
