import type { SessionSnapshot } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { EngineEvent } from "../engine/events.ts";
import { reduceSession } from "../lifecycle/reduce-session.ts";
import { loseTouch, restoreSession } from "../lifecycle/restore-session.ts";
import { createSessionState, type SessionState } from "../lifecycle/session-state.ts";

/** What changes the list of sessions. Deltas, messages and diffs do not: those who watch it are not woken for them. */
const LISTED: ReadonlySet<EngineEvent["type"]> = new Set<EngineEvent["type"]>([
  "session_created",
  "session_updated",
  "session_deleted",
  "permission_requested",
  "permission_resolved",
]);

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

  /** Calls the listener after every change of a session or its permission requests. It must not throw. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  apply(event: DriverEvent): readonly EngineEvent[] {
    const sessionId = sessionOf(event);
    if (sessionId === undefined) return event.type === "unknown" ? [event] : [];
    // The last words on a session that was deleted must not bring it back.
    if (!this.#states.has(sessionId) && !introduces(event)) return tellsByItself(event) ? [event] : [];
    const events = reduceSession(this.#stateOf(sessionId), event);
    if (event.type === "session_deleted") this.#states.delete(sessionId);
    return this.#changed(events);
  }

  /** `final`: nothing more will be learned by reading again. */
  restore(snapshot: SessionSnapshot, final: boolean): readonly EngineEvent[] {
    const state = this.#stateOf(snapshot.session.id);
    const isMet = !state.known;
    const events = restoreSession(state, snapshot, final);
    // Meeting a session is no event, but those who watch the list see one more.
    return this.#changed(events, isMet);
  }

  /** The wire dropped. */
  loseTouch(): void {
    for (const state of this.#states.values()) loseTouch(state);
  }

  /** Nobody listens any more: what is kept would only grow old. */
  clear(): void {
    if (this.#states.size === 0) return;
    this.#states.clear();
    for (const listener of this.#listeners) listener();
  }

  #changed(events: readonly EngineEvent[], isMet = false): readonly EngineEvent[] {
    if (isMet || events.some(({ type }) => LISTED.has(type)))
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

/** Does it say of a session that it is there, and at work? */
function introduces(event: DriverEvent): boolean {
  switch (event.type) {
    case "session_created":
    case "session_updated":
    case "message_updated":
    case "permission_requested":
    case "question_asked":
    case "turn_started":
      return true;
    case "session_status":
      return event.running;
    default:
      return false;
  }
}

/** What is told as it comes, whether or not its session is known. */
function tellsByItself(event: DriverEvent): event is DriverEvent & EngineEvent {
  return event.type === "unknown" || event.type === "file_diff" || event.type === "session_deleted";
}
