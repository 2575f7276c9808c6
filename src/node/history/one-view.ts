import type { DatabaseSync } from "node:sqlite";

/** All that `read` reads is of one moment, whatever is written meanwhile. Nothing in it may wait. */
export type InOneView = <T>(read: () => T) => T;

export function oneViewOf(db: DatabaseSync): InOneView {
  const begin = db.prepare("BEGIN");
  const end = db.prepare("ROLLBACK");
  return (read) => {
    begin.run();
    try {
      return read();
    } finally {
      try {
        end.run();
      } catch {
        // SQLite has ended it itself, for the error that is on its way.
      }
    }
  };
}
