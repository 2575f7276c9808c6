import { setImmediate } from "node:timers/promises";
import { asyncDispose } from "../../engine/async-dispose.ts";
import { EngineError } from "../../engine/errors.ts";
import { type Session, type SessionRef, toSessionId } from "../../engine/session.ts";
import { readToolCalls } from "../../engine/tool-calls.ts";
import { messageOf } from "../../lifecycle/message-state.ts";
import { restoreMessages } from "../../lifecycle/restore-messages.ts";
import { markMessage } from "../../opencode/native/mark-mcp.ts";
import { mcpToolOf } from "../../opencode/native/mcp-names.ts";
import { formatTranscript } from "../../transcript/format-transcript.ts";
import { absoluteDirectory } from "../process/directories.ts";
import { createReader } from "./create-reader.ts";
import { findDatabase } from "./find-database.ts";
import type { History, OpenHistoryOptions } from "./history.ts";
import { endLostTurns } from "./lost-turns.ts";
import { type InOneView, oneViewOf } from "./one-view.ts";
import { openDatabase } from "./open-database.ts";
import { isOpenElsewhere } from "./open-elsewhere.ts";
import type { Row } from "./reader.ts";
import { meetStored, restoreStored, unfinishedMessage, unfinishedOf } from "./restore.ts";
import { readSettled } from "./settled.ts";
import { reading, unreadable } from "./unreadable.ts";

const ENGINE_ID = "opencode";
/** Of the engine's own tools, what could be taken for one of a server `apply`. */
const OWN_TOOLS: ReadonlySet<string> = new Set(["apply_patch"]);
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
  const { onDiagnostic = () => {}, engineRuns, mcpServers = [] } = options;
  const path = findDatabase(options.path, options.env ?? process.env);
  const { db, isCopy, close } = await openDatabase(path);
  const [reader, inOneView] = await orClose(close, () =>
    reading(path, () => [createReader(path, db), oneViewOf(db)] as const),
  );
  if (isCopy) {
    const message = `${path} can't be opened where it is; a copy of how it stands now is read.`;
    onDiagnostic({ level: "info", code: "history_copied", message });
  }
  let closing: Promise<void> | undefined;

  const view: InOneView = (read) => {
    if (closing !== undefined) throw unreadable("This history is closed.");
    return reading(path, () => inOneView(read));
  };
  // Of a copy nobody has the original's locks to look at.
  const mayBeWritten = () => engineRuns ?? (isCopy || isOpenElsewhere(path) !== false);
  const understood = <T>(row: Row<T>, sessionId: string): T | undefined => {
    if (row.ok) return row.value;
    onDiagnostic({ level: "warning", code: "history_row_unreadable", message: row.problem, sessionId });
    return undefined;
  };
  /** @throws EngineError `SESSION_NOT_FOUND` */
  const mustHave = (sessionId: string): void => {
    if (reader.has(sessionId)) return;
    const message = `There is no session ${JSON.stringify(sessionId)} in ${path}.`;
    throw new EngineError("SESSION_NOT_FOUND", message, { engine: ENGINE_ID, sessionId });
  };
  const viewOf = <T>(session: SessionRef, read: (sessionId: string) => T): T => {
    const sessionId = toSessionId(session);
    return view(() => {
      mustHave(sessionId);
      return read(sessionId);
    });
  };
  /** Sessions with how they rest; those that are gone meanwhile are left out. */
  const readSessions = (idsIn: () => readonly string[]): readonly Row<Session>[] => {
    const read = () => idsIn().flatMap((id) => meetStored(reader, id) ?? []);
    const { value, lost } = readSettled(view, read, (met) => met.flatMap(unfinishedOf), mayBeWritten);
    return value.map((met) =>
      met.ok ? { ok: true, value: restoreStored(ENGINE_ID, met.value, lost) } : met,
    );
  };
  const findMcpTool = (name: string) => (OWN_TOOLS.has(name) ? undefined : mcpToolOf(name, mcpServers));
  const end = (): Promise<void> => {
    closing ??= close();
    return closing;
  };

  const messages: History["messages"] = async (session, { limit } = {}) => {
    const most = checkLimit(limit);
    const sessionId = toSessionId(session);
    const read = () => {
      mustHave(sessionId);
      return reader.messages(sessionId, most);
    };
    const unfinishedIn = (rows: ReturnType<typeof read>) => rows.flatMap(unfinishedMessage);
    const { value, lost } = readSettled(view, read, unfinishedIn, mayBeWritten);
    const told = value.map((row) => understood(row, sessionId)).filter((message) => message !== undefined);
    const messages = restoreMessages(told.map((message) => markMessage(message, findMcpTool)));
    if (lost.size > 0) endLostTurns(messages, lost);
    return messages.map(messageOf);
  };
  const children: History["children"] = async (session) => {
    const sessionId = toSessionId(session);
    const rows = readSessions(() => {
      mustHave(sessionId);
      return reader.childIds(sessionId);
    });
    return rows.map((row) => understood(row, sessionId)).filter((child) => child !== undefined);
  };

  const history: History = {
    path,
    layout: reader.layout,
    isCopy,
    sessions: ({ limit, workingDirectory } = {}) => ({
      async *[Symbol.asyncIterator]() {
        const filter = {
          limit: checkLimit(limit),
          workingDirectory: workingDirectory === undefined ? undefined : absoluteDirectory(workingDirectory),
        };
        // An open cursor would keep the writer from tidying up its log for as long as the loop takes.
        const ids = view(() => reader.sessionIds(filter));
        for (const [index, id] of ids.entries()) {
          if (index % BREATH === BREATH - 1) await setImmediate();
          const [row] = readSessions(() => [id]);
          const session = row && understood(row, id);
          if (session !== undefined) yield session;
        }
      },
    }),
    async session(session) {
      const sessionId = toSessionId(session);
      const [row] = readSessions(() => {
        mustHave(sessionId);
        return [sessionId];
      });
      if (row?.ok) return row.value;
      throw unreadable(`${path}: ${row?.problem}`);
    },
    messages,
    children,
    toolCalls: async (session, { tree = false } = {}) =>
      readToolCalls(toSessionId(session), tree, { messages, children }),
    async exportTranscript(session, format) {
      const [told, all] = [await history.session(session), await messages(session)];
      return formatTranscript({ session: told, messages: all }, format);
    },
    todos: async (session) => viewOf(session, (sessionId) => reader.todos(sessionId)),
    diff: async (session, { messageId } = {}) =>
      viewOf(session, (sessionId) => reader.diff(sessionId, messageId)),
    files: async (session) => viewOf(session, (sessionId) => reader.files(sessionId)),
    close: end,
    [asyncDispose]: end,
  };
  return history;
}

function checkLimit(limit: number | undefined): number | undefined {
  if (limit === undefined || (Number.isSafeInteger(limit) && limit >= 0)) return limit;
  throw new EngineError("INVALID_REQUEST", `limit is ${limit}; allowed: whole numbers from 0 on.`);
}

async function orClose<T>(close: () => Promise<void>, work: () => T): Promise<T> {
  try {
    return work();
  } catch (error) {
    await close();
    throw error;
  }
}
