import type {
  DriverItem,
  DriverReport,
  EngineConnection,
  SessionPage,
  SessionPageRequest,
  SessionSnapshot,
  SnapshotRequest,
} from "../../engine/driver.ts";
import type { Elsewhere } from "./elsewhere.ts";
import { Follower } from "./follower.ts";
import { mingle } from "./mingle.ts";
import { SessionPoll } from "./session-poll.ts";
import type { StoredFile } from "./stored-file.ts";

export interface WatchOptions {
  readonly connection: EngineConnection;
  /** The database; `undefined`: it can't be read, and the engine is asked instead. */
  readonly file: StoredFile | undefined;
  /** The engine is not there: the database is all there is. */
  readonly isOffline: boolean;
  readonly elsewhere: Elsewhere;
  readonly report: DriverReport;
  /** Aborts when the database is closed. */
  readonly end: AbortSignal;
  /** Milliseconds between two looks at the database. */
  readonly followEvery: number;
  /** Milliseconds between two lists of sessions, where there is no database; 0: never. */
  readonly pollEvery: number;
}

/** Of how many sessions of a list it is looked up whether another process runs them. */
const JUDGED = 100;

/** The connection, and what other processes do in the same sessions. */
export function watchConnection(options: WatchOptions): EngineConnection {
  const { connection, file, isOffline, elsewhere, report, end, followEvery, pollEvery } = options;
  let follower: Follower | undefined;
  let poll: SessionPoll | undefined;

  const warn = (sessionId: string, what: string) => {
    if (!elsewhere.runs(sessionId)) return;
    const message = `Another process seems to be at work on session ${sessionId}. ${what}`;
    report.diagnostic({ level: "warning", code: "session_in_other_process", message, sessionId });
  };
  const dealWith = (sessionId: string) => follower?.merge.dealWith(sessionId, Date.now());

  const judge = (snapshot: SessionSnapshot, asked: ReadonlySet<string>): SessionSnapshot => {
    const { session, running, messages, resting } = snapshot;
    // An engine that says so itself need not be judged by its records.
    if (resting !== undefined) return snapshot;
    // A single session without its messages: the newest one is at hand.
    const read = () => file?.peek((facts) => facts.lastWord(session.id), report);
    const newest = running ? undefined : (messages ?? (asked.has(session.id) ? read() : undefined))?.at(-1);
    const judged = elsewhere.judge(session, running, newest, Date.now());
    if (!judged.isElsewhere) return { ...snapshot, session: judged.session };
    return { ...snapshot, session: judged.session, running: true, verified: false };
  };

  const snapshot = async (request: SnapshotRequest): Promise<readonly SessionSnapshot[]> => {
    follower?.readRows();
    const thaw = follower?.merge.freeze();
    try {
      const snapshots = await connection.snapshot(request);
      const wanted = new Set(request.withMessages);
      const read = snapshots.filter(
        ({ session, messages }) => messages !== undefined && wanted.has(session.id),
      );
      thaw?.(read.map(({ session }) => session.id));
      poll?.saw(snapshots, request.sessionIds === undefined);
      for (const { session } of snapshots) follower?.deletions.sawId(session.id);
      const asked = new Set(request.sessionIds);
      return snapshots.map((one) => {
        const judged = judge(one, asked);
        // So few of them say how it rests, not what is going on: who follows it reads it as one that runs.
        const isTooLittle = judged.verified === false && !wanted.has(one.session.id);
        return isTooLittle ? { ...judged, messages: undefined } : judged;
      });
    } finally {
      thaw?.([]);
    }
  };

  const listSessions = async (request: SessionPageRequest): Promise<SessionPage> => {
    const page = await connection.listSessions?.(request);
    if (page === undefined) return { sessions: [] };
    const asked = new Set(page.sessions.slice(0, JUDGED).map(({ session }) => session.id));
    return { ...page, sessions: page.sessions.map((one) => judge({ ...one, permissions: [] }, asked)) };
  };

  return {
    ...connection,
    async events({ after, signal }) {
      const leaving = new AbortController();
      const scope = AbortSignal.any([signal, leaving.signal, end]);
      const startPoll = (since?: number) => {
        follower = undefined;
        if (pollEvery === 0 || isOffline) return;
        poll = new SessionPoll({ connection, elsewhere, report, every: pollEvery, since, signal: scope });
      };
      const began = Date.now();
      poll = undefined;
      // Before the engine is listened to: what is written from here on is either heard or read, or both.
      const table = file?.peek(() => file.follow(), report);
      if (file === undefined || table === undefined) startPoll();
      else {
        const shared = { connection, file, table, elsewhere, report, signal: scope };
        follower = new Follower({ ...shared, isProven: isOffline, onStopped: () => startPoll(began) });
      }
      const stream = await connection.events({ after, signal: scope });
      const pass = (items: readonly DriverItem[]) => (isOffline ? items.map(asHistory) : items);
      return mingle(stream, {
        hear: (item) =>
          pass((follower ?? poll)?.hear(item) ?? elsewhere.tell(item, Date.now(), () => undefined)),
        look: () => pass((follower ?? poll)?.look() ?? []),
        every: followEvery,
        leave: () => leaving.abort(),
      });
    },

    snapshot,
    ...(connection.listSessions && { listSessions }),
    async createSession(create) {
      const session = await connection.createSession(create);
      dealWith(session.id);
      return session;
    },
    async prompt(request) {
      const { sessionId } = request;
      warn(sessionId, "It does not see this prompt, and the engine answers without knowing what it does.");
      dealWith(sessionId);
      const receipt = await connection.prompt(request);
      if (receipt.turnId !== undefined) elsewhere.here.prompts(sessionId, receipt.turnId);
      return receipt;
    },
    async abort(sessionId, call) {
      warn(sessionId, "The abort may not reach it: stop it where it was started.");
      await connection.abort(sessionId, call);
    },
  };
}

function asHistory(item: DriverItem): DriverItem {
  const { event } = item;
  if (event.type !== "session_created" && event.type !== "session_updated") return item;
  return { ...item, event: { ...event, session: { ...event.session, source: "history" } } };
}
