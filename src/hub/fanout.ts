import type { Diagnostic, DiagnosticHandler } from "../engine/diagnostics.ts";
import { reasonOf } from "../engine/errors.ts";
import { type EngineEvent, sessionIdOf } from "../engine/events.ts";
import { Listeners } from "./listeners.ts";

export interface Subscriber {
  next(event: EngineEvent): void;
  /** Nothing will come any more; with an error, because the engine can't be listened to. It leaves by itself. */
  end?(error?: Error): void;
}

/** What is told of a listener's mistake. */
export function handlerThrew(what: string, cause: unknown): Diagnostic {
  const message = `A handler of ${what} threw: ${reasonOf(cause)}`;
  return { level: "error", code: "handler_threw", message, cause };
}

/** What waits for a person: who watches a session is told of its subagents' as well. */
const REQUESTS: ReadonlySet<EngineEvent["type"]> = new Set<EngineEvent["type"]>([
  "permission_requested",
  "permission_resolved",
  "question_asked",
  "question_resolved",
]);

/** Hands every event to everybody who wants it. Those who watch one session cost nothing when another one speaks. */
export class Fanout {
  readonly #everything = new Listeners<Subscriber>();
  readonly #bySession = new Map<string, Listeners<Subscriber>>();
  readonly #parentOf: (sessionId: string) => string | undefined;
  readonly #diagnostic: DiagnosticHandler;

  constructor(parentOf: (sessionId: string) => string | undefined, diagnostic: DiagnosticHandler) {
    this.#parentOf = parentOf;
    this.#diagnostic = diagnostic;
  }

  add(subscriber: Subscriber, sessionId?: string): () => void {
    if (sessionId === undefined) return this.#everything.add(subscriber);
    const room = this.#bySession.get(sessionId) ?? new Listeners<Subscriber>();
    this.#bySession.set(sessionId, room);
    const leave = room.add(subscriber);
    return () => {
      leave();
      if (room.size === 0 && this.#bySession.get(sessionId) === room) this.#bySession.delete(sessionId);
    };
  }

  publish(events: readonly EngineEvent[]): void {
    for (const event of events) {
      const tell = (subscriber: Subscriber) => this.#tell(subscriber, event);
      this.#everything.tell(tell);
      for (const sessionId of this.watchedBy(event)) this.#bySession.get(sessionId)?.tell(tell);
    }
  }

  /** The sessions whose watchers an event is for: its own and, of a request, those that started it as a subagent. */
  watchedBy(event: EngineEvent): ReadonlySet<string> {
    const sessions = new Set<string>();
    let sessionId = sessionIdOf(event);
    while (sessionId !== undefined && !sessions.has(sessionId)) {
      sessions.add(sessionId);
      sessionId = REQUESTS.has(event.type) ? this.#parentOf(sessionId) : undefined;
    }
    return sessions;
  }

  /** Tells those who can hear it that nothing will come any more. Plain handlers stay, for a later connection. */
  end(error?: Error): void {
    for (const room of [this.#everything, ...this.#bySession.values()])
      room.tell((subscriber) => subscriber.end?.(error));
  }

  // One handler's mistake must not reach its siblings, nor the wire.
  #tell(subscriber: Subscriber, event: EngineEvent): void {
    const report = (cause: unknown) => this.#diagnostic(handlerThrew(event.type, cause));
    try {
      const result: unknown = subscriber.next(event);
      // An async handler fits where one is due that returns nothing; its rejection must not end the process.
      if (result instanceof Promise) result.catch(report);
    } catch (cause) {
      report(cause);
    }
  }
}
