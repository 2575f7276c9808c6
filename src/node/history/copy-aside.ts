import { rmSync } from "node:fs";
import { constants, copyFile, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { reasonOf } from "../../engine/errors.ts";
import { unreadable } from "./unreadable.ts";

/** Of a database: what SQLite needs besides the file to have all rows. The index of the log it makes anew. */
const BESIDE = ["-wal", "-journal"];
const ATTEMPTS = 3;

export interface DatabaseCopy {
  readonly path: string;
  remove(): Promise<void>;
}

/**
 * Copies a database with its log to a temporary folder that only this user can enter. It is gone after `remove()`, and
 * when this process ends without it (unless it is killed).
 *
 * @throws EngineError `HISTORY_UNREADABLE` if it can't be copied, or is written to all the time
 */
export async function copyAside(path: string): Promise<DatabaseCopy> {
  const folder = await mkdtemp(join(tmpdir(), "quantumreef-history-"));
  const onExit = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", onExit);
  const remove = async () => {
    process.off("exit", onExit);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const copy = join(folder, basename(path));
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await stateOf(path);
      await copyFile(path, copy, constants.COPYFILE_FICLONE);
      for (const suffix of BESIDE) await copyIfThere(path + suffix, copy + suffix);
      // The files of one copy must belong together: rows move from the log into the database.
      if ((await stateOf(path)) === before) return { path: copy, remove };
    }
    throw unreadable(`${path} can't be read where it is, and changes while it is copied; try again later.`);
  } catch (error) {
    await remove();
    if (!(error instanceof Error) || !("syscall" in error)) throw error;
    throw unreadable(`${path} can't be read: ${reasonOf(error)}.`, error);
  }
}

async function copyIfThere(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if (!isMissing(error)) throw error;
    await rm(to, { force: true });
  }
}

async function stateOf(path: string): Promise<string> {
  const states = ["", ...BESIDE].map(async (suffix) => {
    try {
      const { size, mtimeNs, ino } = await stat(path + suffix, { bigint: true });
      return `${ino} ${size} ${mtimeNs}`;
    } catch (error) {
      if (isMissing(error)) return "missing";
      throw error;
    }
  });
  return (await Promise.all(states)).join(", ");
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
