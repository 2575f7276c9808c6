import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../../src/node/history/open-database.ts";
import { change, collect, ids, open, putDatabase, recorded, useFolder } from "./files.ts";

const unreadable = (message: RegExp) => ({
  code: "HISTORY_UNREADABLE",
  message: expect.stringMatching(message),
});

describe("a file that is no history", () => {
  it.each([
    ["is of something else", () => Buffer.from("no database at all ".repeat(200)), /is no SQLite database/],
    ["is cut off", () => readFileSync(recorded).subarray(0, 100_000), /is damaged, or was cut off/],
    ["is empty", () => Buffer.alloc(0), /the table session, the table message, the table part are missing/],
  ])("says so when it %s", async (_, content, message) => {
    const path = join(await useFolder(), "opencode.db");
    writeFileSync(path, content());
    await expect(open({ path })).rejects.toMatchObject(unreadable(message));
    await expect(open({ path })).rejects.toThrow(path);
  });

  it("says so when it is the database of another program", async () => {
    const path = join(await useFolder(), "opencode.db");
    change(path, "CREATE TABLE session (token TEXT)");
    await expect(open({ path })).rejects.toMatchObject(
      unreadable(/the column session\.id, .*the column session\.time_updated, the table message/),
    );
  });
});

describe("another release's schema", () => {
  it("names the column that is missing", async () => {
    const path = putDatabase(await useFolder(), "opencode.db");
    change(path, "ALTER TABLE part RENAME COLUMN data TO content");
    await expect(open({ path })).rejects.toMatchObject(unreadable(/: the column part\.data is missing/));
  });

  it("may have further columns and tables, and lack what is not needed", async () => {
    const path = putDatabase(await useFolder(), "opencode.db");
    change(path, "ALTER TABLE session ADD COLUMN mood TEXT DEFAULT 'good'; CREATE TABLE extra (id)");
    change(path, "ALTER TABLE session DROP COLUMN model; ALTER TABLE session DROP COLUMN time_archived");
    change(path, "DROP TABLE todo");
    const history = await open({ path });
    const session = await history.session(ids.aborted);
    expect(session).not.toHaveProperty("mood");
    expect(session).not.toHaveProperty("model");
    await expect(history.todos(ids.answers)).rejects.toMatchObject(unreadable(/the table todo is missing/));
  });
  it("may lack the indexes, and keep its rows in another order", async () => {
    const path = putDatabase(await useFolder(), "opencode.db");
    const read = async () => {
      const history = await open({ path });
      const sessions = await collect(history.sessions());
      const messages = await Promise.all(sessions.map((session) => history.messages(session)));
      return { sessions, messages };
    };
    const before = await read();
    change(
      path,
      `DROP INDEX part_message_id_id_idx; DROP INDEX part_session_idx; DROP INDEX message_session_time_created_id_idx;
       UPDATE part SET rowid = -rowid; UPDATE message SET rowid = -rowid; UPDATE session SET rowid = -rowid`,
    );
    expect(await read()).toEqual(before);
  });
});

describe("beside a writer", () => {
  it("reads what is only in the log, and never writes", async () => {
    const path = putDatabase(await useFolder(), "opencode.db");
    const writer = new DatabaseSync(path);
    onTestFinished(() => writer.close());
    writer.exec("PRAGMA wal_autocheckpoint = 0; UPDATE session SET title = 'in the log'");
    const history = await open({ path });
    expect((await history.session(ids.answers)).title).toBe("in the log");
    writer.exec("BEGIN IMMEDIATE; UPDATE session SET title = 'not yet'");
    expect((await history.session(ids.answers)).title).toBe("in the log");
    writer.exec("COMMIT");
    expect((await history.session(ids.answers)).title).toBe("not yet");

    const { db, close } = await openDatabase(path);
    expect(() => db.exec("DELETE FROM session")).toThrow(/readonly/);
    await close();
  });

  it("says that a file is locked, and not at once", async () => {
    const path = putDatabase(await useFolder(), "opencode.db");
    change(path, "PRAGMA journal_mode = DELETE");
    const writer = new DatabaseSync(path);
    onTestFinished(() => writer.close());
    writer.exec("BEGIN EXCLUSIVE");
    const started = performance.now();
    await expect(open({ path })).rejects.toMatchObject(unreadable(/is locked by another process/));
    expect(performance.now() - started).toBeGreaterThan(1_900);
    writer.exec("COMMIT");
    expect(await collect((await open({ path })).sessions())).toHaveLength(5);
  });
});

describe("after a crash", () => {
  /** The files as they are when the writer is killed: the newest rows are in the log alone. */
  async function crashed() {
    const folder = await useFolder();
    const path = putDatabase(folder, "alive", "opencode.db");
    const writer = new DatabaseSync(path);
    writer.exec("PRAGMA wal_autocheckpoint = 0; UPDATE session SET title = 'in the log'");
    mkdirSync(join(folder, "left"));
    const left = join(folder, "left", "opencode.db");
    for (const suffix of ["", "-wal"]) copyFileSync(path + suffix, left + suffix);
    writer.close();
    return left;
  }

  it("reads the log that was left over", async () => {
    const history = await open({ path: await crashed() });
    expect(history.isCopy).toBe(false);
    const titles = (await collect(history.sessions())).map(({ title }) => title);
    expect(titles).toEqual(Array(5).fill("in the log"));
  });

  it.each(["close", "exit"])(
    "reads it from a copy where nothing may be written, gone after %s",
    async (ending) => {
      const path = await crashed();
      const folder = join(path, "..");
      const temporary = join(folder, "..", "tmp");
      mkdirSync(temporary);
      chmodSync(temporary, 0o777);
      chmodSync(join(folder, ".."), 0o755);
      chmodSync(folder, 0o555);
      onTestFinished(() => chmodSync(folder, 0o755));
      const script = join(import.meta.dirname, "read-as.ts");
      const args = ["--conditions=@quantumreef/source", script, path, ending];
      const env = { PATH: process.env.PATH, TMPDIR: temporary };
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      expect(JSON.parse(stdout)).toEqual({
        titles: Array(5).fill("in the log"),
        isCopy: true,
        during: 1,
        after: ending === "close" ? 0 : 1,
      });
      expect(readdirSync(temporary)).toEqual([]);
      expect(readdirSync(folder)).toEqual(["opencode.db", "opencode.db-wal"]);
    },
  );
});

it("reads a copy where the folder has no shared memory, as on a network share", async () => {
  const path = putDatabase(await useFolder(), "opencode.db");
  // What SQLite throws there: an I/O error of its shared memory, at the first reading.
  const noSharedMemory = Object.assign(new Error("disk I/O error"), { errcode: 5386 });
  class OnShare extends DatabaseSync {
    readonly isOnShare: boolean;
    constructor(file: string, options: { readOnly: boolean }) {
      super(file, options);
      this.isOnShare = file === path;
    }
    override prepare(sql: string) {
      if (this.isOnShare) throw noSharedMemory;
      return super.prepare(sql);
    }
  }
  const { db, isCopy, close } = await openDatabase(path, async () => ({ DatabaseSync: OnShare }));
  expect(isCopy).toBe(true);
  expect(db.prepare("SELECT count(*) AS n FROM session").get()).toEqual({ n: 5 });
  await close();
});

it("says what is missing where the runtime has no SQLite", async () => {
  const script = join(import.meta.dirname, "read-as.ts");
  const args = ["--no-experimental-sqlite", "--conditions=@quantumreef/source", script, recorded];
  const run = promisify(execFile)(process.execPath, args);
  await expect(run).rejects.toMatchObject({
    stderr: expect.stringMatching(
      /HISTORY_UNREADABLE.*no node:sqlite \(No such built-in module: node:sqlite\).*Node 22\.13 or later/s,
    ),
  });
});
