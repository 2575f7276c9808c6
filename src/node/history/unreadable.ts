import { EngineError, reasonOf } from "../../engine/errors.ts";

export function unreadable(message: string, cause?: unknown): EngineError {
  return new EngineError("HISTORY_UNREADABLE", message, { engine: "opencode", cause });
}

/** The layout of this file does not have it. */
export function unsupported(message: string): EngineError {
  return new EngineError("UNSUPPORTED", message, { engine: "opencode" });
}

/** SQLite's own code of an error, without its details; `undefined` for what SQLite did not throw. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number")
    return undefined;
  return error.errcode & 0xff;
}

const CORRUPT = 11;
const NOT_A_DATABASE = 26;
const BUSY = 5;

/** What went wrong with the file, in words that help. */
export function unreadableFile(path: string, cause: unknown): EngineError {
  if (EngineError.is(cause)) return cause;
  switch (sqliteCode(cause)) {
    case NOT_A_DATABASE:
      return unreadable(`${path} is no SQLite database.`, cause);
    case CORRUPT:
      return unreadable(`${path} is damaged, or was cut off: ${reasonOf(cause)}.`, cause);
    case BUSY:
      return unreadable(`${path} is locked by another process; try again when that is done.`, cause);
    default:
      return unreadable(`${path} can't be read: ${reasonOf(cause)}.`, cause);
  }
}

/** Runs something that reads from the file, and says of which file an error is. */
export function reading<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unreadableFile(path, error);
  }
}
