import { resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { asyncDispose } from "../../engine/async-dispose.ts";
import { EngineError } from "../../engine/errors.ts";
import { type Session, type SessionRef, toSessionId } from "../../engine/session.ts";
import { messageOf } from "../../lifecycle/message-state.ts";
import { restoreMessages } from "../../lifecycle/restore-messages.ts";
import { createReader } from "./create-reader.ts";
import { findDatabase } from "./find-database.ts";
import type { History, OpenHistoryOptions } from "./history.ts";
import { openDatabase } from "./open-database.ts";
import type { Row } from "./reader.ts";
import { restoreStored } from "./restore.ts";
import { reading, unreadable } from "./unreadable.ts";

const ENGINE_ID = "opencode";
/** After so many sessions others get a turn. */
const BREATH = 50;

/**
 * Opens the stored sessions and messages of OpenCode for reading, whether or not it runs. They are equal to what a
 * client of the running engine gives.
 *
 * @example
 * ```ts
 * const history = await openHistory();
 * try {
 *   for await (const session of history.sessions({ limit: 10 })) {
 *     console.log(session.title, session.status, (await history.messages(session)).length);
 *   }
 * } finally {
 *   await history.close();
 * }
 * ```
 * @throws EngineError `HISTORY_UNREADABLE` (no file, not a database, another layout, no `node:sqlite`); so do all of
 *   its methods when the file can't be read any more
 */
export async function openHistory(options: OpenHistoryOptions = {}): Promise<History> {
  const { onDiagnostic = () => {} } = options;
  const path = findDatabase(options.path, options.env ?? process.env);
  const { db, isCopy, close } = await openDatabase(path);
  const reader = await orClose(close, () => reading(path, () => createReader(path, db)));
  if (isCopy) {
    const message = `${path} can't be opened where it is; a copy of how it stands now is read.`;
    onDiagnostic({ level: "info", code: "history_copied", message });
  }
  let closing: Promise<void> | undefined;

  const view = <T>(read: () => T): T => {
    if (closing !== undefined) throw unreadable("This history is closed.");
    return reading(path, () => inOneView(db, read));
  };
  const understood = <T>(rows: readonly Row<T>[], sessionId: string): readonly T[] =>
    rows.flatMap((row) => {
      if (row.ok) return [row.value];
      const { problem: message } = row;
      onDiagnostic({ level: "warning", code: "history_row_unreadable", message, sessionId });
      return [];
    });
  const readSession = (sessionId: string): Row<Session> | undefined => {
    const row = reader.session(sessionId);
    if (!row?.ok) return row;
    const lastWord = reader.lastWord(sessionId).flatMap((message) => (message.ok ? [message.value] : []));
    return { ok: true, value: restoreStored(ENGINE_ID, row.value, lastWord) };
  };
  const readAll = (ids: readonly string[]) =>
    ids.flatMap((id) => {
      const row = readSession(id);
      return row === undefined ? [] : understood([row], id);
    });
  /** @throws EngineError `SESSION_NOT_FOUND` */
  const readOf = <T>(session: SessionRef, read: (sessionId: string) => T): T => {
    const sessionId = toSessionId(session);
    return view(() => {
      if (reader.session(sessionId) === undefined) {
        const message = `There is no session ${JSON.stringify(sessionId)} in ${path}.`;
        throw new EngineError("SESSION_NOT_FOUND", message, { engine: ENGINE_ID, sessionId });
      }
      return read(sessionId);
    });
  };
  const end = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  return {
    path,
    isCopy,
    sessions: ({ limit, workingDirectory } = {}) => ({
      async *[Symbol.asyncIterator]() {
        const filter = {
          limit: checkLimit(limit),
          workingDirectory: workingDirectory === undefined ? undefined : resolve(workingDirectory),
        };
        // An open cursor would keep the writer from tidying up its log for as long as the loop takes.
        const ids = view(() => reader.sessionIds(filter));
        for (const [index, id] of ids.entries()) {
          if (index % BREATH === BREATH - 1) await setImmediate();
          yield* view(() => readAll([id]));
        }
      },
    }),
    session: async (session) =>
      readOf(session, (sessionId) => {
        const row = readSession(sessionId);
        if (row?.ok) return row.value;
        throw unreadable(`${path}: ${row?.problem}`);
      }),
    messages: async (session, { limit } = {}) => {
      const most = checkLimit(limit);
      const sessionId = toSessionId(session);
      const rows = readOf(session, () => reader.messages(sessionId, most));
      return restoreMessages(understood(rows, sessionId)).map(messageOf);
    },
    children: async (session) => readOf(session, (sessionId) => readAll(reader.childIds(sessionId))),
    todos: async (session) => readOf(session, (sessionId) => reader.todos(sessionId)),
    close: end,
    [asyncDispose]: end,
  };
}

function checkLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw new EngineError("INVALID_REQUEST", `limit is ${limit}; allowed: whole numbers from 0 on.`);
}

/** All that is read in it is of one moment, whatever is written meanwhile. Nothing in it may wait. */
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

async function orClose<T>(close: () => Promise<void>, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    await close();
    throw error;
  }
}
