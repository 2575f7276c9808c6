import { existsSync } from "node:fs";
import { expect, it } from "vitest";
import { startScriptedEngine } from "../support/engine-fixture.ts";
import { startOpenCode } from "../support/opencode-server.ts";
import { callTool, nextStep, say, script, title } from "../support/scripted-model/script.ts";
import { createFolder, createWorkspace, removeFolder } from "../support/throwaway.ts";

// A place for a server may take 120 s to get, and the server 30 s to start.
const timeout = 180_000;

it("answers a prompt through the real engine, and leaves nothing behind", { timeout }, async () => {
  const engine = await startScriptedEngine();
  try {
    const session = await post(`${engine.url}/session`, {});
    const text = script(
      title("Listing"),
      say("I will look. "),
      callTool("bash", { command: "cat README.md" }),
      nextStep(),
      say("Done: [[1]] 😀\n"),
      "list the files",
    );
    const answer = await post(`${engine.url}/session/${session.id}/message`, {
      parts: [{ type: "text", text }],
    });
    expect(answer.parts).toContainEqual(expect.objectContaining({ type: "text", text: "Done: [[1]] 😀\n" }));
    const [first, second] = engine.model.requests.filter(({ kind }) => kind === "chat");
    expect(first).toMatchObject({ step: 0, prompt: text, model: "scripted" });
    expect(second?.messages.at(-1)).toMatchObject({
      role: "tool",
      text: expect.stringContaining("# Workspace"),
    });
    expect(engine.server.log()).toContain("opencode server listening on");
  } finally {
    await engine.stop();
  }
  expect(() => process.kill(engine.server.pid, 0)).toThrow("ESRCH");
  expect(existsSync(engine.server.home)).toBe(false);
  expect(existsSync(engine.workspace.directory)).toBe(false);
  await expect(fetch(engine.model.url)).rejects.toThrow();
  await engine.stop();
});

it("goes on with the home of a server that crashed", { timeout }, async () => {
  const workspace = await createWorkspace();
  const first = await startOpenCode({ cwd: workspace.directory });
  const { id } = await post(`${first.url}/session`, { title: "kept" });
  await first.kill();
  expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
  const second = await startOpenCode({ cwd: workspace.directory, home: first.home });
  expect(await (await fetch(`${second.url}/session/${id}`)).json()).toMatchObject({ title: "kept" });
  await second.stop();
  expect(existsSync(first.home)).toBe(true);
  await first.stop();
  expect(existsSync(first.home)).toBe(false);
  await workspace.remove();
});

it("says why a server did not start, and gives its place back", { timeout }, async () => {
  const folder = await createFolder("slots");
  const slot = { folder, count: 1, timeoutMs: 1_000 };
  const nowhere = startOpenCode({ cwd: folder, slot, home: "/dev/null/home", config: {} });
  await expect(nowhere).rejects.toThrow("ENOTDIR");
  const broken = startOpenCode({ cwd: folder, slot, config: { model: 42 } });
  const reason = await broken.then(String, String);
  expect(reason).toMatch(/ended with code 1 before it listened.*Configuration is invalid/s);
  const home = /\S+quantumreef-home-\w+/.exec(reason)?.[0] ?? "";
  expect([home, existsSync(home)]).toEqual([expect.stringMatching(/^\//), false]);
  const missing = startOpenCode({ cwd: `${folder}/missing`, slot });
  await expect(missing).rejects.toThrow("could not be started");
  const late = startOpenCode({ cwd: folder, slot, startTimeoutMs: 1 });
  await expect(late).rejects.toThrow("did not listen within 1 ms");
  await removeFolder(folder);
});

async function post(url: string, body: unknown): Promise<{ id: string; parts: unknown[] }> {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  expect(response.status).toBe(200);
  // The shape is what this test is about; it fails where it is another.
  return (await response.json()) as { id: string; parts: unknown[] };
}
