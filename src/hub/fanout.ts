import type { Diagnostic, DiagnosticHandler } from "../engine/diagnostics.ts";
import { reasonOf } from "../engine/errors.ts";
import { type EngineEvent, sessionIdOf } from "../engine/events.ts";

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

/** Hands every event to everybody who wants it. Those who watch one session cost nothing when another one speaks. */
export class Fanout {
  readonly #everything = new Set<Subscriber>();
  readonly #bySession = new Map<string, Set<Subscriber>>();
  readonly #diagnostic: DiagnosticHandler;

  constructor(diagnostic: DiagnosticHandler) {
    this.#diagnostic = diagnostic;
  }

  add(subscriber: Subscriber, sessionId?: string): () => void {
    if (sessionId === undefined) {
      this.#everything.add(subscriber);
      return () => this.#everything.delete(subscriber);
    }
    const room = this.#bySession.get(sessionId) ?? new Set();
    this.#bySession.set(sessionId, room.add(subscriber));
    return () => {
      room.delete(subscriber);
      if (room.size === 0 && this.#bySession.get(sessionId) === room) this.#bySession.delete(sessionId);
    };
  }

  publish(events: readonly EngineEvent[]): void {
    for (const event of events) {
      for (const subscriber of this.#everything) this.#tell(subscriber, event);
      const room = this.#bySession.get(sessionIdOf(event) ?? "");
      if (room === undefined) continue;
      for (const subscriber of room) this.#tell(subscriber, event);
    }
  }

  /** Tells those who can hear it that nothing will come any more. Plain handlers stay, for a later connection. */
  end(error?: Error): void {
    for (const room of [this.#everything, ...this.#bySession.values()]) {
      for (const subscriber of [...room]) subscriber.end?.(error);
    }
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
