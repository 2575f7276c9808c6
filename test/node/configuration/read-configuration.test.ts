import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { ConfigObject } from "../../../src/node/configuration/config-object.ts";
import { readConfiguration } from "../../../src/node/configuration/read-configuration.ts";
import { createWorkspace, type Workspace } from "../../support/throwaway.ts";

const made: Workspace[] = [];
afterEach(async () => {
  for (const workspace of made.splice(0)) await workspace.remove();
});

const GLOBAL = "home/.config/opencode";
const USER = "home/.quantumreef/config.json";
const WORKSPACE = "repo/.quantumreef/config.json";

/** A home and a repository, with the files given as text or as what becomes JSON. */
async function setUp(
  files: Readonly<Record<string, string | object>>,
  { env = {}, config }: { env?: Readonly<Record<string, string>>; config?: ConfigObject } = {},
) {
  const place = await createWorkspace();
  made.push(place);
  await mkdir(place.path("repo", ".git"), { recursive: true });
  await mkdir(place.path("repo", "packages", "a"), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(place.path(name)), { recursive: true });
    await writeFile(place.path(name), typeof content === "string" ? content : JSON.stringify(content));
  }
  const workingDirectory = place.path("repo", "packages", "a");
  const home = place.path("home");
  const read = () => readConfiguration({ env, home, workingDirectory, config });
  return { place, read };
}

const overrides = (opencode: unknown) => ({ engineConfig: { opencode } });
const handed = (variables: Readonly<Record<string, string>>): ConfigObject =>
  JSON.parse(variables.OPENCODE_CONFIG_CONTENT ?? "{}");

describe("readConfiguration", () => {
  it("merges all sources in the order of the engine, and knows where every value comes from", async () => {
    const { place, read } = await setUp(
      {
        [`${GLOBAL}/config.json`]: { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1, list: [1, 2] },
        [`${GLOBAL}/opencode.json`]: { b: 2, c: 2, d: 2, e: 2, f: 2, list: [3] },
        [`${GLOBAL}/opencode.jsonc`]: '{ // mine\n "c": 3, "d": 3, "e": 3, "f": 3, }',
        "home/named.json": { d: 4, e: 4, f: 4 },
        [USER]: overrides({ e: 4.5, f: 4.5, g: 4.5, deep: { x: 0 } }),
        [WORKSPACE]: `{ "engineConfig": { "opencode": {\n "e": 5,\n "f": 5, "deep": { "x": 1 } } } }`,
      },
      {
        env: { OPENCODE_CONFIG_CONTENT: '{"deep":{"y":2}}' },
        config: { f: 6, deep: { z: 3 } },
      },
    );
    const configuration = await readConfiguration({
      env: { OPENCODE_CONFIG: place.path("home", "named.json"), OPENCODE_CONFIG_CONTENT: '{"deep":{"y":2}}' },
      home: place.path("home"),
      workingDirectory: place.path("repo", "packages", "a"),
      config: { f: 6, deep: { z: 3 } },
    });
    expect(configuration.problems).toEqual([]);
    expect(configuration.diagnostics).toEqual([]);
    expect(configuration.merged).toEqual({
      a: 1,
      b: 2,
      c: 3,
      d: 4,
      e: 5,
      f: 6,
      g: 4.5,
      list: [3],
      deep: { x: 1, y: 2, z: 3 },
    });
    const global = (name: string) => ({ kind: "global file", path: place.path(GLOBAL, name), line: 1 });
    const workspace = { kind: "workspace file", path: place.path(WORKSPACE) };
    expect(["a", "b", "c", "d", "e", "f", "g"].map((key) => configuration.originOf([key]))).toEqual([
      global("config.json"),
      global("opencode.json"),
      { ...global("opencode.jsonc"), line: 2 },
      { kind: "global file", path: place.path("home/named.json"), name: "OPENCODE_CONFIG", line: 1 },
      { ...workspace, line: 2 },
      { kind: "option", name: "config" },
      { kind: "user file", path: place.path(USER), line: 1 },
    ]);
    expect(configuration.originOf(["deep", "x"])).toEqual({ ...workspace, line: 3 });
    expect(configuration.originOf(["deep", "y"])).toMatchObject({ name: "OPENCODE_CONFIG_CONTENT" });
    expect(configuration.originOf(["nothing"])).toBeUndefined();
    expect(configuration.originOf(["toString"])).toBeUndefined();
    expect(configuration.files.map(({ status }) => status)).toEqual(Array(6).fill("read"));
    expect((await read()).merged.d).toBe(3);
  });

  it("reads the person's own file once in the home directory, and hands over what it says", async () => {
    const { place } = await setUp({
      [USER]: overrides({ model: "mine/large", server: { hostname: "mine.example" } }),
    });
    const home = place.path("home");
    const configuration = await readConfiguration({ env: {}, home, workingDirectory: home });
    expect(configuration.files.filter(({ status }) => status === "read")).toMatchObject([
      { kind: "user file", path: place.path(USER) },
    ]);
    expect(handed(configuration.environment())).toMatchObject({ model: "mine/large" });
  });

  it("takes paths of plugins from the folder of the file that names them", async () => {
    const { place, read } = await setUp(
      {
        [`${GLOBAL}/opencode.json`]: { plugin: ["./a.js", "pkg@1"] },
        [WORKSPACE]: overrides({ plugin: ["../b c.js", ["./d.js", { x: 1 }]] }),
      },
      { env: { OPENCODE_CONFIG_CONTENT: '{"plugin":["./as-it-is.js"]}' } },
    );
    const url = (name: string) => pathToFileURL(place.path(name)).href;
    const own = [url("repo/b c.js"), [url("repo/.quantumreef/d.js"), { x: 1 }]];
    const configuration = await read();
    expect(configuration.merged.plugin).toEqual([url(`${GLOBAL}/a.js`), "pkg@1", "./as-it-is.js", ...own]);
    expect(handed(configuration.environment()).plugin).toEqual(["./as-it-is.js", ...own]);
  });

  it("follows XDG_CONFIG_HOME, and reads nothing where there is nothing", async () => {
    const { place, read } = await setUp({ "xdg/opencode/opencode.json": { model: "a/b" } });
    const none = await read();
    expect(none.merged).toEqual({});
    expect(none.files.map(({ status }) => status)).toEqual(Array(5).fill("missing"));
    expect(none.overlay()).toBeUndefined();
    expect(none.environment()).toEqual({});
    const env = { XDG_CONFIG_HOME: place.path("xdg") };
    const workingDirectory = place.directory;
    expect((await readConfiguration({ env, home: place.path("home"), workingDirectory })).merged).toEqual({
      model: "a/b",
    });
  });

  it("goes on without a file that OPENCODE_CONFIG names and that is not there, and says so", async () => {
    const { read } = await setUp({}, { env: { OPENCODE_CONFIG: "/nowhere/x.json" } });
    const { files, problems, diagnostics } = await read();
    expect(problems).toEqual([]);
    expect(files[3]).toEqual({
      path: "/nowhere/x.json",
      kind: "global file",
      namedBy: "OPENCODE_CONFIG",
      status: "missing",
    });
    expect(diagnostics).toMatchObject([
      { code: "configuration_file_missing", message: expect.stringContaining("/nowhere/x.json") },
    ]);
  });

  it("looks for the file of a workspace up to the root of its repository, and no further", async () => {
    const { place, read } = await setUp({
      ".quantumreef/config.json": overrides({ model: "outside/no" }),
      [WORKSPACE]: overrides({ model: "root/yes" }),
    });
    expect((await read()).merged).toEqual({ model: "root/yes" });
    await mkdir(place.path("repo/packages/a/.quantumreef"));
    const nearest = place.path("repo/packages/a/.quantumreef/config.json");
    await writeFile(nearest, JSON.stringify(overrides({ model: "near/yes" })));
    expect((await read()).merged).toEqual({ model: "near/yes" });
    // In no repository it is the directory's own or none.
    const env = {};
    const home = place.path("home");
    const loose = await readConfiguration({ env, home, workingDirectory: place.path("home") });
    expect(loose.merged).toEqual({});
  });

  it("drops keys that must never be merged, and says where they were", async () => {
    const { read } = await setUp({
      [`${GLOBAL}/opencode.json`]: '{"__proto__":{"polluted":1},"model":"a/b"}',
      [WORKSPACE]: '{"engineConfig":{"opencode":{"provider":{"x":{"constructor":{"prototype":{"y":1}}}}}}}',
    });
    const { merged, diagnostics } = await read();
    expect(merged).toEqual({ model: "a/b", provider: { x: {} } });
    expect(diagnostics.map(({ message }) => message)).toEqual([
      expect.stringMatching(/opencode\.json has the key __proto__/),
      expect.stringMatching(/config\.json has the key provider\.x\.constructor/),
    ]);
  });

  it("has no problem with what OpenCode has none with", async () => {
    const { read } = await setUp({
      [`${GLOBAL}/config.json`]: "",
      [`${GLOBAL}/opencode.json`]: '\uFEFF{\r\n "a": "{env:NONE}",\r\n}\r\n',
      [WORKSPACE]: " \r\n ",
    });
    const { merged, problems } = await read();
    expect(problems).toEqual([]);
    expect(merged).toEqual({ a: "" });
  });
});

describe("problems", () => {
  it("of the engine's own files matter where a server is started; those of the workspace's always", async () => {
    const broken = await setUp({ [`${GLOBAL}/opencode.json`]: '{\n "model": \n}' });
    const global = await broken.read();
    global.check({ starting: false });
    const message = `${broken.place.path(GLOBAL, "opencode.json")}:3:1 is not valid JSON: a value is expected.`;
    expect(() => global.check({ starting: true })).toThrow(message);
    expect(global.files[1]).toMatchObject({ status: "invalid", error: { code: "CONFIG_INVALID", message } });
    const workspace = await (await setUp({ [WORKSPACE]: "{" })).read();
    expect(() => workspace.check({ starting: false })).toThrow(/config\.json:1:2 is not valid JSON/);
    const odd = await (await setUp({ [WORKSPACE]: overrides([]) })).read();
    expect(() => odd.check({ starting: false })).toThrow(/config\.json:1 has engineConfig\.opencode/);
  });

  it("name file, key and variable of a placeholder that has no value, when it is used", async () => {
    const text =
      '{ "engineConfig": { "opencode": {\n "provider": { "acme": { "options": { "apiKey": "${ACME}" } } } } } }';
    const { place, read } = await setUp({ [WORKSPACE]: text });
    const configuration = await read();
    configuration.check({ starting: false });
    expect(() => configuration.check({ starting: true })).toThrow(
      `The variable ACME is not set, which ${place.path(WORKSPACE)} names in provider.acme.options.apiKey.`,
    );
  });

  it("show a form with which OpenCode does not start, with its place and its correction", async () => {
    const text = '{\n  "mcp": {\n    "files": { "command": "npx", "args": ["-y", "{env:PKG}"] }\n  }\n}';
    const { place, read } = await setUp({ [`${GLOBAL}/opencode.json`]: text }, { env: { PKG: "sk-secret" } });
    const configuration = await read();
    const [problem] = configuration.problems;
    const place1 = `${place.path(GLOBAL, "opencode.json")}:3 has mcp.files in a form`;
    expect(problem?.error.message.startsWith(place1)).toBe(true);
    const [, correction = ""] = problem?.error.message.split("Write:\n") ?? [];
    expect(JSON.parse(`{${correction}}`)).toEqual({
      files: { type: "local", command: ["npx", "-y", "{env:PKG}"], enabled: true },
    });
    // What it means is clear all the same.
    expect(configuration.merged).toEqual({
      mcp: { files: { type: "local", command: ["npx", "-y", "sk-secret"], enabled: true } },
    });
  });

  it("are told for an MCP server of the workspace that can't be translated", async () => {
    const text = '{ "engineConfig": { "opencode": {\n "mcp": {\n "x": { "args": ["a"] } } } } }';
    const { place, read } = await setUp({ [WORKSPACE]: text });
    const configuration = await read();
    expect(() => configuration.check({ starting: true })).toThrow(
      `${place.path(WORKSPACE)}:3 has mcp.x in a form that can't be used: it has args, but no command`,
    );
  });
});

describe("the person's own file", () => {
  it("is the one that QUANTUMREEF_CONFIG names, which then must be there", async () => {
    const { place } = await setUp({ [USER]: overrides({ a: 1 }), "other.json": overrides({ b: 2 }) });
    const readNamed = (name: string) =>
      readConfiguration({
        env: { QUANTUMREEF_CONFIG: place.path(name) },
        home: place.path("home"),
        workingDirectory: place.path("repo"),
      });
    const configuration = await readNamed("other.json");
    expect(configuration.merged).toEqual({ b: 2 });
    expect(configuration.files).toContainEqual({
      kind: "user file",
      path: place.path("other.json"),
      namedBy: "QUANTUMREEF_CONFIG",
      status: "read",
    });
    expect(configuration.environment()).not.toHaveProperty("OPENCODE_CONFIG");
    const missing = await readNamed("none.json");
    expect(() => missing.check({ starting: false })).toThrow(
      `QUANTUMREEF_CONFIG names ${place.path("none.json")}, which does not exist. Create that file or unset the variable.`,
    );
  });
});

describe("what is handed to a server", () => {
  it("is the workspace and the option over the user's own variable, and nothing of the engine's files", async () => {
    const { read } = await setUp(
      {
        [`${GLOBAL}/opencode.json`]: { model: "global/m", share: "manual" },
        [WORKSPACE]: overrides({
          model: "ws/m",
          providers: { acme: { apiKey: "${KEY}" } },
          instructions: ["w"],
        }),
      },
      {
        env: {
          OPENCODE_CONFIG_CONTENT: '{"model":"own/m","username":"{env:ME}","instructions":["c"]}',
          KEY: "k-1",
          ME: "me",
        },
        config: { autoshare: true },
      },
    );
    const configuration = await read();
    expect(handed(configuration.environment())).toEqual({
      model: "ws/m",
      username: "me",
      instructions: ["c", "w"],
      provider: { acme: { options: { apiKey: "k-1" } } },
      share: "auto",
    });
  });

  it("is nothing where the user's own variable is all there is", async () => {
    const { read } = await setUp({}, { env: { OPENCODE_CONFIG_CONTENT: '{"model":"own/m"}' } });
    const configuration = await read();
    expect(configuration.environment()).toEqual({});
    expect(configuration.merged).toEqual({ model: "own/m" });
  });

  it("has what OpenCode would ignore in its own files, and only that", async () => {
    const { read } = await setUp(
      {
        [`${GLOBAL}/opencode.json`]: {
          model: "a/b",
          autoshare: true,
          providers: { acme: { apiKey: "{env:KEY}" } },
          provider: {
            acme: { npm: "p", options: { baseURL: "http://x" } },
            other: { options: { apiKey: "o" } },
          },
          mcp: {
            x: { type: "local", command: ["a"], env: { A: "1" } },
            y: { type: "local", command: ["b"] },
          },
        },
      },
      { env: { KEY: "k-1" } },
    );
    const configuration = await read();
    expect(configuration.problems).toEqual([]);
    expect(handed(configuration.environment())).toEqual({
      provider: { acme: { options: { apiKey: "k-1" } } },
      mcp: { x: { type: "local", command: ["a"], environment: { A: "1" } } },
    });
    expect(configuration.diagnostics).toMatchObject([
      { level: "info", code: "configuration_published_form" },
    ]);
  });

  it("holds nothing that OpenCode would take for a placeholder", async () => {
    const { read } = await setUp(
      { [WORKSPACE]: overrides({ provider: { acme: { options: { apiKey: "${KEY}" } } } }) },
      { env: { KEY: "{env:HOME} {file:/etc/passwd}" } },
    );
    const variables = (await read()).environment();
    expect(variables.OPENCODE_CONFIG_CONTENT).not.toMatch(/\{env:|\{file:/);
    expect(handed(variables)).toEqual({
      provider: { acme: { options: { apiKey: "{env:HOME} {file:/etc/passwd}" } } },
    });
  });

  it("completes half an MCP server from the files that we read, or says that it is one", async () => {
    const own = { x: { type: "local", command: ["a"] } };
    const half = overrides({ mcp: { x: { environment: { A: "1" } } } });
    const { read } = await setUp({ [`${GLOBAL}/opencode.json`]: { mcp: own }, [WORKSPACE]: half });
    expect(handed((await read()).environment())).toEqual({
      mcp: { x: { type: "local", command: ["a"], environment: { A: "1" } } },
    });
    const alone = await setUp({ [WORKSPACE]: half });
    const configuration = await alone.read();
    expect(() => configuration.environment()).toThrow(
      `${alone.place.path(WORKSPACE)}:1 has mcp.x without what OpenCode needs`,
    );
  });

  it("has a provider for models of Ollama, which the configuration or the settings name", async () => {
    const { read } = await setUp(
      { [`${GLOBAL}/opencode.json`]: { model: "ollama/a", small_model: "ollama/b" } },
      { env: { OLLAMA_HOST: ":1234" } },
    );
    const configuration = await read();
    expect(handed(configuration.environment(["ollama/c", "acme/d"]))).toMatchObject({
      provider: {
        ollama: { options: { baseURL: "http://127.0.0.1:1234/v1" }, models: { a: {}, b: {}, c: {} } },
      },
    });
  });

  it("says where the file of OPENCODE_CONFIG is, also for a server in another folder", async () => {
    const { read } = await setUp({}, { env: { OPENCODE_CONFIG: "some/where.json" } });
    expect((await read()).environment()).toEqual({ OPENCODE_CONFIG: `${process.cwd()}/some/where.json` });
  });

  it("is refused when it does not fit into a variable", async () => {
    const { read } = await setUp({}, { config: { long: "x".repeat(140_000) } });
    const configuration = await read();
    if (process.platform !== "linux") return;
    expect(() => configuration.environment()).toThrow(/140\d+ bytes; one variable takes 128 KB/);
  });

  it("names what must not be shown", async () => {
    const { read } = await setUp(
      {
        [`${GLOBAL}/opencode.json`]: { provider: { a: { options: { apiKey: "written-key" } } } },
        [WORKSPACE]: overrides({ username: "${WHO}", mcp: { x: { command: "c", env: { T: "token-1" } } } }),
      },
      { env: { WHO: "expanded", SHORT: "1" } },
    );
    expect((await read()).secrets()).toEqual(expect.arrayContaining(["written-key", "expanded", "token-1"]));
  });
});

it("warns of ${VAR} in a file that OpenCode reads itself, which does not know it", async () => {
  const { read } = await setUp({
    [`${GLOBAL}/opencode.json`]: {
      provider: { a: { options: { apiKey: "${KEY}" } } },
      mcp: { x: { type: "local", command: ["sh", "-c", "echo ${HOME}"] } },
    },
  });
  const { diagnostics, merged } = await read();
  expect(merged).toMatchObject({ provider: { a: { options: { apiKey: "${KEY}" } } } });
  expect(diagnostics).toHaveLength(1);
  expect(diagnostics[0]?.message).toMatch(/\$\{KEY\} in provider\.a\.options\.apiKey.*\{env:KEY\}/);
});

describe("what is no configuration", () => {
  it.each([
    [
      "a list for engineConfig",
      '{\n "engineConfig": [] }',
      /config\.json:2 has engineConfig, which must be an object/,
    ],
    [
      "a text for ours",
      '{"engineConfig": {\n "opencode": "x" } }',
      /:2 has engineConfig\.opencode, which must/,
    ],
    [
      "20,000 objects in each other",
      `{"engineConfig":{"opencode":${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}}}`,
      /config\.json is nested too deeply to be read/,
    ],
  ])("%s in the workspace's file is told with its place", async (_, text, message) => {
    const { read } = await setUp({ [WORKSPACE]: text });
    const { problems } = await read();
    expect(problems).toMatchObject([
      { matters: "always", error: { code: "CONFIG_INVALID", message: expect.stringMatching(message) } },
    ]);
  });

  it("a list as the option config, and a number as a folder", async () => {
    const { read } = await setUp({}, { config: [] as object as ConfigObject });
    const { problems } = await read();
    expect(problems).toMatchObject([{ error: { message: "The option config must be an object." } }]);
    await expect(readConfiguration({ workingDirectory: 5 } as object)).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("workingDirectory is 5"),
    });
  });
});
