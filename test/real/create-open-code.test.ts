import { chmod } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CreateOpenCodeOptions, createOpenCode } from "@quantumreef/engine-client/node";
import { afterEach, describe, expect, it } from "vitest";
import { startOpenCode } from "../support/opencode-server.ts";
import { scriptedConfig } from "../support/scripted-config.ts";
import { callTool, say, script } from "../support/scripted-model/script.ts";
import { startScriptedModel } from "../support/scripted-model/server.ts";
import { isAlive, takeSlot } from "../support/slots.ts";
import { testPort } from "../support/test-port.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { homeEnv, openHome, writeGlobalConfig } from "../support/throwaway-home.ts";

const cleanup: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const undo of cleanup.splice(0).reverse()) await undo();
});

/** A scripted model, a project and a home; and what `createOpenCode` needs to start a server there. */
async function setUp() {
  const slot = await takeSlot();
  cleanup.push(async () => slot.release());
  const model = await startScriptedModel();
  cleanup.push(() => model.close());
  const workspace = await createWorkspace({ git: true });
  cleanup.push(() => workspace.remove());
  const home = await openHome();
  cleanup.push(() => home.remove());
  const config = scriptedConfig(model);
  await writeGlobalConfig(home.directory, config);
  const options: CreateOpenCodeOptions = {
    port: 0,
    workingDirectory: workspace.directory,
    serverDirectory: workspace.directory,
    env: homeEnv(home.directory),
  };
  return { options, workspace, config };
}

describe("createOpenCode", () => {
  it("starts a server, mirrors it, and leaves nothing behind", async () => {
    const { options, workspace } = await setUp();
    const client = await createOpenCode(options);
    const { mode, pid = 0, url } = client.process;
    try {
      expect(mode).toBe("spawned");
      expect(isAlive(pid)).toBe(true);
      expect(client.version).toBe("1.18.33");
      expect(await client.health()).toMatchObject({ ok: true });
      expect(client.events.status.state).toBe("open");
      const session = await client.session.create();
      // Not the home directory, where a started server runs by default; and not a model that the engine lacks.
      expect(session.workingDirectory).toBe(workspace.directory);
      expect(session.model).toBeUndefined();
      expect(client.registry.get(session)).toEqual(session);
      expect(await client.session.prompt(session, script(say("Hello."))).text()).toBe("Hello.");
    } finally {
      await client.dispose();
    }
    expect(isAlive(pid)).toBe(false);
    await expect(fetch(url)).rejects.toThrow();
    await client.dispose();
  });

  it("attaches to a server that runs, and never stops it", async () => {
    const workspace = await createWorkspace({ git: true });
    cleanup.push(() => workspace.remove());
    const server = await startOpenCode({ cwd: workspace.directory });
    cleanup.push(() => server.stop());
    const client = await createOpenCode({
      port: server.port,
      autoStart: false,
      workingDirectory: workspace.directory,
      env: homeEnv(server.home),
    });
    expect(client.process).toMatchObject({ mode: "attached", url: server.url, version: "1.18.33" });
    expect(client.process.pid).toBeUndefined();
    // Not its to stop.
    await client.process.stop();
    expect(isAlive(server.pid)).toBe(true);
    const session = await client.session.create({ title: "attached" });
    expect(client.registry.get(session)).toEqual(session);
    await client.dispose();
    expect(isAlive(server.pid)).toBe(true);
    expect((await fetch(`${server.url}/global/health`)).ok).toBe(true);
  });

  it("says what has the port when it is something else", async () => {
    const other = createServer((_, response) =>
      response.setHeader("content-type", "text/html").end("<h1>Shop</h1>"),
    );
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    cleanup.push(async () => other.close());
    const { port } = other.address() as AddressInfo;
    const home = await openHome();
    cleanup.push(() => home.remove());
    await expect(createOpenCode({ port, env: homeEnv(home.directory) })).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(new RegExp(`127.0.0.1:${port} is taken.*200.*text/html.*Shop.*port: 0`)),
    });
  });

  it("says so when nothing answers and it may not start one", async () => {
    const port = await testPort();
    const env = homeEnv("/nowhere");
    await expect(createOpenCode({ port, autoStart: false, history: false, env })).rejects.toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      message: expect.stringContaining(`opencode serve --port ${port}`),
    });
  });

  it("says how to install a program that is missing", async () => {
    await expect(
      createOpenCode({ port: 0, binary: "/nowhere/opencode", history: false }),
    ).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringContaining("npm install -g opencode-ai"),
    });
  });

  it("shows the last words of a server that ends before it listens, without secrets", async () => {
    const home = await openHome();
    cleanup.push(() => home.remove());
    const env = { ...homeEnv(home.directory), HOME: "/proc/none", XDG_DATA_HOME: "/proc/none" };
    const failure = await createOpenCode({
      port: 0,
      serverDirectory: "/",
      env: { ...env, OPENCODE_SERVER_PASSWORD: "s3cret-word" },
    }).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(/ended with exit code 1/),
    });
    expect(String(failure)).not.toContain("s3cret-word");
  });

  it("refuses to open a server to the network that asks for no password", async () => {
    await expect(createOpenCode({ host: "0.0.0.0", port: 0, password: false })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/"0\.0\.0\.0" without a password/),
    });
  });

  it("refuses a bad setting before it does anything", async () => {
    await expect(createOpenCode({ port: 99_999 })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringMatching(/port.*99999.*65535/),
    });
  });
});

describe("a program that is not OpenCode", () => {
  /** A program that does this, whatever it is asked. */
  async function program(script: string): Promise<string> {
    const workspace = await createWorkspace({ files: { opencode: `#!/bin/sh\n${script}\n` } });
    cleanup.push(() => workspace.remove());
    await chmod(workspace.path("opencode"), 0o755);
    return workspace.path("opencode");
  }

  it.each([
    ["says its last words and ends", "echo last words; exit 3", /ended with exit code 3.*last words/s],
    ["ends, but leaves a child that holds its output", "sleep 30 & exit 4", /ended with exit code 4/],
    ["never listens", "echo hello; exec sleep 30", /did not listen within 500 ms.*hello/s],
    ["never listens, with a child", "sleep 30 & wait", /did not listen within 500 ms/],
  ])(
    "that %s is told in time",
    async (_, script, message) => {
      const binary = await program(script);
      await expect(createOpenCode({ port: 0, binary, startTimeout: 500 })).rejects.toMatchObject({
        code: "PROCESS_FAILED",
        message: expect.stringMatching(message),
      });
    },
    10_000,
  );

  it("is not looked for in a folder that does not exist", async () => {
    await expect(createOpenCode({ port: 0, serverDirectory: "/nowhere" })).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining('"/nowhere"'),
    });
  });
});

it("takes its tools with it, also when it has a password that only a function knows", async () => {
  const { options, workspace } = await setUp();
  const password = "hunter2-hunter2";
  const client = await createOpenCode({
    ...options,
    env: { ...options.env, OPENCODE_SERVER_PASSWORD: password },
    headers: async () => ({ authorization: `Basic ${btoa(`opencode:${password}`)}` }),
  });
  const session = await client.session.create();
  const command = "echo $$ > pid.txt; echo begun; exec sleep 300";
  const call = client.session.prompt(session, script(callTool("bash", { command, description: "sleep" })));
  for await (const event of call) {
    if (event.type === "tool_call_update" && event.toolCall.output?.includes("begun")) break;
  }
  const pid = Number(await workspace.read("pid.txt"));
  expect(isAlive(pid)).toBe(true);
  await client.dispose();
  expect(isAlive(pid)).toBe(false);
});

it("can be started and left again and again in one process", async () => {
  const { options } = await setUp();
  const port = await testPort();
  for (let round = 0; round < 3; round += 1) {
    const client = await createOpenCode({ ...options, port });
    expect(client.process.mode).toBe("spawned");
    await client.dispose();
  }
});
