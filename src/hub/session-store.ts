import type { DriverEvent } from "../engine/driver-events.ts";
import type { SessionSnapshot } from "../engine/driver-requests.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import type { Session } from "../engine/session.ts";
import { reduceSession } from "../lifecycle/reduce-session.ts";
import { loseTouch, restoreSession } from "../lifecycle/restore-session.ts";
import { createSessionState, hasNothingGoingOn, type SessionState } from "../lifecycle/session-state.ts";
import { Listeners } from "./listeners.ts";
import { RecencyList } from "./recency-list.ts";
import { sessionOf } from "./session-of.ts";

/** How many sessions at rest are remembered with the messages of their newest turn. */
const REMEMBERED = 256;

/** The sessions that were told of: the mirror. Changed by events alone. */
export class SessionStore {
  #sessions = new RecencyList();
  /** Those in which something goes on, or lately did. Most sessions are neither. */
  readonly #states = new Map<string, SessionState>();
  /** Of those states the ones at rest, the longest first. */
  readonly #resting = new Set<string>();
  readonly #permissions = new Map<string, PermissionRequest>();
  /** Sessions that were asked for by name; of some the engine has yet to say that they were made. */
  readonly #met = new Set<string>();
  readonly #listeners = new Listeners<() => void>();
  readonly #engineId: string;

  constructor(engineId: string) {
    this.#engineId = engineId;
  }

  /** All that are known, the newest first. */
  get sessions(): Pick<RecencyList, "size" | "get" | "snapshot" | typeof Symbol.iterator> {
    return this.#sessions;
  }

  /** What goes on in a session; `undefined` while nothing does. */
  get(sessionId: string): SessionState | undefined {
    return this.#states.get(sessionId);
  }

  isKnown(sessionId: string): boolean {
    return this.#sessions.get(sessionId) !== undefined;
  }

  /** The sessions in which something goes on, or lately did. */
  active(): IterableIterator<SessionState> {
    return this.#states.values();
  }

  /** The requests that wait for an answer, by their ids. */
  get permissions(): ReadonlyMap<string, PermissionRequest> {
    return this.#permissions;
  }

  /** Calls the listener after every change of a session or its permission requests. It must not throw. */
  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  apply(event: DriverEvent): readonly EngineEvent[] {
    const sessionId = sessionOf(event);
    if (sessionId === undefined) return event.type === "unknown" ? [event] : [];
    const isHeardOf = this.#states.has(sessionId) || this.isKnown(sessionId);
    // The last words on a session that was deleted must not bring it back.
    if (!isHeardOf && !introduces(event)) return tellsByItself(event) ? [event] : [];
    const state = this.#stateOf(sessionId);
    const changes = reduceSession(state, event);
    const isBorn = event.type === "session_created" && this.#met.delete(sessionId);
    const events = isBorn ? [{ type: "session_created", session: state.session } as const] : changes;
    this.#keep(state, event.type === "session_deleted");
    return this.#changed(state, events);
  }

  /** A prompt is on its way that is to open this turn. Until the returned function is called nothing of it is lost. */
  expect(sessionId: string, turnId: string): () => void {
    const state = this.#stateOf(sessionId);
    if (!state.openTurns.has(turnId)) state.expectedTurns.add(turnId);
    this.#keep(state, false);
    return () => {
      if (state.expectedTurns.delete(turnId) && this.#states.get(sessionId) === state)
        this.#keep(state, false);
    };
  }

  /** As `restore()`, of a session that is met by its name. */
  meet(snapshot: SessionSnapshot): readonly EngineEvent[] {
    if (!this.isKnown(snapshot.session.id)) this.#met.add(snapshot.session.id);
    return this.restore(snapshot, false);
  }

  /** `final`: nothing more will be learned by reading again. */
  restore(snapshot: SessionSnapshot, final: boolean): readonly EngineEvent[] {
    const state = this.#stateOf(snapshot.session.id);
    const events = restoreSession(state, snapshot, final);
    this.#keep(state, false);
    return this.#changed(state, events);
  }

  /** The wire dropped. */
  loseTouch(): void {
    for (const state of this.#states.values()) loseTouch(state);
  }

  /** Nobody listens any more: what is kept would only grow old. */
  clear(): void {
    if (this.#states.size === 0 && this.#sessions.size === 0) return;
    this.#states.clear();
    this.#resting.clear();
    this.#permissions.clear();
    this.#met.clear();
    this.#sessions = new RecencyList();
    this.#tell();
  }

  #stateOf(sessionId: string): SessionState {
    const kept = this.#states.get(sessionId);
    if (kept !== undefined) return kept;
    const state = createSessionState(this.#engineId, sessionId);
    const session = this.#sessions.get(sessionId);
    return session === undefined ? state : { ...state, session, known: true };
  }

  /** Keeps what has happened to a session, as far as it is still of use. */
  #keep(state: SessionState, isDeleted: boolean): void {
    const { id } = state.session;
    this.#resting.delete(id);
    if (isDeleted) this.#met.delete(id);
    if (isDeleted || (hasNothingGoingOn(state) && state.messages.size === 0)) {
      this.#states.delete(id);
      return;
    }
    this.#states.set(id, state);
    if (!hasNothingGoingOn(state)) return;
    this.#resting.add(id);
    if (this.#resting.size <= REMEMBERED) return;
    const [longest = ""] = this.#resting;
    this.#resting.delete(longest);
    this.#states.delete(longest);
  }

  /** Brings the lists to what was told. */
  #changed(state: SessionState, events: readonly EngineEvent[]): readonly EngineEvent[] {
    const { session, known } = state;
    const listed: Session | undefined = this.#sessions.get(session.id);
    let isListChanged = false;
    for (const event of events) {
      if (event.type === "permission_requested") {
        const { type: _, ...request } = event;
        this.#permissions.set(request.permissionId, request);
        isListChanged = true;
      } else if (event.type === "permission_resolved") {
        this.#permissions.delete(event.permissionId);
        isListChanged = true;
      } else if (event.type === "session_deleted") {
        this.#sessions.delete(session.id);
        isListChanged = true;
      }
    }
    const isDeleted = events.at(-1)?.type === "session_deleted";
    if (known && !isDeleted && session !== listed) {
      this.#sessions.put(session);
      isListChanged = true;
    }
    if (isListChanged) this.#tell();
    return events;
  }

  #tell(): void {
    this.#listeners.tell((listener) => listener());
  }
}

/** Nobody is at work there, and every turn has had its last word; or another process is, which may be dead long since. */
export function isAtRest(state: SessionState | undefined): boolean {
  if (state === undefined || state.session.verified === false) return true;
  return !state.engineRunning && state.openTurns.size === 0;
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
