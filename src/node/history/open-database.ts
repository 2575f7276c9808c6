import type { DatabaseSync } from "node:sqlite";
import { reasonOf } from "../../engine/errors.ts";
import { copyAside } from "./copy-aside.ts";
import { sqliteCode, unreadable, unreadableFile } from "./unreadable.ts";

export interface OpenDatabase {
  readonly db: DatabaseSync;
  /** It could not be opened where it is: this is a copy of how it stood. */
  readonly isCopy: boolean;
  close(): Promise<void>;
}

/** What of Node's module is used. */
export type Sqlite = Pick<typeof import("node:sqlite"), "DatabaseSync">;
export type LoadSqlite = () => Promise<Sqlite>;

/** Waiting blocks this whole process; readers of a write-ahead log hardly ever wait. */
const BUSY_TIMEOUT_MS = 2_000;

/**
 * Codes of a database that is sound, but can't be opened for reading where it is: its log has no index and there is no
 * right to write one (14), a crash left something to undo (8), or the folder has no shared memory, as on some network
 * shares (10, 15).
 */
const LOCKED_OUT: ReadonlySet<number | undefined> = new Set([8, 10, 14, 15]);

/**
 * Opens a database for reading only, also beside a process that writes to it.
 *
 * @throws EngineError `HISTORY_UNREADABLE`
 */
export async function openDatabase(path: string, load: LoadSqlite = loadSqlite): Promise<OpenDatabase> {
  const sqlite = await orUnsupported(load);
  try {
    const db = open(sqlite, path, true);
    return { db, isCopy: false, close: async () => db.close() };
  } catch (error) {
    if (!LOCKED_OUT.has(sqliteCode(error))) throw unreadableFile(path, error);
  }
  const copy = await copyAside(path);
  try {
    // What a crash left to undo is undone in the copy.
    const db = open(sqlite, copy.path, false);
    const close = async () => {
      db.close();
      await copy.remove();
    };
    return { db, isCopy: true, close };
  } catch (error) {
    await copy.remove();
    throw unreadableFile(path, error);
  }
}

function open({ DatabaseSync }: Sqlite, path: string, readOnly: boolean): DatabaseSync {
  // Never `immutable`: with it SQLite passes over the log, and thereby over the newest rows.
  const db = new DatabaseSync(path, { readOnly });
  try {
    db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}; PRAGMA query_only = ON`);
    // Nothing was read of the file so far.
    db.prepare("SELECT count(*) FROM sqlite_schema").get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

// Not at the top: who never opens a history must not need the module, nor see its warning.
const loadSqlite: LoadSqlite = () => import("node:sqlite");

async function orUnsupported(load: LoadSqlite): Promise<Sqlite> {
  try {
    return await load();
  } catch (cause) {
    const message = `This runtime has no node:sqlite (${reasonOf(cause)}). Stored history needs Node 22.13 or later, or a runtime with that module.`;
    throw unreadable(message, cause);
  }
}
