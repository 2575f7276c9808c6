import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { EngineEvent, McpServerConfig } from "@quantumreef/engine-client";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";

const program = join(import.meta.dirname, "../support/mcp-server.ts");
const stdio: McpServerConfig = { type: "stdio", command: process.execPath, args: [program] };
const real = useRealEngine({
  config: { mcp: { off: { type: "local", command: [process.execPath, program], enabled: false } } },
});

/** The same server over HTTP; it ends with the test. */
async function remote(): Promise<string> {
  const child = spawn(process.execPath, [program, "http"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(async () => {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  });
  const [url] = await once(createInterface(child.stdout), "line");
  return String(url);
}

/** A directory of its own: the engine keeps servers by directory. */
async function stage() {
  const workspace = await createWorkspace({ git: true, files: { "a.txt": "a\n" } });
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  return real.client({ workingDirectory: workspace.directory });
}

const off = { name: "off", status: "disabled", toolPrefix: "off_" };

describe("MCP servers of the real engine", () => {
  // The first use of a directory may take its time.
  beforeAll(() => real.client().mcp.status(), 60_000);

  it("are listed, switched on and off, and their tools run and are known by their server", async () => {
    const client = await stage();
    expect(client.capabilities.mcp).toBe(true);
    expect(await client.mcp.status()).toEqual([off]);
    const started = { ...off, status: "connected" };
    expect(await client.mcp.connect("off")).toEqual(started);
    expect(await client.mcp.status()).toEqual([started]);

    const added = { name: "my calc.2", status: "connected", toolPrefix: "my_calc_2_" };
    expect(await client.mcp.add("my calc.2", stdio)).toEqual(added);
    const web = { name: "web", status: "connected", toolPrefix: "web_" };
    expect(await client.mcp.add("web", { type: "remote", url: await remote(), oauth: false })).toEqual(web);
    expect(await client.mcp.status()).toEqual(expect.arrayContaining([started, added, web]));

    const events: EngineEvent[] = [];
    client.events.subscribe((event) => events.push(event));
    const session = await client.session.create();
    const sum = { a: 20, b: 22 };
    const names = ["off_add", "my_calc_2_add", "web_add"];
    const prompt = script(...names.map((name) => callTool(name, sum)), nextStep(), say("Done."));
    const { text, toolCalls } = await client.session.prompt(session, prompt).result();
    expect(text).toBe("Done.");
    const of = (server: string) => ({ output: "42", status: "success", mcp: { server, tool: "add" } });
    const expected = ["off", "my calc.2", "web"].map(of);
    expect(toolCalls).toMatchObject(expected);
    expect(await client.session.toolCalls(session)).toMatchObject(expected.map((toolCall) => ({ toolCall })));
    // From the first word on, and as somebody sees it who comes later.
    for (const event of events) {
      if (event.type === "tool_call_updated") expect(event.toolCall.mcp?.tool).toBe("add");
    }

    expect(await client.mcp.disconnect("my calc.2")).toEqual({ ...added, status: "disabled" });
    const again = script(callTool("my_calc_2_add", sum), nextStep(), say("."));
    const [refused] = (await client.session.prompt(session, again).result()).toolCalls;
    // The engine calls it so, and names the tools that there are.
    expect(refused).toMatchObject({ name: "invalid", output: expect.stringContaining(" web_add,") });
    expect(refused?.output).not.toContain(" my_calc_2_");
    expect(refused?.mcp).toBeUndefined();
    // Elsewhere they are not.
    expect(await client.mcp.status({ workingDirectory: real.engine.workspace.directory })).toEqual([off]);
  });

  it("that do not start are an error with their reason, and listed", async () => {
    const client = await stage();
    const failing = { code: "MCP_FAILED", retryable: false };
    const bad = client.mcp.add("bad", {
      type: "stdio",
      command: process.execPath,
      args: [program, "fail"],
      env: { TOKEN: "s3cret" },
    });
    await expect(bad).rejects.toMatchObject({
      ...failing,
      message: expect.stringMatching(
        /^The MCP server "bad" did not start: .*closed\. .*connect or add it again\.$/i,
      ),
    });
    await expect(bad).rejects.not.toThrow("s3cret");
    await expect(client.mcp.connect("bad")).rejects.toMatchObject(failing);
    const none = client.mcp.add("none", { type: "stdio", command: "/no/such/program" });
    await expect(none).rejects.toMatchObject({
      ...failing,
      message: expect.stringContaining("/no/such/program"),
    });
    await expect(
      client.mcp.add("dead", { type: "remote", url: "http://127.0.0.1:9/mcp" }),
    ).rejects.toMatchObject(failing);
    const listed = await client.mcp.status();
    expect(
      listed.filter(({ status }) => status === "failed").map(({ name, error }) => [name, typeof error]),
    ).toEqual([
      ["bad", "string"],
      ["none", "string"],
      ["dead", "string"],
    ]);
    // Mended, it is another one of the same name.
    expect(await client.mcp.add("bad", stdio)).toMatchObject({ status: "connected" });
    expect((await client.mcp.status()).find(({ name }) => name === "bad")).not.toHaveProperty("error");
  });

  it("that are not there are named among those that are", async () => {
    const client = await stage();
    for (const call of [client.mcp.connect, client.mcp.disconnect]) {
      await expect(call("nobody/x")).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: 'There is no MCP server "nobody/x": there are off.',
      });
    }
  });
});
