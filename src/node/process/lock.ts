import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout } from "node:timers/promises";
import { EngineError, reasonOf } from "../../engine/errors.ts";

const LOOK_AGAIN_MS = 25;
const SQLITE_BUSY = 5;

/**
 * Does something that only one process (and one call in it) may do at a time. The lock is SQLite's on a file, and so the
 * kernel's: it is gone with its process, however that ends, and can't be left behind.
 * @throws EngineError `PROCESS_FAILED` when it can't be had within `timeout` milliseconds, or not at all
 */
export async function withLock<T>(file: string, timeout: number, work: () => Promise<T>): Promise<T> {
  const db = await open(file);
  try {
    await take(db, file, timeout);
    return await work();
  } finally {
    // It ends the transaction, and with it the lock.
    db.close();
  }
}

async function open(file: string): Promise<DatabaseSync> {
  try {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    // Not at the top: who never starts a server must not need the module, nor see its warning.
    const { DatabaseSync } = await import("node:sqlite");
    const db = new DatabaseSync(file);
    db.exec("PRAGMA busy_timeout = 0");
    return db;
  } catch (cause) {
    throw new EngineError(
      "PROCESS_FAILED",
      `The lock ${file}, by which only one program starts a server on that port, can't be had: ${reasonOf(cause)}. Make its folder writable, or set XDG_STATE_HOME to one that is; port: 0 needs no lock.`,
      { engine: "opencode", cause },
    );
  }
}

async function take(db: DatabaseSync, file: string, timeout: number): Promise<void> {
  const deadline = performance.now() + timeout;
  for (;;) {
    try {
      return db.exec("BEGIN EXCLUSIVE");
    } catch (cause) {
      if (!isBusy(cause) || performance.now() > deadline) {
        const why = isBusy(cause) ? `for ${timeout} ms another program has held it` : reasonOf(cause);
        throw new EngineError(
          "PROCESS_FAILED",
          `The lock ${file}, by which only one program starts a server on that port, can't be had: ${why}.`,
          { engine: "opencode", cause },
        );
      }
    }
    await setTimeout(LOOK_AGAIN_MS * (0.5 + Math.random()));
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !("errcode" in error)) return false;
  return typeof error.errcode === "number" && (error.errcode & 0xff) === SQLITE_BUSY;
}
