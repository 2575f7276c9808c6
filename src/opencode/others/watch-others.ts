import type { DriverItem, DriverReport, EngineConnection } from "../../engine/driver.ts";
import type { DriverMessage } from "../../engine/driver-events.ts";
import type {
  SessionPage,
  SessionPageRequest,
  SessionSnapshot,
  SnapshotRequest,
} from "../../engine/driver-requests.ts";
import type { Elsewhere } from "./elsewhere.ts";
import type { Lookout } from "./lookout.ts";
import { mingle } from "./mingle.ts";
import { readTwice } from "./read-twice.ts";

export interface WatchOptions {
  readonly connection: EngineConnection;
  readonly elsewhere: Elsewhere;
  readonly report: DriverReport;
  /** Begins to look for what other processes do, until the signal aborts. */
  startLookout(signal: AbortSignal): Lookout;
  /** Milliseconds between two looks. */
  readonly every: number;
  /** The newest message of a session of which nothing was read, where it is at hand. Default: it is not. */
  newestMessage?(sessionId: string): DriverMessage | undefined;
  /** Ends it, besides the signals of the calls. */
  readonly end?: AbortSignal | undefined;
}

/** Of how many sessions of a list it is looked up whether another process runs them. */
const JUDGED = 100;

/** The connection, and what other processes do in the same sessions. */
export function watchOthers(options: WatchOptions): EngineConnection {
  const { connection, elsewhere, report, startLookout, every, newestMessage, end } = options;
  let lookout: Lookout | undefined;

  const warn = (sessionId: string, what: string) => {
    if (!elsewhere.runs(sessionId)) return;
    const message = `Another process seems to be at work on session ${sessionId}. ${what}`;
    report.diagnostic({ level: "warning", code: "session_in_other_process", message, sessionId });
  };

  const judge = (snapshot: SessionSnapshot, asked: ReadonlySet<string>): SessionSnapshot => {
    const { session, running, messages, resting } = snapshot;
    // An engine that says so itself need not be judged by its records.
    if (resting !== undefined) return snapshot;
    // A single session without its messages: the newest one may be at hand.
    const atHand = () => (asked.has(session.id) ? newestMessage?.(session.id) : undefined);
    const newest = running ? undefined : messages === undefined ? atHand() : messages.at(-1);
    const judged = elsewhere.judge(session, running, newest, Date.now());
    if (!judged.isElsewhere) return { ...snapshot, session: judged.session };
    return { ...snapshot, session: judged.session, running: true, verified: false };
  };

  const snapshot = async (request: SnapshotRequest): Promise<readonly SessionSnapshot[]> => {
    const done = lookout?.reading?.(request);
    let read: readonly SessionSnapshot[] | undefined;
    try {
      read = await readTwice(connection, request, (one) => elsewhere.suspects(one, Date.now()));
    } finally {
      done?.(read);
    }
    const asked = new Set(request.sessionIds);
    const wanted = new Set(request.withMessages);
    return read.map((one) => {
      const judged = judge(one, asked);
      // So few of them say how it rests, not what is going on: who follows it reads it as one that runs.
      const isTooLittle = judged.verified === false && !wanted.has(one.session.id);
      return isTooLittle ? { ...judged, messages: undefined } : judged;
    });
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
      const scope = AbortSignal.any([signal, leaving.signal, ...(end ? [end] : [])]);
      // Before the engine is listened to: what happens from here on is either heard or found, or both.
      const current = startLookout(scope);
      lookout = current;
      const stream = await connection.events({ after, signal: scope });
      return mingle(stream, {
        hear: (item: DriverItem) => current.hear(item),
        look: () => current.look(),
        every,
        leave: () => leaving.abort(),
      });
    },

    snapshot,
    ...(connection.listSessions && { listSessions }),
    async createSession(create) {
      const session = await connection.createSession(create);
      lookout?.dealWith?.(session.id);
      return session;
    },
    async prompt(request) {
      const { sessionId } = request;
      warn(sessionId, "It does not see this prompt, and the engine answers without knowing what it does.");
      lookout?.dealWith?.(sessionId);
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
