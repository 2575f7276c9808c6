import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { type EngineEvent, sessionIdOf } from "../engine/events.ts";

export interface Subscriber {
  next(event: EngineEvent): void;
  /** Nothing will come any more; with an error, because the engine can't be listened to. It leaves by itself. */
  end?(error?: Error): void;
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
    try {
      subscriber.next(event);
    } catch (cause) {
      const message = `A handler of ${event.type} threw: ${cause instanceof Error ? cause.message : String(cause)}`;
      this.#diagnostic({ level: "error", code: "handler_threw", message, cause });
    }
  }
}
