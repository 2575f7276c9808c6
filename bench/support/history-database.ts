import { statSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { assistantParts, assistantWire, userWire } from "./history-rows.ts";

/** A turn: a prompt of one part, and four answers of six. */
const ANSWERS = 4;
const PARTS_OF_TURN = 25;
/** 400 messages and 2,000 parts. */
const TURNS_OF_LONG_ONE = 80;
const SAMPLE = 200;
const START = 1_790_000_000_000;
const ID_DIGITS = 12;

export interface BuiltDatabase {
  readonly bytes: number;
  readonly parts: number;
  /** The session of 400 messages and 2,000 parts. */
  readonly longId: string;
}

/**
 * Writes a database with the tables and indexes of a recorded one, the newest session of which is the long one. The
 * others get as many turns each as fill the file. `event`, which no history reads, stays empty.
 */
export function buildDatabase(
  path: string,
  recorded: string,
  { sessions, megabytes }: { readonly sessions: number; readonly megabytes: number },
): BuiltDatabase {
  const db = new DatabaseSync(path);
  try {
    // Nobody else sees it, and after a crash it is built anew.
    db.exec("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF");
    copySchema(db, recorded);
    const writer = createWriter(db);
    db.exec("BEGIN");
    let perTurn = 0;
    let owed = 0;
    let parts = 0;
    for (let index = 0; index < sessions - 1; index++) {
      if (index === SAMPLE) perTurn = bytesOf(db) / SAMPLE;
      owed += index < SAMPLE ? 1 : Math.max(1, (megabytes * 1e6) / sessions / perTurn);
      const turns = Math.floor(owed);
      owed -= turns;
      writer.session(index, turns);
      parts += turns * PARTS_OF_TURN;
    }
    const longId = writer.session(sessions - 1, TURNS_OF_LONG_ONE);
    db.exec("COMMIT; PRAGMA journal_mode = WAL; PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
    return { bytes: statSync(path).size, parts: parts + TURNS_OF_LONG_ONE * PARTS_OF_TURN, longId };
  } finally {
    if (db.isOpen) db.close();
  }
}

function copySchema(db: DatabaseSync, recorded: string): void {
  const source = new DatabaseSync(recorded, { readOnly: true });
  try {
    for (const { sql } of source
      .prepare(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid",
      )
      .all())
      db.exec(String(sql));
  } finally {
    source.close();
  }
}

function bytesOf(db: DatabaseSync): number {
  return Number(
    db.prepare("SELECT page_count * page_size AS n FROM pragma_page_count, pragma_page_size").get()?.n,
  );
}

function createWriter(db: DatabaseSync) {
  const session = db.prepare(
    `INSERT INTO session (id, project_id, slug, directory, path, title, version, summary_additions, summary_deletions,
       summary_files, permission, agent, model, time_created, time_updated)
     VALUES (?, 'global', 'shiny-meadow', ?, '', ?, '1.18.33', 3, 1, 1, ?, 'build', ?, ?, ?)`,
  );
  const message = db.prepare(
    "INSERT INTO message (id, session_id, time_created, time_updated, data) VALUES (?, ?, ?, ?, ?)",
  );
  const part = db.prepare(
    "INSERT INTO part (id, message_id, session_id, time_created, time_updated, data) VALUES (?, ?, ?, ?, ?, ?)",
  );
  const permission = JSON.stringify([{ permission: "bash", pattern: "*", action: "allow" }]);
  const model = JSON.stringify({ id: "scripted", providerID: "local", variant: "default" });
  let count = 0;
  const nextId = (prefix: string) =>
    `${prefix}_${(++count).toString(16).padStart(ID_DIGITS, "0")}FyXHTaO39dLSkq`;

  const put = (sessionId: string, at: number, wire: object, parts: readonly object[], id = nextId("msg")) => {
    message.run(id, sessionId, at, at, JSON.stringify(wire));
    for (const one of parts) part.run(nextId("prt"), id, sessionId, at, at, JSON.stringify(one));
    return id;
  };
  return {
    /** Returns its id. */
    session(index: number, turns: number): string {
      const id = nextId("ses");
      const start = START + index * 60_000;
      session.run(
        id,
        `/home/user/project-${index % 20}`,
        `Session ${index}`,
        permission,
        model,
        start,
        start + 50_000,
      );
      for (let turn = 0; turn < turns; turn++) {
        const at = start + turn * 1_000;
        const prompt = put(id, at, userWire(at), [
          { type: "text", text: `Please look at task ${turn} again.` },
        ]);
        for (let step = 0; step < ANSWERS; step++) {
          const time = at + (step + 1) * 50;
          const isLast = step === ANSWERS - 1;
          put(
            id,
            time,
            assistantWire(prompt, time, isLast),
            assistantParts(turn * ANSWERS + step, time, isLast),
          );
        }
      }
      return id;
    },
  };
}
