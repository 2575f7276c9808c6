import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { EngineError } from "@quantumreef/engine-client";
import {
  type ConfigObject,
  type CreateOpenCodeOptions,
  correctConfigurationText,
  createOpenCode,
  type OpenCode,
  readConfiguration,
  saveWorkspaceConfiguration,
} from "@quantumreef/engine-client/node";
import { afterEach, describe, expect, it } from "vitest";
import { startOpenCode } from "../support/opencode-server.ts";
import { scriptedConfig } from "../support/scripted-config.ts";
import { failWith, say, script } from "../support/scripted-model/script.ts";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model/server.ts";
import { takeSlot } from "../support/slots.ts";
import { createWorkspace, type Workspace } from "../support/throwaway.ts";
import { type Home, homeEnv, openHome } from "../support/throwaway-home.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

interface Place {
  readonly home: Home;
  readonly workspace: Workspace;
  readonly model: ScriptedModel;
  /** Written relative to `~/.config/opencode`. */
  global(name: string, content: string | object): Promise<string>;
  project(name: string, content: string | object): Promise<string>;
  options(extra?: CreateOpenCodeOptions): CreateOpenCodeOptions;
  start(extra?: CreateOpenCodeOptions): Promise<OpenCode>;
}

/** A home, a repository and a model; and a server of ours there, one at a time. */
async function setUp(): Promise<Place> {
  const slot = await takeSlot();
  cleanup.push(async () => slot.release());
  const model = await startScriptedModel();
  cleanup.push(() => model.close());
  const workspace = await createWorkspace({ git: true });
  cleanup.push(() => workspace.remove());
  const home = await openHome();
  cleanup.push(() => home.remove());
  const options = (extra: CreateOpenCodeOptions = {}): CreateOpenCodeOptions => ({
    port: 0,
    workingDirectory: workspace.directory,
    ...extra,
    env: { ...homeEnv(home.directory), ...extra.env },
  });
  return {
    home,
    workspace,
    model,
    options,
    global: (name, content) => write(join(home.directory, ".config", "opencode", name), content),
    project: (name, content) => write(workspace.path(name), content),
    async start(extra) {
      const client = await createOpenCode(options(extra));
      cleanup.push(() => client.dispose());
      return client;
    },
  };
}

async function write(path: string, content: string | object): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, typeof content === "string" ? content : JSON.stringify(content, undefined, 2));
  return path;
}

/** The place that `setUp` has taken is that of this server: no other runs beside it in a test. */
const SAME_SLOT = { count: 4 };
const overrides = (opencode: ConfigObject) => ({ engineConfig: { opencode } });
const WORKSPACE = ".quantumreef/config.json";

/** The configuration as the server has it. */
async function configOf(client: OpenCode, directory: string): Promise<ConfigObject> {
  return (await client.request("GET", "/config", { query: { directory } })) as ConfigObject;
}

describe("the configuration of a started server", () => {
  it("is what we read and merged, key by key, with the published form translated", async () => {
    const place = await setUp();
    const { workspace, home } = place;
    await place.global("config.json", { username: "one", share: "disabled", instructions: ["lost.md"] });
    await place.global("opencode.json", {
      ...scriptedConfig(place.model),
      username: "two",
      watcher: { ignore: ["a", "b"] },
      instructions: ["global.md"],
      plugin: ["./global.js"],
      permission: "allow",
      // Known to nobody but us.
      providers: { local: { region: "{env:REGION}" } },
      mcp: { env: { type: "local", command: ["true"], enabled: false, env: { A: "{env:REGION}" } } },
    });
    await place.global(
      "opencode.jsonc",
      '\uFEFF{ // comment\r\n "username": "three", "snapshot": false, }\r\n',
    );
    const plugin = "export const Plugin = async () => ({});";
    await place.global("global.js", plugin);
    await place.project(".quantumreef/own.js", plugin);
    await write(join(home.directory, "named.json"), { snapshot: true, logLevel: "WARN" });
    await write(join(home.directory, "secret.txt"), "\nfrom a file\n");
    await place.project(
      WORKSPACE,
      `{ // ours
        "engineConfig": { "opencode": {
          "username": "\${WHO}", "autoshare": true, "watcher": { "ignore": ["c"] }, "instructions": ["own.md"],
          "plugin": ["./own.js"],
          "providers": { "acme": { "apiKey": "\${KEY}", "npm": "@ai-sdk/openai-compatible", "models": ["m"] } },
          "mcp": {
            "files": { "command": "false", "args": ["-x", "{file:~/secret.txt}"], "enabled": false },
            "web": { "url": "http://127.0.0.1:9/\${PATH_OF_IT:-mcp}", "enabled": false },
          },
        } },
      }`,
    );
    const env = {
      KEY: "{env:HOME} is no placeholder",
      WHO: "me",
      REGION: "eu-1",
      OPENCODE_CONFIG: join(home.directory, "named.json"),
      OPENCODE_CONFIG_CONTENT:
        '{"small_model":"local/small","username":"content","instructions":["content.md"]}',
    };
    const config = { permission: { bash: "ask" } };
    const options = place.options({ env, config });
    const client = await place.start({ env, config });
    const { merged, problems } = await readConfiguration({
      env: options.env,
      workingDirectory: workspace.directory,
      config,
    });
    expect(problems).toEqual([]);
    expect(merged).toMatchObject({
      username: "me",
      share: "auto",
      snapshot: true,
      logLevel: "WARN",
      small_model: "local/small",
      watcher: { ignore: ["c"] },
      instructions: ["global.md", "content.md", "own.md"],
      permission: { "*": "allow", bash: "ask" },
      plugin: [
        expect.stringContaining("/opencode/global.js"),
        expect.stringContaining("/.quantumreef/own.js"),
      ],
      provider: {
        acme: { options: { apiKey: "{env:HOME} is no placeholder" }, models: { m: {} } },
        local: { options: { region: "eu-1", apiKey: "none" } },
      },
      mcp: {
        env: { environment: { A: "eu-1" } },
        files: { type: "local", command: ["false", "-x", "from a file"], enabled: false },
        web: { type: "remote", url: "http://127.0.0.1:9/mcp", enabled: false },
      },
    });
    const actual = await configOf(client, workspace.directory);
    for (const key of Object.keys(merged)) expect([key, actual[key]]).toEqual([key, merged[key]]);
    // Nothing else but what the engine fills in itself.
    const filledIn = ["$schema", "agent", "command", "mode"];
    expect(
      Object.keys(actual).filter((key) => !Object.hasOwn(merged, key) && !filledIn.includes(key)),
    ).toEqual([]);
  });

  it("leaves a project's own file the last word over the files for all projects", async () => {
    const place = await setUp();
    await place.global("opencode.json", {
      ...scriptedConfig(place.model),
      username: "global",
      snapshot: false,
    });
    await place.project("opencode.json", { username: "project", model: "local/small" });
    await place.project(WORKSPACE, overrides({ snapshot: true }));
    const client = await place.start();
    const { username, snapshot } = await configOf(client, place.workspace.directory);
    expect({ username, snapshot }).toEqual({ username: "project", snapshot: true });
    // The built-in model gives way to that of the project, which only the engine knows.
    const session = await client.session.create();
    await client.session.prompt(session, script(say("Small."))).text();
    expect((await client.session.messages(session)).at(-1)).toMatchObject({ model: "local/small" });
  });

  it("is saved without touching placeholders and comments, and used the next time", async () => {
    const place = await setUp();
    await place.global("opencode.json", scriptedConfig(place.model));
    const file = await place.project(
      WORKSPACE,
      '{\n  // mine\n  "engineConfig": { "opencode": { "username": "${WHO}" } }\n}\n',
    );
    const workingDirectory = place.workspace.directory;
    expect(await saveWorkspaceConfiguration({ snapshot: false }, { workingDirectory })).toBe(file);
    const text = await readFile(file, "utf8");
    expect(text).toContain('"username": "${WHO}"');
    expect(text).toContain("// mine");
    const client = await place.start({ env: { WHO: "me" } });
    const { username, snapshot } = await configOf(client, workingDirectory);
    expect({ username, snapshot }).toEqual({ username: "me", snapshot: false });
  });
});

describe("a configuration that is wrong", () => {
  it("in the published form stops OpenCode; we say so before, and our corrected text starts it", async () => {
    const place = await setUp();
    const text =
      '{\n  // servers\n  "mcp": {\n    "x": { "command": "true", "args": ["-y"], "env": { "T": "sk-1" } },\n  },\n  "share": true\n}\n';
    const file = await place.global("opencode.json", text);
    const { directory } = place.home;
    const raw = startOpenCode({ cwd: place.workspace.directory, home: directory, slot: SAME_SLOT });
    await expect(raw).rejects.toThrow(/Configuration is invalid[\s\S]*mcp\.x/);

    const failure = await place.start().catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`${file}:4 has mcp.x in a form with which OpenCode does not start`),
    });
    expect(String(failure)).toContain('"command": [\n    "true",\n    "-y"\n  ]');
    expect(String(failure)).not.toContain("sk-1");

    const corrected = correctConfigurationText(text);
    expect(corrected).toContain("// servers");
    await writeFile(file, corrected);
    const server = await startOpenCode({ cwd: place.workspace.directory, home: directory, slot: SAME_SLOT });
    cleanup.push(() => server.stop());
    const actual = (await (await fetch(`${server.url}/config`)).json()) as ConfigObject;
    expect(actual).toMatchObject({
      share: "auto",
      mcp: { x: { type: "local", command: ["true", "-y"], environment: { T: "sk-1" }, enabled: true } },
    });
  });

  it("is told with its place before anything starts", async () => {
    const place = await setUp();
    const file = await place.global("opencode.json", '{\n  "model": \n}');
    await expect(place.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: `${file}:3:1 is not valid JSON: a value is expected.`,
    });
  });

  it("with a value that OpenCode does not take is told with the file that has it", async () => {
    const place = await setUp();
    const file = await place.project(WORKSPACE, overrides({ logLevel: "INFO", snapshot: "sometimes" }));
    await expect(place.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(
        new RegExp(`^${file}:5 has snapshot that OpenCode does not take: Expected boolean`),
      ),
    });
  });

  it("names the variable that is missing", async () => {
    const place = await setUp();
    const file = await place.project(
      WORKSPACE,
      overrides({ provider: { a: { options: { apiKey: "${ACME}" } } } }),
    );
    await expect(place.start()).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining(`ACME is not set, which ${file} names in provider.a.options.apiKey`),
    });
  });
});

describe("models", () => {
  it("called ollama/... work with a local Ollama, without any configuration", async () => {
    const place = await setUp();
    const env = { OPENCODE_MODEL: "ollama/llama3.2:3b", OLLAMA_HOST: `127.0.0.1:${place.model.port}` };
    const client = await place.start({ env });
    expect(client.settings.model).toEqual({
      value: "ollama/llama3.2:3b",
      origin: { kind: "variable", name: "OPENCODE_MODEL" },
    });
    const session = await client.session.create();
    expect(await client.session.prompt(session, script(say("From a llama."))).text()).toBe("From a llama.");
    const chat = place.model.requests.find(({ kind }) => kind === "chat");
    expect(chat?.body).toMatchObject({ model: "llama3.2:3b" });
  });

  it("of the workspace are used on a server that ran before, if it has them", async () => {
    const place = await setUp();
    const cwd = place.workspace.directory;
    const config = scriptedConfig(place.model);
    const server = await startOpenCode({ cwd, config, home: place.home.directory, slot: SAME_SLOT });
    cleanup.push(() => server.stop());
    await place.project(WORKSPACE, overrides({ model: "local/small" }));
    const client = await place.start({ port: server.port });
    expect(client.process.mode).toBe("attached");
    expect((await client.session.create()).model).toBe("local/small");
    expect(client.settings.model.origin).toMatchObject({ kind: "workspace file", key: "model" });
  });
});

it("OPENCODE_MODEL is the model of prompts, also in a session that another program has created", async () => {
  const place = await setUp();
  await place.global("opencode.json", scriptedConfig(place.model));
  const client = await place.start({ env: { OPENCODE_MODEL: "local/small" } });
  const query = { directory: place.workspace.directory };
  const post = async (path: string, body: object) =>
    (await client.request("POST", path, { query, body })) as { id: string };
  const modelOf = async (id: string) => (await client.session.messages(id)).at(-1)?.model;

  const { id } = await post("/session", {});
  await client.session.prompt(id, script(say("One."))).text();
  expect(await modelOf(id)).toBe("local/small");
  await client.session.prompt(id, script(say("Two.")), { model: "local/scripted" }).text();
  expect(await modelOf(id)).toBe("local/scripted");
  await client.session.prompt(id, script(say("Three."))).text();
  expect(await modelOf(id)).toBe("local/scripted");

  const other = await post("/session", {});
  const model = { providerID: "local", modelID: "scripted" };
  await post(`/session/${other.id}/message`, {
    model,
    parts: [{ type: "text", text: script(say("Before.")) }],
  });
  await client.session.prompt(other.id, script(say("After."))).text();
  expect(await modelOf(other.id)).toBe("local/scripted");
});

describe("a key that is missing or wrong", () => {
  it("makes the prompt say which variable to set", async () => {
    const place = await setUp();
    const openai = {
      npm: "@ai-sdk/openai-compatible",
      options: { baseURL: place.model.url, apiKey: "wrong" },
      models: { scripted: {} },
    };
    // Providers that a configuration names exist without a key; others do not.
    await place.global("opencode.json", {
      provider: { openai, anthropic: {}, google: {}, "amazon-bedrock": {} },
    });
    const client = await place.start();
    const errorOf = async (model: string, prompt: string) => {
      try {
        const session = await client.session.create({ model });
        return (await client.session.prompt(session, prompt).settled()).error;
      } catch (error) {
        if (EngineError.is(error)) return error;
        throw error;
      }
    };
    expect(await errorOf("anthropic/claude-opus-4-5", "Hello")).toMatchObject({
      code: "AUTH_REQUIRED",
      message: expect.stringContaining("Set ANTHROPIC_API_KEY where the engine is started"),
    });
    expect(await errorOf("gemini-2.5-flash", "Hello")).toMatchObject({
      code: "AUTH_REQUIRED",
      message: expect.stringContaining("Set GEMINI_API_KEY, or GOOGLE_API_KEY"),
    });
    const bedrock = (await client.models.list()).find(({ id }) => id.startsWith("amazon-bedrock/google."));
    expect(await errorOf(bedrock?.id ?? "none", "Hello")).toMatchObject({
      code: "AUTH_REQUIRED",
      message: expect.stringContaining("AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"),
    });
    expect(await errorOf("deepseek/deepseek-chat", "Hello")).toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("Set DEEPSEEK_API_KEY where the engine is started"),
    });
    const refused = script(failWith(401, { message: "Incorrect API key provided" }));
    expect(await errorOf("openai/scripted", refused)).toMatchObject({
      code: "AUTH_REQUIRED",
      message: expect.stringMatching(/"openai" refused.*Incorrect API key provided\. Set OPENAI_API_KEY/),
    });
  });

  it("passes keys of the environment through to the engine", async () => {
    const place = await setUp();
    const keys = { ANTHROPIC_API_KEY: "k1", OPENAI_API_KEY: "k2", GEMINI_API_KEY: "k3", AWS_PROFILE: "p" };
    const client = await place.start({ env: keys });
    const ids = new Set((await client.models.list()).map(({ id }) => id.split("/", 1)[0]));
    for (const provider of ["anthropic", "openai", "google", "amazon-bedrock"])
      expect(ids).toContain(provider);
  });
});
