import type { SessionSnapshot } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { EngineEvent } from "../engine/events.ts";
import { reduceSession } from "../lifecycle/reduce-session.ts";
import { loseTouch, restoreSession } from "../lifecycle/restore-session.ts";
import { createSessionState, type SessionState } from "../lifecycle/session-state.ts";

/** The states of all sessions that were told of: the mirror. Changed by events alone. */
export class SessionStore {
  readonly #states = new Map<string, SessionState>();
  readonly #listeners = new Set<() => void>();
  readonly #engineId: string;

  constructor(engineId: string) {
    this.#engineId = engineId;
  }

  get(sessionId: string): SessionState | undefined {
    return this.#states.get(sessionId);
  }

  all(): IterableIterator<SessionState> {
    return this.#states.values();
  }

  /** Calls the listener after every change. It must not throw. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  apply(event: DriverEvent): readonly EngineEvent[] {
    const sessionId = sessionOf(event);
    if (sessionId === undefined) return event.type === "unknown" ? [event] : [];
    const events = reduceSession(this.#stateOf(sessionId), event);
    if (event.type === "session_deleted") this.#states.delete(sessionId);
    return this.#changed(events);
  }

  /** `final`: nothing more will be learned by reading again. */
  restore(snapshot: SessionSnapshot, final: boolean): readonly EngineEvent[] {
    return this.#changed(restoreSession(this.#stateOf(snapshot.session.id), snapshot, final));
  }

  /** The wire dropped. */
  loseTouch(): void {
    for (const state of this.#states.values()) loseTouch(state);
  }

  /** Nobody listens any more: what is kept would only grow old. */
  clear(): void {
    this.#states.clear();
    for (const listener of this.#listeners) listener();
  }

  #changed(events: readonly EngineEvent[]): readonly EngineEvent[] {
    // Deltas change no session: those who watch the list of sessions are not woken for them.
    if (events.some((event) => event.type !== "message_delta"))
      for (const listener of this.#listeners) listener();
    return events;
  }

  #stateOf(sessionId: string): SessionState {
    let state = this.#states.get(sessionId);
    if (state === undefined) {
      state = createSessionState(this.#engineId, sessionId);
      this.#states.set(sessionId, state);
    }
    return state;
  }
}

function sessionOf(event: DriverEvent): string | undefined {
  switch (event.type) {
    case "session_created":
    case "session_updated":
      return event.session.id;
    case "message_updated":
      return event.message.sessionId;
    case "permission_requested":
    case "question_asked":
      return event.request.sessionId;
    default:
      return event.sessionId;
  }
}
