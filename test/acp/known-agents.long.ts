/**
 * Runs the agents of `acpAgents` that are too big for a dependency, offline, each in a home of its own, with the scripted
 * model behind it. By hand, with the Node that this package asks for first on PATH:
 *
 * ```sh
 * export ACP_AGENTS=/tmp/agents
 * npm install --prefix $ACP_AGENTS/gemini @google/gemini-cli@0.61.0
 * npm install --prefix $ACP_AGENTS/claudeCode @agentclientprotocol/claude-agent-acp@0.101.0
 * npm install --prefix $ACP_AGENTS/codex @agentclientprotocol/codex-acp@2.6.0
 * npm install --prefix $ACP_AGENTS/qwenCode @qwen-code/qwen-code@0.24.4
 * npx vitest run --config vitest.agents.config.ts
 * ```
 *
 * Those that are not in the folder are skipped. What is found goes into `src/acp/agents.ts` and `docs/acp.md`.
 */
import { existsSync } from "node:fs";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { createEngineClient, type EngineDriver, type ManagedEngineClient } from "@quantumreef/engine-client";
import { acpAgents, knownAgents } from "@quantumreef/engine-client/acp";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { emptyWithin } from "../real/machine.ts";
import { failWith, hang, nextStep, say, script, think } from "../support/scripted-model/script.ts";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model/server.ts";
import { createFolder, createWorkspace, removeFolder, type Workspace } from "../support/throwaway.ts";
import { setups } from "./known-agent-setups.ts";
import { run } from "./support.ts";

const folder = process.env.ACP_AGENTS ?? "";

describe.each(setups)("the real $agent", ({ agent, ...setup }) => {
  const known = knownAgents.find(({ id }) => id === acpAgents[agent]().id);
  const command = join(folder, agent, "node_modules", ".bin", known?.command ?? "");
  const isThere = folder !== "" && existsSync(command);
  let model: ScriptedModel;
  let workspace: Workspace;
  let home: string;
  let shared: EngineDriver | undefined;
  const clients: ManagedEngineClient[] = [];

  beforeAll(async () => {
    model = await startScriptedModel();
    workspace = await createWorkspace({ git: true, files: { "README.md": "# Workspace\n" } });
    home = await createFolder("agent-home");
    await mkdir(join(home, "bin"));
    for (const [name, content] of Object.entries(setup.files(model))) {
      await mkdir(dirname(join(home, name)), { recursive: true });
      await writeFile(join(home, name), content);
    }
  });
  afterEach(() => Promise.all(clients.map((client) => client.dispose())));
  afterAll(async () => {
    await shared?.dispose?.();
    await model.close();
    await workspace.remove();
    await removeFolder(home);
  });

  const driver = (env = setup.env(model)): EngineDriver => {
    const none = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
    const all = { ...none, PATH: `${home}/bin:${process.env.PATH}`, HOME: home, ...env };
    return acpAgents[agent]({ command, cwd: workspace.directory, env: all });
  };
  const connect = (env?: Readonly<Record<string, string>>): ManagedEngineClient => {
    const client = createEngineClient(driver(env));
    clients.push(client);
    return client;
  };
  /** Leaves nothing behind. */
  const leave = async (client: ManagedEngineClient, where = home): Promise<void> => {
    await client.dispose();
    await emptyWithin(where, 5_000);
  };

  it.runIf(isThere)("wants a login, and says how", async () => {
    const nobody = join(home, "nobody");
    await mkdir(nobody);
    const client = connect({ HOME: nobody });
    const asked = (async () => {
      const session = await client.session.create();
      return client.session.prompt(session, "Hello").result();
    })();
    const message = expect.stringContaining(known?.login ?? "-");
    await expect(asked).rejects.toMatchObject({ code: "AUTH_REQUIRED", message });
    await leave(client, nobody);
  });

  it.runIf(isThere)("says who it is, and what there is to choose from", async () => {
    const client = connect();
    expect(await client.health()).toMatchObject({ ok: true });
    expect(client.version).toMatch(/^\d+\.\d+\.\d+/);
    expect((await client.models.list()).filter(({ isDefault }) => isDefault)).toHaveLength(1);
    expect((await client.agents.list()).length).toBeGreaterThan(1);
    expect((await client.commands.list()).length).toBeGreaterThan(1);
    await leave(client);
  });

  it.runIf(isThere)("streams text and reasoning, and says what it used", async () => {
    const client = connect();
    const session = await client.session.create();
    const text = script(think("Let me see.", { size: 0 }), say("It is done, I think."));
    const { events, result } = await run(client, session, text);
    expect(result).toMatchObject({ status: "completed", stopReason: "stop", text: "It is done, I think." });
    expect(result.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    expect(events.filter(({ type }) => type === "text_delta").length).toBeGreaterThan(1);
    const reasoning = result.message?.parts?.flatMap((part) => (part.type === "reasoning" ? part.text : []));
    // Some lay it out their own way.
    expect(reasoning?.join("")).toContain("Let me see.");
    await leave(client);
  });

  it.runIf(isThere)("asks before a command, and does what it is told", async () => {
    const client = connect();
    const session = await client.session.create();
    const { shell, tellsOutput, endsDenied } = setup;
    const prompt = (name: string) => script(shell(`printf hi | tee ${name}`, true), nextStep(), say("Seen."));
    const asked = expect.objectContaining({
      type: "permission_requested",
      options: expect.arrayContaining(["allow", "deny"]),
      description: expect.stringContaining("printf hi"),
    });
    const allowed = await run(client, session, prompt("a"));
    expect(allowed.events).toContainEqual(asked);
    expect(allowed.result).toMatchObject({ status: "completed", text: "Seen." });
    expect(allowed.result.toolCalls).toMatchObject([
      { status: "success", output: tellsOutput ? expect.stringMatching(/^hi\n?$/) : "" },
    ]);
    expect(await workspace.read("a")).toBe("hi");

    const denied = await run(client, session, prompt("b"), "deny");
    expect(denied.result.status).toBe(endsDenied ? "rejected" : "completed");
    expect(denied.result.toolCalls).toMatchObject([{ status: "error" }]);
    await expect(workspace.read("b")).rejects.toThrow("ENOENT");

    const always = script(shell("git init c", true), nextStep(), say("Seen."));
    expect((await run(client, session, always, "allow_session")).events).toContainEqual(
      expect.objectContaining({ type: "permission_requested" }),
    );
    expect((await run(client, session, always, "deny")).events).not.toContainEqual(
      expect.objectContaining({ type: "permission_requested" }),
    );
    await leave(client);
  });

  it.runIf(isThere)("shows an edit before it is made", async () => {
    const client = connect();
    const session = await client.session.create();
    const path = workspace.path("new.txt");
    const prompt = script(setup.write(path, "one\ntwo\n"), nextStep(), say("Written."));
    const { events, result } = await run(client, session, prompt);
    const diff = [expect.objectContaining({ path, status: "added", additions: 2, deletions: 0 })];
    expect(events).toContainEqual(
      expect.objectContaining({ type: "permission_requested", patterns: [path], diff }),
    );
    expect(result.toolCalls).toMatchObject([{ status: "success", diff }]);
    expect(await workspace.read("new.txt")).toBe("one\ntwo\n");
    await leave(client);
  });

  it.runIf(isThere)("stops in the middle, goes on with the next prompt, and tells of a failure", async () => {
    const client = connect();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(say("Begun "), hang()));
    for await (const event of call) if (event.type === "text_delta") await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted", text: "Begun " });
    expect((await run(client, session, script(say("Again.")))).result).toMatchObject({ text: "Again." });
    const failed = await run(client, session, script(failWith(400, { message: "bad thing" })));
    expect(failed.result).toMatchObject({ status: "error", error: { code: "PROVIDER_ERROR" } });
    expect(failed.result.error?.message).toContain("bad thing");
    await leave(client);
  });

  it.runIf(isThere)("goes on with a session in another process", async () => {
    const first = connect();
    const session = await first.session.create();
    await run(first, session, script(think("Hm."), setup.shell("echo hi"), nextStep(), say("There.")));
    await leave(first);
    // Gemini CLI names the files of its conversations by the minute.
    if (agent === "gemini") await setTimeout(60_000 - (Date.now() % 60_000));

    const second = connect();
    if (agent !== "gemini") expect((await second.session.list()).map(({ id }) => id)).toContain(session.id);
    const messages = await second.session.messages(session);
    expect(messages[0]).toMatchObject({ role: "user" });
    expect(messages.at(-1)).toMatchObject({ role: "assistant", content: { text: "There." } });
    expect((await run(second, session, script(say("On.")))).result).toMatchObject({ text: "On." });
    await expect(second.session.messages(crypto.randomUUID())).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
    await leave(second);
  });

  const { shell, free = shell("echo one"), skip } = setup;
  /** What is allowed in one rule, some agents remember for all: each has a command of its own to ask for. */
  let rule = 0;
  describeEngine("conformance", {
    runner: { describe: isThere ? describe : describe.skip, it },
    createDriver: () => {
      rule += 1;
      // Those who are to see each other share one process.
      shared ??= driver();
      const { id, name, capabilities, connect } = shared;
      return { id, name, capabilities, connect };
    },
    brain: {
      say: (text) => script(say(text)),
      wait: (text) => (text === "" ? script(hang()) : script(say(text), hang())),
      useTools: (text) => script(free, nextStep(), free, nextStep(), say(text)),
      hangInTool: () => script(shell("tail -f /dev/null"), nextStep(), say("Never said.")),
      askPermission: async (text) => {
        await symlink("/bin/true", join(home, "bin", `true-${rule}`)).catch(() => {});
        return script(shell(`true-${rule}`, true), nextStep(), say(text));
      },
      fail: () => script(failWith(400)),
    },
    timeout: 60_000,
    skip,
  });
});
