import { describe, expect, it } from "vitest";
import { recordFile } from "../../../src/node/process/record.ts";
import { recordName, stateFolder } from "../../../src/node/process/state-folder.ts";

describe("stateFolder", () => {
  it.each([
    ["linux", { XDG_STATE_HOME: "/x/state" }, "/home/ä b", "/x/state/quantumreef"],
    [
      "linux",
      { XDG_STATE_HOME: "relative", HOME: "/home/me" },
      "/home/other",
      "/home/me/.local/state/quantumreef",
    ],
    ["linux", { XDG_STATE_HOME: "" }, "/home/ä b", "/home/ä b/.local/state/quantumreef"],
    ["darwin", {}, "/Users/me", "/Users/me/.local/state/quantumreef"],
    [
      "win32",
      { LOCALAPPDATA: "C:\\Users\\Jörg Müller\\AppData\\Local" },
      "C:\\Users\\x",
      "C:\\Users\\Jörg Müller\\AppData\\Local\\quantumreef",
    ],
    ["win32", {}, "C:\\Users\\me", "C:\\Users\\me\\AppData\\Local\\quantumreef"],
    [
      "win32",
      { LOCALAPPDATA: "\\\\server\\profiles\\me\\Local" },
      "C:\\x",
      "\\\\server\\profiles\\me\\Local\\quantumreef",
    ],
  ] as const)("on %s with %j and home %s is %s", (platform, env, home, folder) => {
    expect(stateFolder(env, platform, home)).toBe(folder);
  });
});

describe("a record's name", () => {
  it("is the same for all names of the same place, and another for another", () => {
    const same = ["127.0.0.1", "localhost", "LOCALHOST", "0.0.0.0"].map((host) => recordName(host, 4096));
    expect(new Set(same)).toEqual(new Set(["127.0.0.1-4096"]));
    const names = ["127.0.0.1", "::1", "192.168.1.5", "my-host"].map((host) => recordName(host, 4096));
    expect(new Set(names).size).toBe(4);
    expect(recordName("127.0.0.1", 4097)).not.toBe(recordName("127.0.0.1", 4096));
  });

  it("is a file name, whatever the host, and follows from the address too", () => {
    expect(recordName("fe80::1%eth0/../x", 1)).toMatch(/^[\w.-]+$/);
    expect(recordFile("/s", "http://[::1]:4096")).toBe(`/s/${recordName("::1", 4096)}.json`);
    expect(recordFile("/s", "http://127.0.0.1:4096")).toBe("/s/127.0.0.1-4096.json");
  });
});
