import type { AllSessionsOptions, ListSessionsOptions } from "../engine/call-options.ts";
import type { EngineConnection } from "../engine/driver.ts";
import type { ListedSession, SessionPage } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { Session } from "../engine/session.ts";
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
