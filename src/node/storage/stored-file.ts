import type { DatabaseSync } from "node:sqlite";
import type { DriverReport } from "../../engine/driver.ts";
import type { DriverMessage, DriverSession } from "../../engine/driver-events.ts";
import { reasonOf } from "../../engine/errors.ts";
import { createReader } from "../history/create-reader.ts";
import { findDatabase } from "../history/find-database.ts";
import { openDatabase } from "../history/open-database.ts";
import type { HistoryReader, Row } from "../history/reader.ts";
import { reading } from "../history/unreadable.ts";
import type { Environment } from "../places.ts";
import { EventTable, hasEventTable } from "./event-table.ts";

/** The database of an engine, open for reading. */
export interface StoredFile {
  readonly path: string;
  /** What is written from now on; `undefined` where that can't be seen. */
  follow(): EventTable | undefined;
  /** How many sessions there are. Only of a file that can be followed. */
  countSessions(): number;
  /** Reads facts of one moment. What can't be understood is left out, and told. */
  view<T>(read: (reader: FactReader) => T, report: Pick<DriverReport, "diagnostic">): T;
  /** As `view`, for what can be done without: when it fails that is told, and nothing is thrown. */
  peek<T>(read: (reader: FactReader) => T, report: Pick<DriverReport, "diagnostic">): T | undefined;
  close(): Promise<void>;
}

/** What is stored, as an engine would tell it. */
export interface FactReader {
  sessionIds(): readonly string[];
  session(sessionId: string): DriverSession | undefined;
  /** Oldest first; the newest `limit`. */
  messages(sessionId: string, limit: number | undefined): readonly DriverMessage[];
  /** As much of the newest turn as tells how it ended. */
  lastWord(sessionId: string): readonly DriverMessage[];
}

/** @throws EngineError `HISTORY_UNREADABLE` */
export async function openStoredFile(path: string | undefined, env: Environment): Promise<StoredFile> {
  const found = findDatabase(path, env);
  const { db, isCopy, close } = await openDatabase(found);
  try {
    const reader = reading(found, () => createReader(found, db));
    const isFollowed = !isCopy && reading(found, () => hasEventTable(db));
    const view: StoredFile["view"] = (read, report) =>
      reading(found, () => inOneView(db, () => read(factsOf(reader, report.diagnostic))));
    return {
      path: found,
      follow: () => (isFollowed ? reading(found, () => new EventTable(db)) : undefined),
      countSessions: () =>
        reading(found, () => Number(db.prepare("SELECT count(*) AS n FROM session").get()?.n)),
      view,
      peek(read, report) {
        try {
          return view(read, report);
        } catch (cause) {
          const message = reasonOf(cause);
          report.diagnostic({ level: "warning", code: "storage_unreadable", message, cause });
          return undefined;
        }
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function factsOf(reader: HistoryReader, tell: DriverReport["diagnostic"]): FactReader {
  const understood = <T>(rows: readonly Row<T>[], sessionId: string): readonly T[] =>
    rows.flatMap((row) => {
      if (row.ok) return [row.value];
      tell({ level: "warning", code: "history_row_unreadable", message: row.problem, sessionId });
      return [];
    });
  return {
    sessionIds: () => reader.sessionIds({ limit: undefined, workingDirectory: undefined }),
    session(sessionId) {
      const row = reader.session(sessionId);
      return row === undefined ? undefined : understood([row], sessionId)[0];
    },
    messages: (sessionId, limit) => understood(reader.messages(sessionId, limit), sessionId),
    lastWord: (sessionId) => understood(reader.lastWord(sessionId), sessionId),
  };
}

function inOneView<T>(db: DatabaseSync, read: () => T): T {
  db.exec("BEGIN");
  try {
    return read();
  } finally {
    try {
      db.exec("ROLLBACK");
    } catch {
      // SQLite has ended it itself, for the error that is on its way.
    }
  }
}
