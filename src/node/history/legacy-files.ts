import type { DatabaseSync } from "node:sqlite";
import { toMs } from "./legacy-messages.ts";
import type { StoredFile, StoredFileVersion } from "./stored-files.ts";

/** Files in the order of their paths, each with its versions as they were stored. */
export function readLegacyFiles(db: DatabaseSync, columns: string, sessionId: string): readonly StoredFile[] {
  // Versions of one second are told apart by the order in which they were stored: their names ("v2", "v10") do not sort.
  const rows = db.prepare(`SELECT ${columns} FROM files WHERE session_id = ? ORDER BY path, rowid`);
  const files = new Map<string, StoredFileVersion[]>();
  for (const { path, content, version, created_at } of rows.all(sessionId)) {
    const versions = files.get(String(path)) ?? [];
    files.set(String(path), versions);
    versions.push({
      version: String(version),
      content: String(content),
      ...(typeof created_at === "number" ? { createdAt: toMs(created_at) } : {}),
    });
  }
  return [...files].map(([path, versions]) => ({ path, versions }));
}
