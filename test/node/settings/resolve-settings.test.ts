import { mkdir, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { ConfigObject } from "../../../src/node/configuration/config-object.ts";
import { readConfiguration } from "../../../src/node/configuration/read-configuration.ts";
import { urlOf } from "../../../src/node/settings/address.ts";
import { explainSettings, formatSettings } from "../../../src/node/settings/explain-settings.ts";
import { modelOptions } from "../../../src/node/settings/model-setting.ts";
import { resolveSettings } from "../../../src/node/settings/resolve-settings.ts";
import { createWorkspace, type Workspace } from "../../support/throwaway.ts";

type Input = Parameters<typeof resolveSettings>[0];

const made: Workspace[] = [];
afterEach(async () => {
  for (const workspace of made.splice(0)) await workspace.remove();
});

const problem = (input: Input, env: Record<string, string> = {}): unknown => {
  try {
    return resolveSettings(input, env);
  } catch (error) {
    return error;
  }
};
const settingsOf = (input: Input, env: Record<string, string> = {}) => resolveSettings(input, env).settings;

/** A home with a global file, and a workspace with its own. */
async function setUp(global: object | string, workspace: object, config?: ConfigObject) {
  const place = await createWorkspace();
  made.push(place);
  const files = {
    "home/.config/opencode/opencode.json": typeof global === "string" ? global : JSON.stringify(global),
    "repo/.quantumreef/config.json": JSON.stringify({ engineConfig: { opencode: workspace } }, undefined, 1),
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(place.path(name)), { recursive: true });
    await writeFile(place.path(name), text);
  }
  const workingDirectory = place.path("repo");
  const env = { HOME: place.path("home"), XDG_CONFIG_HOME: "" };
  const configuration = await readConfiguration({ env, workingDirectory, config });
  const [globalFile, workspaceFile] = Object.keys(files).map((name) => place.path(name));
  return { configuration, globalFile, workspaceFile, workingDirectory, env };
}

describe("resolveSettings", () => {
  it("has a default for everything", () => {
    expect(settingsOf({})).toEqual({
      host: "127.0.0.1",
      port: 4096,
      autoStart: true,
      model: { name: "claude-opus-4-5", use: "fallback" },
      password: undefined,
      username: "opencode",
      workingDirectory: process.cwd(),
      serverDirectory: homedir(),
      binary: undefined,
      startTimeout: 30_000,
      restart: "on-crash",
      cors: [],
      logLevel: undefined,
      followStorage: true,
      history: true,
    });
    const origins = Object.values(resolveSettings({}, {}).explanation).map(({ origin }) => origin.kind);
    expect(new Set(origins)).toEqual(new Set(["default"]));
  });

  it("takes the variables, and an empty one as unset", () => {
    const env = {
      QUANTUMREEF_OPENCODE_HOST: "localhost",
      QUANTUMREEF_OPENCODE_PORT: "5000",
      QUANTUMREEF_OPENCODE_AUTOSTART: "off",
      OPENCODE_MODEL: "local/scripted",
      OPENCODE_SERVER_PASSWORD: "s3cret",
      OPENCODE_SERVER_USERNAME: "me",
      OPENCODE_BIN: "/opt/opencode",
    };
    const { settings, explanation } = resolveSettings({}, env);
    expect(settings).toMatchObject({
      host: "localhost",
      port: 5000,
      autoStart: false,
      model: { name: "local/scripted", use: "required" },
      password: "s3cret",
      username: "me",
      binary: "/opt/opencode",
    });
    expect(explanation.port).toEqual({
      value: 5000,
      origin: { kind: "variable", name: "QUANTUMREEF_OPENCODE_PORT" },
    });
    const empty = Object.fromEntries(Object.keys(env).map((key) => [key, ""]));
    expect(resolveSettings({}, empty)).toEqual(resolveSettings({}, {}));
  });

  it("lets options win over variables", () => {
    const env = {
      QUANTUMREEF_OPENCODE_PORT: "5000",
      QUANTUMREEF_OPENCODE_AUTOSTART: "true",
      OPENCODE_MODEL: "a/b",
      OPENCODE_SERVER_PASSWORD: "x",
    };
    const options = { port: 0, autoStart: false, model: "c/d", password: false, restart: false } as const;
    const { settings, explanation } = resolveSettings(options, env);
    expect(settings).toMatchObject({
      ...options,
      model: { name: "c/d", use: "required" },
    });
    for (const name of Object.keys(options)) {
      expect(Reflect.get(explanation, name).origin).toEqual({ kind: "option", name });
    }
    expect(explanation.password.value).toBe("off");
  });

  it.each([
    ["port", { port: 99_999 }, {}, /option port is "99999".*0 to 65535/],
    ["port", { port: 1.5 }, {}, /option port is "1.5"/],
    ["port", { port: -1 }, {}, /option port is "-1"/],
    ["port", { port: Number.NaN }, {}, /option port is "NaN"/],
    [
      "port variable",
      {},
      { QUANTUMREEF_OPENCODE_PORT: "4096x" },
      /variable QUANTUMREEF_OPENCODE_PORT is "4096x"/,
    ],
    ["autostart", {}, { QUANTUMREEF_OPENCODE_AUTOSTART: "maybe" }, /AUTOSTART is "maybe".*true, 1, yes/],
    ["host", { host: "http://x" }, {}, /option host is "http:\/\/x".*without a scheme/],
    ["host", { host: "a b" }, {}, /option host/],
    ["time", { startTimeout: 0 }, {}, /option startTimeout is "0".*milliseconds/],
    ["origin", { cors: ["example.org"] }, {}, /option cors is \["example.org"\].*tauri:\/\/localhost/],
    ["folder", { workingDirectory: "" }, {}, /option workingDirectory is ""/],
  ])("names a bad %s, its value and what is allowed", (_, input, env, message) => {
    expect(problem(input, env)).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(message),
    });
  });

  it("shows no password, also not a wrong one", () => {
    expect(problem({ password: "" })).toMatchObject({
      code: "CONFIG_INVALID",
      message: "The option password is of the wrong kind; allowed: a text that is not empty, or false.",
    });
    const { explanation } = resolveSettings({ password: "s3cret" }, {});
    expect(explanation.password).toEqual({ value: "set", origin: { kind: "option", name: "password" } });
    expect(JSON.stringify(explanation)).not.toContain("s3cret");
  });

  it("takes origins as front ends send them", () => {
    const cors = ["tauri://localhost", "https://app.example:8443", "*"];
    expect(settingsOf({ cors }).cors).toEqual(cors);
  });

  it("writes an address for names and for both kinds of IP", () => {
    expect(["127.0.0.1", "localhost", "::1"].map((host) => urlOf(host, 4096))).toEqual([
      "http://127.0.0.1:4096",
      "http://localhost:4096",
      "http://[::1]:4096",
    ]);
  });
});

describe("settings from OpenCode's configuration", () => {
  const global =
    '{\n "server": {\n  "hostname": "global.lan",\n  "port": 5001,\n  "cors": ["https://g.lan"]\n },\n "model": "g/m", "logLevel": "WARN" }';

  it("are the global file's, with file, line and key", async () => {
    const { configuration, globalFile: path } = await setUp(global, {});
    const { settings, explanation } = resolveSettings({}, {}, configuration);
    expect(settings).toMatchObject({
      host: "global.lan",
      port: 5001,
      cors: ["https://g.lan"],
      logLevel: "WARN",
      // The engine reads that file as well.
      model: { name: "g/m", use: "engine" },
    });
    const origin = { kind: "global file", path };
    expect(explanation.host.origin).toEqual({ ...origin, line: 3, key: "server.hostname" });
    expect(explanation.port.origin).toEqual({ ...origin, line: 4, key: "server.port" });
    expect(explanation.model.origin).toEqual({ ...origin, line: 7, key: "model" });
  });

  it("are the workspace's before that", async () => {
    const { configuration, workspaceFile: path } = await setUp(global, {
      server: { port: 5002 },
      model: "w/m",
    });
    const { settings, explanation } = resolveSettings({}, {}, configuration);
    expect(settings).toMatchObject({
      host: "global.lan",
      port: 5002,
      model: { name: "w/m", use: "preferred" },
    });
    expect(explanation.port.origin).toEqual({ kind: "workspace file", path, line: 5, key: "server.port" });
  });

  it("are also what QuantumReef has beside the model: host and port", async () => {
    const { configuration, workspaceFile: path } = await setUp(global, {
      model: "claude-sonnet-4-5",
      port: 5002,
      host: "localhost",
    });
    const { settings, explanation } = resolveSettings({}, {}, configuration);
    expect(settings).toMatchObject({ host: "localhost", port: 5002 });
    const origin = { kind: "workspace file", path };
    expect(explanation.port.origin).toEqual({ ...origin, line: 5, key: "server.port" });
    expect(explanation.host.origin).toEqual({ ...origin, line: 6, key: "server.hostname" });
    // A server does not start with keys that it doesn't know.
    expect(configuration.overlay()).toEqual({
      model: "claude-sonnet-4-5",
      server: { hostname: "localhost", port: 5002 },
    });
    const both = await setUp({}, { port: 5002, server: { port: 5003 } });
    const { explanation: own } = resolveSettings({}, {}, both.configuration);
    expect(own.port).toMatchObject({ value: 5003, origin: { line: 6 } });
    const foreign = await setUp({}, { host: "evil.example" });
    expect(() => resolveSettings({}, {}, foreign.configuration)).toThrow("another machine");
  });

  it("give way to variables, and these to options and to the option config", async () => {
    const { configuration } = await setUp(
      global,
      { server: { port: 5002 } },
      { server: { hostname: "c.lan" } },
    );
    const env = {
      QUANTUMREEF_OPENCODE_HOST: "v.lan",
      QUANTUMREEF_OPENCODE_PORT: "5003",
      OPENCODE_MODEL: "v/m",
    };
    const { settings, explanation } = resolveSettings({}, env, configuration);
    expect(settings).toMatchObject({ host: "c.lan", port: 5003, model: { name: "v/m", use: "required" } });
    expect(explanation.host.origin).toEqual({ kind: "option", name: "config.server.hostname" });
    const options = { host: "o.lan", port: 5004, model: "o/m" };
    expect(resolveSettings(options, env, configuration).settings).toMatchObject({
      host: "o.lan",
      port: 5004,
      model: { name: "o/m", use: "required" },
    });
  });

  it("do not send anybody to another machine because a workspace says so", async () => {
    const { configuration, workspaceFile } = await setUp({}, { server: { hostname: "evil.example" } });
    expect(() => resolveSettings({}, {}, configuration)).toThrow(
      `The workspace file ${workspaceFile}:5 (server.hostname) is "evil.example", another machine`,
    );
    expect(resolveSettings({ host: "own.example" }, {}, configuration).settings.host).toBe("own.example");
    const local = await setUp({}, { server: { hostname: "localhost" } });
    expect(resolveSettings({}, {}, local.configuration).settings.host).toBe("localhost");
  });

  it("are refused with their place where they are not allowed", async () => {
    const { configuration, workspaceFile } = await setUp({}, { server: { port: "many" } });
    expect(() => resolveSettings({}, {}, configuration)).toThrow(
      `The workspace file ${workspaceFile}:5 (server.port) is "many"; allowed: a whole number from 0 to 65535`,
    );
  });
});

it("asks the driver for a model as strongly as it is meant", () => {
  const { model, preferredModel, fallbackModel } = {
    model: undefined,
    preferredModel: undefined,
    fallbackModel: undefined,
  };
  const none = { model, preferredModel, fallbackModel };
  expect(modelOptions({ name: "a/b", use: "required" })).toEqual({ ...none, model: "a/b" });
  expect(modelOptions({ name: "a/b", use: "preferred" })).toEqual({ ...none, preferredModel: "a/b" });
  expect(modelOptions({ name: "a/b", use: "fallback" })).toEqual({ ...none, fallbackModel: "a/b" });
  expect(modelOptions({ name: "a/b", use: "engine" })).toEqual(none);
});

describe("explainSettings", () => {
  it("is plain data and a table that say what everything is and why, without secrets", async () => {
    const { env, workingDirectory, globalFile, workspaceFile } = await setUp(
      { provider: { a: { options: { apiKey: "sk-global" } } }, server: { port: 5001 } },
      { provider: { b: { apiKey: "sk-workspace" } }, model: "w/m" },
    );
    const report = await explainSettings({
      env: { ...env, OPENCODE_SERVER_PASSWORD: "sk-password", QUANTUMREEF_OPENCODE_HOST: "localhost" },
      workingDirectory,
      config: { provider: { c: { apiKey: "sk-option" } } },
      cors: ["tauri://localhost"],
    });
    expect(JSON.parse(JSON.stringify(report))).toMatchObject({
      settings: {
        password: { value: "set", origin: { kind: "variable", name: "OPENCODE_SERVER_PASSWORD" } },
        port: { value: 5001 },
      },
    });
    const table = formatSettings(report);
    for (const line of [
      /^host +localhost +variable QUANTUMREEF_OPENCODE_HOST$/m,
      new RegExp(`^port +5001 +global file ${globalFile}:1 \\(server\\.port\\)$`, "m"),
      new RegExp(`^model +w/m +workspace file ${workspaceFile}:9 \\(model\\)$`, "m"),
      /^password +set +variable OPENCODE_SERVER_PASSWORD$/m,
      /^cors +tauri:\/\/localhost +option cors$/m,
      /^startTimeout +30000 +default$/m,
      /^binary +\(not set\) +default$/m,
      new RegExp(`^read +${workspaceFile} +workspace file$`, "m"),
    ]) {
      expect(table).toMatch(line);
    }
    expect(table + JSON.stringify(report)).not.toContain("sk-");
  });

  it("tells what is wrong with files, and goes on", async () => {
    const { env, workingDirectory, globalFile } = await setUp("{ nonsense", {});
    const report = await explainSettings({ env, workingDirectory });
    expect(report.problems).toMatchObject([
      { code: "CONFIG_INVALID", message: expect.stringContaining(`${globalFile}:1:3`) },
    ]);
    expect(formatSettings(report)).toContain(`${globalFile}:1:3 is not valid JSON`);
    expect(report.settings.port.value).toBe(4096);
  });
});
