import { execFileSync } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { scriptedConfig } from "../support/scripted-config.ts";
import { createWorkspace } from "../support/throwaway.ts";

describe("createWorkspace", () => {
  it("makes a folder with files, and removes it", async () => {
    const workspace = await createWorkspace({ files: { "a/b.txt": "hello" }, config: { model: "x/y" } });
    expect(realpathSync(workspace.directory)).toBe(workspace.directory);
    expect(await workspace.read("a/b.txt")).toBe("hello");
    expect(JSON.parse(await workspace.read("opencode.json"))).toEqual({ model: "x/y" });
    expect(existsSync(workspace.path(".git"))).toBe(false);
    await workspace.remove();
    expect(existsSync(workspace.directory)).toBe(false);
    await workspace.remove();
  });

  it("makes repositories with one commit, each its own project", async () => {
    const files = { "a.txt": "same" };
    const workspaces = await Promise.all([1, 2].map(() => createWorkspace({ git: true, files })));
    const commits = workspaces.map(({ directory: cwd }) => {
      expect(execFileSync("git", ["status", "--porcelain"], { cwd, encoding: "utf8" })).toBe("");
      return execFileSync("git", ["rev-list", "--all"], { cwd, encoding: "utf8" }).trim();
    });
    expect(commits.every((commit) => /^[0-9a-f]{40}$/.test(commit))).toBe(true);
    expect(new Set(commits).size).toBe(2);
    await Promise.all(workspaces.map((workspace) => workspace.remove()));
  });
});

describe("scriptedConfig", () => {
  it("merges what a test adds: objects deeply, lists as they are", () => {
    const config = scriptedConfig(
      { url: "http://127.0.0.1:1/v1" },
      { permission: { bash: "ask" }, model: "local/small", provider: { local: { models: { more: {} } } } },
    );
    expect(config).toMatchObject({
      model: "local/small",
      small_model: "local/scripted",
      permission: { bash: "ask" },
      provider: {
        local: { options: { baseURL: "http://127.0.0.1:1/v1" }, models: { scripted: {}, more: {} } },
      },
    });
    expect(scriptedConfig({ url: "x" })).not.toHaveProperty("permission");
  });
});
