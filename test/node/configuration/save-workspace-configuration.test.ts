import { chmod, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { mergeConfiguration } from "../../../src/node/configuration/merge.ts";
import { parseConfiguration } from "../../../src/node/configuration/parse.ts";
import { saveWorkspaceConfiguration } from "../../../src/node/configuration/save-workspace-configuration.ts";
import { createWorkspace, type Workspace, type WorkspaceOptions } from "../../support/throwaway.ts";

const FILE = ".quantumreef/config.json";
const made: Workspace[] = [];
afterEach(async () => {
  for (const workspace of made.splice(0)) await workspace.remove();
});
async function workspaceWith(text?: string, options: WorkspaceOptions = {}): Promise<Workspace> {
  const workspace = await createWorkspace({ ...options, files: text === undefined ? {} : { [FILE]: text } });
  made.push(workspace);
  return workspace;
}
const read = (workspace: Workspace) => workspace.read(FILE);

describe("saveWorkspaceConfiguration", () => {
  it("makes the file and its folder", async () => {
    const { directory, path, ...workspace } = await workspaceWith();
    expect(await saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: directory })).toBe(
      path(FILE),
    );
    expect(await workspace.read(FILE)).toBe(
      '{\n  "engineConfig": {\n    "opencode": {\n      "model": "a/b"\n    }\n  }\n}\n',
    );
    expect(await readdir(path(".quantumreef"))).toEqual(["config.json"]);
  });

  it("leaves comments, order, other keys and placeholders as they are written", async () => {
    const workspace = await workspaceWith(`{
    // of others
    "theme": "dark",
    "engineConfig": {
        "opencode": {
            "provider": {
                "acme": { "options": { "apiKey": "\${KEY}" /* never in the file */ } }
            },
            "model": "a/b", // old
            "instructions": ["a"]
        },
        "other": { "x": 1 }
    }
}
`);
    const workingDirectory = workspace.directory;
    await saveWorkspaceConfiguration({ model: "a/c", instructions: ["b"] }, { workingDirectory });
    expect(await read(workspace)).toBe(`{
    // of others
    "theme": "dark",
    "engineConfig": {
        "opencode": {
            "provider": {
                "acme": { "options": { "apiKey": "\${KEY}" /* never in the file */ } }
            },
            "model": "a/c", // old
            "instructions": [
                "b"
            ]
        },
        "other": { "x": 1 }
    }
}
`);
    await saveWorkspaceConfiguration({ model: undefined, absent: undefined }, { workingDirectory });
    const text = await read(workspace);
    expect(text).not.toContain("model");
    expect(text).toContain('"apiKey": "${KEY}" /* never in the file */');
  });

  it("keeps the mode of the file, its byte order mark and its line ends, and a link", async () => {
    const workspace = await workspaceWith('\uFEFF{\r\n  "engineConfig": {}\r\n}\r\n', { git: true });
    const real = workspace.path(FILE);
    await chmod(real, 0o600);
    const linked = await workspaceWith(undefined, { git: true });
    await mkdir(dirname(linked.path(FILE)));
    await symlink(real, linked.path(FILE));
    await saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: linked.directory });
    expect((await lstat(linked.path(FILE))).isSymbolicLink()).toBe(true);
    const text = await readFile(real, "utf8");
    expect(text.startsWith("\uFEFF{\r\n")).toBe(true);
    expect(text.replaceAll("\r\n", "")).not.toContain("\n");
    expect(parseConfiguration(text, "x").config).toEqual({ engineConfig: { opencode: { model: "a/b" } } });
    expect((await stat(real)).mode & 0o777).toBe(0o600);
  });

  it("never destroys a file that is no JSON", async () => {
    const workspace = await workspaceWith('{ "engineConfig": ');
    await expect(
      saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: workspace.directory }),
    ).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(`${FILE}:1:19`) });
    expect(await read(workspace)).toBe('{ "engineConfig": ');
    expect(await readdir(workspace.path(".quantumreef"))).toEqual(["config.json"]);
  });

  it("fills a blank file, and replaces what is no object", async () => {
    const blank = await workspaceWith(" \n");
    await saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: blank.directory });
    expect(parseConfiguration(await read(blank), "x").config).toEqual({
      engineConfig: { opencode: { model: "a/b" } },
    });
    const odd = await workspaceWith('{ "engineConfig": { "opencode": 7, "x": 1 } }');
    await saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: odd.directory });
    expect(parseConfiguration(await read(odd), "x").config).toEqual({
      engineConfig: { opencode: { model: "a/b" }, x: 1 },
    });
  });

  it("writes to the file of the repository, from a folder in it", async () => {
    const workspace = await workspaceWith("{}", { git: true });
    const deep = workspace.path("packages", "a");
    await mkdir(deep, { recursive: true });
    expect(await saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: deep })).toBe(
      workspace.path(FILE),
    );
  });

  it("refuses keys that are never merged", async () => {
    const workspace = await workspaceWith();
    const changes = JSON.parse('{"provider":{"__proto__":{"x":1}}}');
    await expect(
      saveWorkspaceConfiguration(changes, { workingDirectory: workspace.directory }),
    ).rejects.toMatchObject({
      code: "CONFIG_INVALID",
      message: expect.stringContaining("provider.__proto__"),
    });
  });

  it("says what it can't write", async () => {
    const workspace = await workspaceWith();
    await writeFile(workspace.path(".quantumreef"), "a file, not a folder");
    await expect(
      saveWorkspaceConfiguration({ model: "a/b" }, { workingDirectory: workspace.directory }),
    ).rejects.toMatchObject({ code: "CONFIG_INVALID", message: expect.stringContaining(".quantumreef") });
  });

  it("leaves a file that has the changes merged in, whatever both are", async () => {
    const key = fc.constantFrom("a", "b", "c d", "e.f");
    const { config } = fc.letrec<{ value: unknown; config: Record<string, unknown> }>((tie) => ({
      value: fc.oneof({ maxDepth: 3 }, fc.constantFrom(null, 1, "${X}", [1], []), tie("config")),
      config: fc.dictionary(key, tie("value"), { maxKeys: 3 }),
    }));
    const workspace = await workspaceWith("{}");
    await fc.assert(
      fc.asyncProperty(config, config, fc.constantFrom(undefined, 2, "\t"), async (base, changes, indent) => {
        const text = JSON.stringify({ engineConfig: { opencode: base } }, undefined, indent);
        await writeFile(workspace.path(FILE), text);
        await saveWorkspaceConfiguration(changes, { workingDirectory: workspace.directory });
        const { config: saved } = parseConfiguration(await read(workspace), "x");
        expect(saved).toEqual({ engineConfig: { opencode: mergeConfiguration(base, changes) } });
      }),
      { numRuns: 60 },
    );
  });
});
