import { describe, expect, it } from "vitest";
import { candidates, foldersUp, pathFolders } from "../../../src/node/process/install-folders.ts";

describe("where a binary may be", () => {
  it("nearby comes before PATH, PATH before the usual folders", () => {
    const found = candidates({
      platform: "linux",
      env: { PATH: "/opt/tools:relative::/usr/local/bin" },
      home: "/home/jörg m",
      starts: ["/work/a b/ü", "/lib/pkg"],
    });
    expect(found.slice(0, 8)).toEqual([
      "/work/a b/ü/node_modules/.bin/opencode",
      "/work/a b/node_modules/.bin/opencode",
      "/work/node_modules/.bin/opencode",
      "/node_modules/.bin/opencode",
      "/lib/pkg/node_modules/.bin/opencode",
      "/lib/node_modules/.bin/opencode",
      "/opt/tools/opencode",
      "/usr/local/bin/opencode",
    ]);
    for (const place of [".opencode/bin", ".bun/bin", ".local/bin"]) {
      expect(found).toContain(`/home/jörg m/${place}/opencode`);
    }
    expect(found).toContain("/opt/homebrew/bin/opencode");
    expect(new Set(found).size).toBe(found.length);
  });

  it("on Windows is an .exe or a .cmd, with drives, shares and quotes", () => {
    const found = candidates({
      platform: "win32",
      env: {
        Path: 'C:\\Program Files\\nodejs;"D:\\Jörg;s\\bin";\\\\server\\tools;.\\here',
        APPDATA: "C:\\Users\\me\\AppData\\Roaming",
      },
      home: "C:\\Users\\me",
      starts: ["\\\\server\\share\\projekt ä"],
    });
    expect(found.slice(0, 4)).toEqual([
      "\\\\server\\share\\projekt ä\\node_modules\\.bin\\opencode.exe",
      "\\\\server\\share\\projekt ä\\node_modules\\.bin\\opencode.cmd",
      "\\\\server\\share\\node_modules\\.bin\\opencode.exe",
      "\\\\server\\share\\node_modules\\.bin\\opencode.cmd",
    ]);
    expect(found).toContain("C:\\Program Files\\nodejs\\opencode.cmd");
    expect(found).toContain("\\\\server\\tools\\opencode.exe");
    expect(found).toContain("C:\\Users\\me\\AppData\\Roaming\\npm\\opencode.cmd");
    expect(found.filter((path) => path.includes("here"))).toEqual([]);
  });

  it("reads PATH as the platform writes it", () => {
    expect(pathFolders({ platform: "linux", env: { PATH: "/a b:/ü" } })).toEqual(["/a b", "/ü"]);
    expect(pathFolders({ platform: "linux", env: {} })).toEqual([]);
    const env = { pAtH: '"C:\\a;b";C:\\c' };
    expect(pathFolders({ platform: "win32", env })).toEqual(["C:\\a;b", "C:\\c"]);
  });

  it.each([
    ["linux", "/a/b", ["/a/b", "/a", "/"]],
    ["win32", "C:\\a\\b", ["C:\\a\\b", "C:\\a", "C:\\"]],
    ["win32", "\\\\server\\share\\a", ["\\\\server\\share\\a", "\\\\server\\share\\"]],
  ] as const)("ends at the root (%s)", (platform, start, folders) => {
    expect([...foldersUp(start, platform)]).toEqual(folders);
  });
});
