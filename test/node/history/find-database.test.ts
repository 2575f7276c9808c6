import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findDatabase } from "../../../src/node/history/find-database.ts";
import { putDatabase, useFolder } from "./files.ts";

const unreadable = (message: RegExp) =>
  expect.objectContaining({ code: "HISTORY_UNREADABLE", message: expect.stringMatching(message) });

describe("findDatabase", () => {
  it("takes the first that exists", async () => {
    const folder = await useFolder();
    const env = { HOME: join(folder, "home"), XDG_DATA_HOME: join(folder, "data"), OPENCODE_DB: "my.db" };
    const find = () => findDatabase(undefined, env);
    const places = [
      [folder, "home", ".opencode", "opencode.db"],
      [folder, "home", ".local", "share", "opencode", "opencode.db"],
      [folder, "data", "opencode", "opencode.db"],
      [folder, "data", "opencode", "my.db"],
    ];
    expect(find).toThrow(
      unreadable(
        new RegExp(
          `Tried: ${places
            .toReversed()
            .map((place) => join(...place))
            .join(", ")}\\.`,
        ),
      ),
    );
    for (const place of places) {
      const file = putDatabase(...place);
      expect(find()).toBe(file);
    }
    const absolute = putDatabase(folder, "elsewhere.db");
    expect(findDatabase(undefined, { ...env, OPENCODE_DB: absolute })).toBe(absolute);
    const option = putDatabase(folder, "option.db");
    expect(findDatabase(option, env)).toBe(option);
  });

  it("takes an empty variable as unset, and a relative data folder as none", async () => {
    const folder = await useFolder();
    const file = putDatabase(folder, ".local", "share", "opencode", "opencode.db");
    expect(findDatabase(undefined, { HOME: folder, XDG_DATA_HOME: "", OPENCODE_DB: "" })).toBe(file);
    expect(findDatabase("", { HOME: folder, XDG_DATA_HOME: "here" })).toBe(file);
  });

  it("looks nowhere else for a file that was named in the option", async () => {
    const folder = await useFolder();
    putDatabase(folder, ".local", "share", "opencode", "opencode.db");
    const missing = join(folder, "missing.db");
    expect(() => findDatabase(missing, { HOME: folder })).toThrow(unreadable(/Tried: \S+missing\.db\. Name/));
    expect(() => findDatabase(folder, {})).toThrow(unreadable(/is no file/));
  });

  it("passes over a folder of that name", async () => {
    const folder = await useFolder();
    mkdirSync(join(folder, ".local", "share", "opencode", "opencode.db"), { recursive: true });
    const file = putDatabase(folder, ".opencode", "opencode.db");
    expect(findDatabase(undefined, { HOME: folder })).toBe(file);
  });

  it("refuses a database in memory", () => {
    expect(() => findDatabase(undefined, { OPENCODE_DB: ":memory:" })).toThrow(
      unreadable(/^OPENCODE_DB is ":memory:"/),
    );
    expect(() => findDatabase(":memory:", {})).toThrow(unreadable(/^The option path is ":memory:"/));
  });
});
