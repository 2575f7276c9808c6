import { describe, expect, it } from "vitest";
import { absoluteDirectory } from "../../../src/node/process/directories.ts";
import { mergeEnvironment } from "../../../src/process/environment.ts";

describe("absoluteDirectory", () => {
  it.each([
    ["win32", "c:\\Users\\Jörg Müller\\projekt", "C:\\", "C:\\Users\\Jörg Müller\\projekt"],
    ["win32", "C:/Users/me/", "D:\\", "C:\\Users\\me"],
    ["win32", "sub dir", "c:\\work", "C:\\work\\sub dir"],
    ["win32", "..\\other", "C:\\work\\here", "C:\\work\\other"],
    ["win32", "\\\\server\\share\\プロジェクト\\", "C:\\", "\\\\server\\share\\プロジェクト"],
    ["win32", "//server/share/a/../b", "C:\\", "\\\\server\\share\\b"],
    ["win32", "here", "\\\\server\\share\\work", "\\\\server\\share\\work\\here"],
    ["win32", "C:\\", "D:\\", "C:\\"],
    ["linux", "/home/jörg m/projekt/", "/", "/home/jörg m/projekt"],
    ["linux", "sub", "/work", "/work/sub"],
    ["linux", "/a/../b", "/", "/b"],
    ["linux", "/c:/x", "/", "/c:/x"],
  ] as const)("on %s makes %s at %s into %s", (platform, directory, cwd, absolute) => {
    expect(absoluteDirectory(directory, cwd, platform)).toBe(absolute);
    // What it made is left as it is.
    expect(absoluteDirectory(absolute, "/elsewhere", platform)).toBe(absolute);
  });
});

describe("mergeEnvironment", () => {
  it("lets later variables win, and one without a value unset an earlier one", () => {
    const merged = mergeEnvironment({ A: "1", B: "2" }, { B: "3", A: undefined, b: "4" }, "linux");
    expect(merged).toEqual({ A: undefined, B: "3", b: "4" });
  });

  it("takes names that differ in case only as one on Windows", () => {
    const merged = mergeEnvironment({ Path: "C:\\a", Home: "x", KEEP: "1" }, { PATH: "C:\\b" }, "win32");
    expect(merged).toEqual({ Home: "x", KEEP: "1", PATH: "C:\\b" });
  });
});
