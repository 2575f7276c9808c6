import type { DriverItem } from "../../engine/driver.ts";
import type { DriverEvent, DriverMessage, DriverSession } from "../../engine/driver-events.ts";
import type { SessionSnapshot } from "../../engine/driver-requests.ts";
import { sessionOf } from "../../hub/session-of.ts";
import { isAnswer, TurnsHere } from "./turns-here.ts";

/** What another process seems to be doing in a session. */
interface Run {
  readonly turnId: string | undefined;
  /** Since when its last answer is whole, but may not be the turn's last: its tools were to be heard, say. */
  readonly quietSince: number | undefined;
}

/**
 * Milliseconds after which such an answer was the last after all. The next one follows at once, but on a machine that is
 * busy that may take its time; and a turn that is told to be over must be.
 */
const QUIET_MS = 10_000;
/** Milliseconds after which an answer without an end is no sign of life any more. */
const STALE_MS = 24 * 60 * 60 * 1_000;

export type LookUpSession = (sessionId: string) => DriverSession | undefined;

/**
 * What other processes do in the engine's sessions, as far as its records tell. They do not say who works on what, nor
 * when somebody dies: a session runs elsewhere while its newest answer has no end and this client's engine has nothing
 * to do with it. Outlives connections.
 */
export class Elsewhere {
  readonly here = new TurnsHere();
  readonly #runs = new Map<string, Run>();
  /** Where the engine said then that it is at work: on another turn, or it was its own that was told late. */
  readonly #overtaken = new Map<string, Run>();
  /** Sessions that are told with the mark of the storage, as they were told. */
  readonly #marked = new Map<string, DriverSession>();

  /** Does another process seem to work on it? */
  runs(sessionId: string): boolean {
    return this.#runs.has(sessionId);
  }

  /** Sessions that another process seems to work on. */
  running(): readonly string[] {
    return [...this.#runs.keys()];
  }

  /** What is passed on of an item that comes out of the merge. `lookUp`: finds a session that was not told of yet. */
  tell(item: DriverItem, now: number, lookUp: LookUpSession): readonly DriverItem[] {
    const { event, origin } = item;
    if (event.type === "session_deleted") {
      this.here.hear(event);
      for (const known of [this.#runs, this.#overtaken, this.#marked]) known.delete(event.sessionId);
      return [item];
    }
    return origin === "storage" ? this.#tellStored(item, now, lookUp) : this.#tellHeard(item);
  }

  /** The engine told what was known from the storage already: it is its own. */
  heardAgain(event: DriverEvent): readonly DriverItem[] {
    this.here.hear(event);
    const sessionId = sessionOf(event) ?? "";
    if (event.type === "message_updated") {
      const { turnId } = event.message;
      if (this.#runs.get(sessionId)?.turnId === turnId) this.#runs.delete(sessionId);
      if (this.#overtaken.get(sessionId)?.turnId === turnId) this.#overtaken.delete(sessionId);
    }
    const session = this.#runs.has(sessionId) ? undefined : this.#unmark(sessionId);
    return session === undefined ? [] : [{ event: { type: "session_updated", session } }];
  }

  /** Turns of others that have come to their end by now, as nothing more was heard of them. */
  due(now: number): readonly DriverItem[] {
    const due: DriverItem[] = [];
    for (const [sessionId, { quietSince }] of this.#runs)
      if (quietSince !== undefined && now - quietSince >= QUIET_MS) due.push(this.#end(sessionId));
    return due;
  }

  /** Does another process seem to have begun to work on what was read, by a first reading? */
  suspects({ session, running, resting, messages }: SessionSnapshot, now: number): boolean {
    const newest = messages?.at(-1);
    if (running || resting !== undefined || newest === undefined) return false;
    return (
      this.#goesOnElsewhere(session, newest, now) && this.#runs.get(session.id)?.turnId !== newest.turnId
    );
  }

  /**
   * What the engine's records say of a session, corrected: the engine calls it idle, but it may well be at work in
   * another process. `newest`: the newest message, as far as it was read.
   */
  judge(told: DriverSession, isRunningHere: boolean, newest: DriverMessage | undefined, now: number) {
    const { id } = told;
    if (isRunningHere) {
      this.here.runs(id);
      this.#runs.delete(id);
      this.#marked.delete(id);
      return { session: told, isElsewhere: false };
    }
    const known = this.#runs.get(id);
    if (newest !== undefined && this.#goesOnElsewhere(told, newest, now)) {
      this.#runs.set(id, { turnId: newest.turnId, quietSince: undefined });
    } else if (known !== undefined && newest !== undefined && !isOpen(newest)) {
      // Between two answers of a turn it looks as if that were over.
      if (isAnswer(newest) && !isLast(newest))
        this.#runs.set(id, { ...known, quietSince: known.quietSince ?? now });
      else this.#runs.delete(id);
    }
    const isElsewhere = this.#runs.has(id);
    const isMarked = isElsewhere || this.#marked.has(id);
    return { session: isMarked ? this.#mark(told) : told, isElsewhere };
  }

  /** The engine does not run it, and its newest message is no end. */
  #goesOnElsewhere({ updatedAt }: DriverSession, newest: DriverMessage, now: number): boolean {
    const isStale = now - Math.max(updatedAt, newest.createdAt) >= STALE_MS;
    return isOpen(newest) && !isStale && !this.here.owns(newest);
  }

  #tellStored(item: DriverItem, now: number, lookUp: LookUpSession): readonly DriverItem[] {
    const { event } = item;
    if (event.type === "session_created" || event.type === "session_updated")
      return [{ ...item, event: { ...event, session: this.#mark(event.session) } }];
    const sessionId = sessionOf(event);
    if (sessionId === undefined) return [item];
    const before = this.#marked.has(sessionId) ? [] : this.#introduce(sessionId, item, lookUp);
    if (event.type !== "message_updated" || !isAnswer(event.message)) return [...before, item];
    const { message } = event;
    if (!isWhole(message)) {
      this.here.leaves(message);
      const isNew = !this.#runs.has(sessionId);
      this.#runs.set(sessionId, { turnId: message.turnId, quietSince: undefined });
      const running: DriverEvent = { type: "session_status", sessionId, running: true, verified: false };
      return [...before, ...(isNew ? [{ event: running, origin: "storage" } as const] : []), item];
    }
    const run = this.#runs.get(sessionId);
    if (run === undefined) return [...before, item];
    if (isLast(message)) return [...before, item, this.#end(sessionId)];
    this.#runs.set(sessionId, { ...run, quietSince: run.quietSince ?? now });
    return [...before, item];
  }

  #tellHeard(item: DriverItem): readonly DriverItem[] {
    const { event } = item;
    this.here.hear(event);
    const sessionId = sessionOf(event);
    if (sessionId === undefined) return [item];
    const run = this.#runs.get(sessionId);
    switch (event.type) {
      case "session_status":
        if (run === undefined) return [item];
        // It has nothing to do there: that is no news, and says nothing of the other process.
        if (!event.running) return [];
        this.#runs.delete(sessionId);
        this.#overtaken.set(sessionId, run);
        return [item];
      case "message_updated":
        // A prompt is told again when its turn is long over: only the answer says who works on it.
        if (run?.turnId === event.message.turnId && run !== undefined && isAnswer(event.message))
          return this.#takeBack(item, event.message);
        return [...this.#endOvertaken(event.message), item];
      case "session_created":
      case "session_updated":
        if (run === undefined) this.#unmark(sessionId);
        else return [{ ...item, event: { ...event, session: this.#mark(event.session) } }];
        return [item];
      default:
        return [item];
    }
  }

  /** It was the engine's own after all. */
  #takeBack(item: DriverItem, message: DriverMessage): readonly DriverItem[] {
    const { sessionId } = message;
    this.#runs.delete(sessionId);
    const running = !isWhole(message);
    const session = this.#unmark(sessionId);
    return [
      ...(session === undefined ? [] : [{ event: { type: "session_updated", session } } as const]),
      item,
      { event: { type: "session_status", sessionId, running } },
    ];
  }

  /** The engine works on another turn: what becomes of the one before is not for it to say. */
  #endOvertaken({ sessionId, turnId: answered }: DriverMessage): readonly DriverItem[] {
    const turnId = this.#overtaken.get(sessionId)?.turnId;
    if (!this.#overtaken.delete(sessionId) || turnId === undefined || turnId === answered) return [];
    return [{ event: { type: "turn_ended", sessionId, turnId, status: "superseded" } }];
  }

  #introduce(sessionId: string, { id }: DriverItem, lookUp: LookUpSession): readonly DriverItem[] {
    const session = lookUp(sessionId);
    if (session === undefined) return [];
    const event = { type: "session_updated", session: this.#mark(session) } as const;
    return [{ event, id, origin: "storage" }];
  }

  #end(sessionId: string): DriverItem {
    this.#runs.delete(sessionId);
    return { event: { type: "session_status", sessionId, running: false }, origin: "storage" };
  }

  #mark(session: DriverSession): DriverSession {
    const marked = { ...session, origin: "storage" } as const;
    this.#marked.set(session.id, marked);
    return marked;
  }

  /** The session without its mark, if it had one. */
  #unmark(sessionId: string): DriverSession | undefined {
    const marked = this.#marked.get(sessionId);
    if (marked === undefined) return undefined;
    this.#marked.delete(sessionId);
    const { origin: _, ...session } = marked;
    return session;
  }
}

function isOpen(message: DriverMessage): boolean {
  return isAnswer(message) && !isWhole(message);
}

function isWhole({ completedAt, error }: DriverMessage): boolean {
  return completedAt !== undefined || error !== undefined;
}

/** It ends its turn. Without a reason, or when its tools are to be heard, or the talk was shortened, it may go on. */
function isLast({ error, stopReason, summary }: DriverMessage): boolean {
  if (error !== undefined) return true;
  return stopReason !== undefined && stopReason !== "tool_calls" && summary !== true;
}
