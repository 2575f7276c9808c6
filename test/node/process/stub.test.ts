import { chmod, cp, mkdir, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { findBinary } from "../../../src/node/process/find-binary.ts";
import { platformPackages, thisMachine } from "../../../src/node/process/platform-packages.ts";
import { behindStub, isStub } from "../../../src/node/process/stub.ts";
import { STUB } from "../../support/stub.ts";
import { temporaryFolder } from "./keeper-support.ts";

const installed = fileURLToPath(new URL("../../../node_modules", import.meta.url));

/** An install without scripts, with these platform packages; their programs are not the real ones. */
async function installWithoutScripts(packages: readonly string[]) {
  const folder = await temporaryFolder("stub");
  const root = join(folder, "node_modules", "opencode-ai");
  for (const file of ["package.json", "postinstall.mjs"]) {
    await cp(join(installed, "opencode-ai", file), join(root, file));
  }
  await place(join(root, "bin", "opencode.exe"), STUB);
  await mkdir(join(folder, "node_modules", ".bin"));
  const link = join(folder, "node_modules", ".bin", "opencode");
  await symlink("../opencode-ai/bin/opencode.exe", link);
  for (const name of packages) {
    const home = join(folder, "node_modules", name);
    await place(join(home, "bin", "opencode"), "#!/bin/sh\necho 1.18.33\n");
    await writeFile(join(home, "package.json"), JSON.stringify({ name, version: "1.18.33" }));
  }
  const programOf = (name: string) => join(folder, "node_modules", name, "bin", "opencode");
  return { folder, root, link, programOf };
}

async function place(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  await chmod(file, 0o755);
}

describe("a stub", () => {
  it("is told from the real program, from other scripts and from nothing", async () => {
    const { link } = await installWithoutScripts([]);
    expect(isStub(link)).toBe(true);
    expect(isStub(join(installed, ".bin", "opencode"))).toBe(false);
    expect(isStub(process.execPath)).toBe(false);
    expect(isStub("/nowhere/opencode")).toBe(false);
    expect(behindStub(process.execPath)).toBeUndefined();
  });

  it("is passed over for the program of its platform package", async () => {
    const [best = "", other = ""] = platformPackages(thisMachine());
    const both = await installWithoutScripts([other, best]);
    expect(behindStub(both.link)).toBe(both.programOf(best));
    const one = await installWithoutScripts([other]);
    expect(behindStub(one.link)).toBe(one.programOf(other));
    expect(findBinary({ option: undefined, env: {}, cwd: one.folder })).toBe(one.programOf(other));
  });

  it("without its program says which packages were looked for, and what mends it", async () => {
    const { link, root } = await installWithoutScripts([]);
    expect(() => behindStub(link)).toThrow(
      expect.objectContaining({
        code: "PROCESS_FAILED",
        message: expect.stringMatching(
          /only a stub.*opencode-\w+.*postinstall\.mjs.*npm install -g opencode-ai --allow-scripts=opencode-ai/,
        ),
      }),
    );
    expect(() => behindStub(link)).toThrow(JSON.stringify(join(root, "postinstall.mjs")));
  });

  it("is found behind the .cmd of npm, local and global", async () => {
    const machine = { platform: "win32", arch: "x64", isMusl: false, isOld: false } as const;
    const { folder, programOf } = await installWithoutScripts(["opencode-windows-x64"]);
    const exe = programOf("opencode-windows-x64").replace(/opencode$/, "opencode.exe");
    await place(exe, "");
    const local = join(folder, "node_modules", ".bin", "opencode.cmd");
    const global = join(folder, "opencode.cmd");
    await place(local, "@ECHO off");
    await place(global, "@ECHO off");
    expect([local, global].map((file) => behindStub(file, machine))).toEqual([exe, exe]);
  });
});

describe("platform packages", () => {
  const machine = { platform: "linux", arch: "x64", isMusl: false, isOld: false } as const;
  it.each([
    [machine, ["", "-baseline", "-musl", "-baseline-musl"]],
    [{ ...machine, isOld: true }, ["-baseline", "", "-baseline-musl", "-musl"]],
    [{ ...machine, isMusl: true }, ["-musl", "-baseline-musl", "", "-baseline"]],
    [{ ...machine, isMusl: true, isOld: true }, ["-baseline-musl", "-musl", "-baseline", ""]],
  ])("of %j come in the order of OpenCode's installer", (given, endings) => {
    expect(platformPackages(given)).toEqual(endings.map((ending) => `opencode-linux-x64${ending}`));
  });

  it("are fewer elsewhere", () => {
    const on = (platform: NodeJS.Platform, arch: string) => platformPackages({ ...machine, platform, arch });
    expect(on("linux", "arm64")).toEqual(["opencode-linux-arm64", "opencode-linux-arm64-musl"]);
    expect(on("darwin", "arm64")).toEqual(["opencode-darwin-arm64"]);
    expect(on("win32", "x64")).toEqual(["opencode-windows-x64", "opencode-windows-x64-baseline"]);
  });

  it("of this machine are installed here", () => {
    const [best = ""] = platformPackages(thisMachine());
    expect(findBinary({ option: join(installed, best, "bin", "opencode"), env: {} })).toContain(best);
  });
});

describe("findBinary", () => {
  it("takes the option, then the variable, then what is nearby, then PATH", async () => {
    const folder = await temporaryFolder("ä b");
    const places = ["option", "variable", "node_modules/.bin", "path"].map((name) =>
      join(folder, name, "opencode"),
    );
    for (const file of places) await place(file, "#!/bin/sh\n");
    const [option, variable, nearby, path = ""] = places;
    const env = { OPENCODE_BIN: variable, PATH: dirname(path) };
    expect(findBinary({ option, env, cwd: folder })).toBe(option);
    expect(findBinary({ option: "./option/opencode", env, cwd: folder })).toBe(option);
    expect(findBinary({ option: undefined, env, cwd: folder })).toBe(variable);
    expect(findBinary({ option: "", env: { ...env, OPENCODE_BIN: "" }, cwd: folder })).toBe(nearby);
    expect(findBinary({ option: "opencode", env, cwd: folder })).toBe(path);
  });

  it.each([
    ["option", { option: "/nowhere/opencode", env: {} }, /option binary.*"\/nowhere\/opencode"/],
    [
      "variable",
      { option: undefined, env: { OPENCODE_BIN: "no-such", PATH: "/bin" } },
      /OPENCODE_BIN.*"no-such"/,
    ],
    ["folder", { option: "/tmp", env: {} }, /option binary.*"\/tmp"/],
  ])("says how to install one that is missing (%s)", (_, request, message) => {
    expect(() => findBinary(request)).toThrow(
      expect.objectContaining({ code: "PROCESS_FAILED", message: expect.stringMatching(message) }),
    );
    expect(() => findBinary(request)).toThrow("npm install -g opencode-ai");
  });
});
