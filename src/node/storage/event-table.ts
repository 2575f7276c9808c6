import type { DatabaseSync, StatementSync } from "node:sqlite";
import { readTables } from "../history/layout.ts";

/** One thing that an engine has told, as it keeps it. */
export interface StoredEvent {
  readonly id: string;
  readonly sessionId: string;
  /** With the number of its version, for example `"session.created.1"`. */
  readonly type: string;
  /** JSON. */
  readonly data: string;
}

interface Place {
  readonly rowid: number;
  readonly id: string;
}

/** So many rows are remembered, to find the place again after rows were deleted. */
const REMEMBERED = 1_000;
/** So many rows are read in one go: reading blocks the process. */
const BATCH = 500;

const COLUMNS = ["id", "aggregate_id", "type", "data"];

/** Does this database keep what the engines tell? Old layouts do not. */
export function hasEventTable(db: DatabaseSync): boolean {
  const columns = readTables(db, ["event"]).get("event");
  return COLUMNS.every((column) => columns?.has(column));
}

/**
 * The rows of the table `event` from now on. Their order is that of their row numbers; but when a session is deleted its
 * rows go with it, and the numbers of the last ones are given out again.
 */
export class EventTable {
  readonly #version: StatementSync;
  readonly #rows: StatementSync;
  readonly #later: StatementSync;
  readonly #idAt: StatementSync;
  /** What was read last, oldest first. */
  readonly #read: Place[];
  #seenVersion: unknown;
  #changes = 0;

  constructor(db: DatabaseSync) {
    const select = `SELECT rowid, ${COLUMNS.join(", ")} FROM event`;
    this.#version = db.prepare("PRAGMA data_version");
    this.#rows = db.prepare(`${select} WHERE rowid > ? ORDER BY rowid LIMIT ${BATCH}`);
    this.#later = db.prepare(`${select} WHERE id > ? ORDER BY rowid`);
    this.#idAt = db.prepare("SELECT id FROM event WHERE rowid = ?");
    this.#seenVersion = this.#currentVersion();
    this.#read = db
      .prepare(`SELECT rowid, id FROM event ORDER BY rowid DESC LIMIT ${REMEMBERED}`)
      .all()
      .map(({ rowid, id }) => ({ rowid: Number(rowid), id: String(id) }))
      .reverse();
  }

  /** How often `read` found that something was written, to this table or another. */
  get changes(): number {
    return this.#changes;
  }

  /** What was written since the last call, oldest first. Costs next to nothing while nobody writes. */
  read(): readonly StoredEvent[] {
    const version = this.#currentVersion();
    if (version === this.#seenVersion) return [];
    const all: StoredEvent[] = [];
    for (;;) {
      const rows = this.#next();
      for (const row of rows) {
        const id = String(row.id);
        all.push({ id, sessionId: String(row.aggregate_id), type: String(row.type), data: String(row.data) });
        this.#read.push({ rowid: Number(row.rowid), id });
      }
      this.#read.splice(0, this.#read.length - REMEMBERED);
      if (rows.length < BATCH) break;
    }
    // Last: after a failure it is tried again.
    this.#seenVersion = version;
    this.#changes += 1;
    return all;
  }

  #currentVersion(): unknown {
    return this.#version.get()?.data_version;
  }

  #next(): readonly Readonly<Record<string, unknown>>[] {
    const newest = this.#read.at(-1);
    while (this.#read.length > 0) {
      const last = this.#read.at(-1);
      if (last === undefined || this.#idAt.get(last.rowid)?.id === last.id) break;
      // It was deleted, and the rows behind it have numbers from before it on.
      this.#read.pop();
    }
    const last = this.#read.at(-1);
    if (last !== undefined) return this.#rows.all(last.rowid);
    // All that was read is gone. What came later has a later id: that begins with the time.
    return newest === undefined ? this.#rows.all(0) : this.#later.all(newest.id);
  }
}
