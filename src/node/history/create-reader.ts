import type { DatabaseSync } from "node:sqlite";
import { currentReader } from "./current-reader.ts";
import { hasLegacyLayout, legacyReader } from "./legacy-reader.ts";
import type { HistoryReader } from "./reader.ts";

/**
 * The reader for the layout that a file has.
 * @throws EngineError `HISTORY_UNREADABLE` that names what is missing
 */
export function createReader(path: string, db: DatabaseSync): HistoryReader {
  return hasLegacyLayout(db) ? legacyReader(path, db) : currentReader(path, db);
}
