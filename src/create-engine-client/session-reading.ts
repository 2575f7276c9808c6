import type { CallOptions } from "../engine/call-options.ts";
import type { ListedSession } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import { type Session, type SessionRef, toSessionId } from "../engine/session.ts";
import type { Link } from "../hub/link.ts";
import type { Registry } from "../hub/registry.ts";
import { createSessionState, withTold } from "../lifecycle/session-state.ts";

export interface SessionReading {
  /** What the engine told of a session, with what the mirror knows of it besides. */
  toSession(told: Pick<ListedSession, "session"> & Partial<ListedSession>): Session;
  /** @throws EngineError `SESSION_NOT_FOUND` */
  readSession(session: SessionRef, options?: CallOptions): Promise<Session>;
}

/** Makes sessions of what the engine tells. */
export function createSessionReading(
  engine: { readonly id: string; readonly name: string },
  link: Link,
  registry: Registry,
): SessionReading {
  const toSession: SessionReading["toSession"] = ({ session, running = false, resting, verified }) => {
    const known = registry.get(session.id) ?? createSessionState(engine.id, session.id).session;
    const status = running ? "running" : (resting ?? known.status);
    return withTold({ ...known, status, ...(running ? { verified } : {}) }, session);
  };

  const readSession: SessionReading["readSession"] = (session, { signal } = {}) =>
    link.use(signal, async (connection, scope) => {
      const id = toSessionId(session);
      const [snapshot] = await connection.snapshot({ sessionIds: [id], withMessages: [], signal: scope });
      if (snapshot === undefined) {
        throw new EngineError("SESSION_NOT_FOUND", `${engine.name} has no session ${id}.`, { sessionId: id });
      }
      return toSession(snapshot);
    });

  return { toSession, readSession };
}
