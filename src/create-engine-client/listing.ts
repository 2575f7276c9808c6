import type { AllSessionsOptions, ListSessionsOptions, SessionPageOptions } from "../engine/call-options.ts";
import type { EngineConnection } from "../engine/driver.ts";
import type { ListedSession, SessionPage } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { PageOfSessions, Session } from "../engine/session.ts";
import { matchesQuery } from "../engine/session-query.ts";
import type { Link } from "../hub/link.ts";

/** How many sessions are asked for at a time: where all are wanted at once, and where somebody iterates. */
const LARGE_PAGE = 500;
const PAGE = 100;

type ToSession = (listed: ListedSession) => Session;

export async function listSessions(
  link: Link,
  toSession: ToSession,
  { limit, ...query }: ListSessionsOptions,
): Promise<readonly Session[]> {
  checkCount("limit", limit, 0);
  const found: Session[] = [];
  if (limit === 0) return found;
  const pageSize = Math.min(limit ?? LARGE_PAGE, LARGE_PAGE);
  for await (const session of allSessions(link, toSession, { ...query, pageSize })) {
    found.push(session);
    if (found.length === limit) break;
  }
  return found;
}

/** Asks for the next page when the one before has been iterated. */
export async function* allSessions(
  link: Link,
  toSession: ToSession,
  { signal, pageSize = PAGE, ...query }: AllSessionsOptions,
): AsyncGenerator<Session, undefined> {
  checkCount("pageSize", pageSize, 1);
  const seen = new Set<string>();
  let cursor: string | undefined;
  do {
    const page: SessionPage = await link.use(signal, (connection, scope) =>
      readPage(connection, { ...query, limit: pageSize, cursor, signal: scope }),
    );
    for (const listed of page.sessions) {
      // It was used meanwhile, say: it has another place now.
      if (seen.has(listed.session.id)) continue;
      seen.add(listed.session.id);
      yield toSession(listed);
      signal?.throwIfAborted();
    }
    cursor = page.cursor;
  } while (cursor !== undefined);
}

export async function sessionPage(
  link: Link,
  toSession: ToSession,
  { limit = PAGE, cursor, signal, ...query }: SessionPageOptions,
): Promise<PageOfSessions> {
  checkCount("limit", limit, 1);
  return link.use(signal, async (connection, scope) => {
    const page = await readPage(connection, { ...query, limit, cursor, signal: scope });
    const isWhole = connection.listSessions === undefined;
    const { sessions, cursor: next } = isWhole ? cut(page.sessions, limit, cursor) : page;
    return { sessions: sessions.map(toSession), ...(next === undefined ? {} : { cursor: next }) };
  });
}

/** A page of the whole list. Its cursor says which session came last, and when that was used. */
function cut(all: SessionPage["sessions"], limit: number, cursor: string | undefined): SessionPage {
  const start = cursor === undefined ? 0 : placeAfter(all, cursor);
  const sessions = all.slice(start, start + limit);
  const last = sessions.at(-1)?.session;
  if (last === undefined || start + limit >= all.length) return { sessions };
  return { sessions, cursor: `${last.updatedAt} ${last.id}` };
}

function placeAfter(all: SessionPage["sessions"], cursor: string): number {
  const [, time, id] = /^(\S+) (.+)$/s.exec(cursor) ?? [];
  const updatedAt = Number(time);
  if (Number.isNaN(updatedAt)) {
    const message = `The cursor ${JSON.stringify(cursor)} is not one of this list: send that of the page before.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  const last = all.findIndex(({ session }) => session.id === id && session.updatedAt === updatedAt);
  if (last >= 0) return last + 1;
  // It is gone, or was used again. Of those that are as old as it was, nobody knows which came: they come again.
  const next = all.findIndex(({ session }) => session.updatedAt <= updatedAt);
  return next < 0 ? all.length : next;
}

async function readPage(
  connection: EngineConnection,
  request: Parameters<NonNullable<EngineConnection["listSessions"]>>[0],
): Promise<SessionPage> {
  if (connection.listSessions !== undefined) return connection.listSessions(request);
  const snapshots = await connection.snapshot({ withMessages: [], signal: request.signal });
  return { sessions: newestFirst(snapshots.filter(({ session }) => matchesQuery(session, request))) };
}

export function newestFirst<T extends Pick<ListedSession, "session">>(sessions: readonly T[]): readonly T[] {
  return sessions.toSorted((a, b) => b.session.updatedAt - a.session.updatedAt);
}

function checkCount(option: string, value: number | undefined, least: number): void {
  if (value === undefined || (Number.isSafeInteger(value) && value >= least)) return;
  const message = `The option ${option} is ${String(value)}; it must be a whole number, ${least} or more.`;
  throw new EngineError("INVALID_REQUEST", message);
}
