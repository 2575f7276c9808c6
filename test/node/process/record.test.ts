import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRecord } from "../../../src/node/process/read-record.ts";
import { removeRecord, writeRecord } from "../../../src/node/process/record.ts";
import { temporaryFolder } from "./keeper-support.ts";

const record = {
  url: "http://127.0.0.1:4096",
  pid: 11,
  startedAt: 1,
  username: "opencode",
  password: "p",
  version: "1.18.33",
  identity: "77",
  mark: "m",
  lease: "/tmp/qr-1/lease",
  keeperPid: 10,
};

describe("the record", () => {
  it("comes back as it was written, and is its user's alone", async () => {
    const folder = join(await temporaryFolder("record"), "state");
    const file = join(folder, "127.0.0.1-4096.json");
    await writeRecord(file, record);
    expect(await readRecord(file)).toEqual(record);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    // Over one that everybody could read.
    await writeFile(file, "{}", { mode: 0o644 });
    await writeRecord(file, { ...record, pid: 12 });
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(["127.0.0.1-4096.json"]);
  });

  it.each([["nothing"], [""], ["{"], ["[]"], ["{}"], [JSON.stringify({ ...record, pid: "11" })]])(
    "is none when the file holds %j",
    async (text) => {
      const file = join(await temporaryFolder("record"), "a.json");
      if (text !== "nothing") await writeFile(file, text);
      expect(await readRecord(file)).toBeUndefined();
    },
  );

  it("is removed by its own keeper only", async () => {
    const file = join(await temporaryFolder("record"), "a.json");
    await writeRecord(file, record);
    await removeRecord(file, 99);
    expect(await readFile(file, "utf8")).toContain("4096");
    await removeRecord(file, 10);
    await expect(stat(file)).rejects.toMatchObject({ code: "ENOENT" });
    await removeRecord(file, 10);
  });
});
