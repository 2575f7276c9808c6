import type { CallOptions } from "./call-options.ts";
import type { Unsubscribe } from "./engine-client.ts";
import type { EngineEvent, EngineEventType } from "./events.ts";
import type { SessionRef } from "./session.ts";

export interface EventStreamOptions<Type extends EngineEventType = EngineEventType> extends CallOptions {
  /** Only events of this session, and what its subagents ask. */
  readonly sessionId?: SessionRef | undefined;
  /** Only events of these types. Default: all. */
  readonly types?: readonly Type[] | undefined;
  /** How many events may wait for a slow reader before it fails with `EVENT_OVERFLOW`. Default: 4096. */
  readonly limit?: number | undefined;
}

/** Where the connection to the engine's events stands. */
export interface EventStreamStatus {
  readonly state: "idle" | "connecting" | "open" | "reconnecting" | "closed";
  /** How often it was tried in vain since the engine last said something. */
  readonly attempt: number;
  /** Unix milliseconds of the next try, while `state` is `"reconnecting"`. */
  readonly nextAttemptAt?: number | undefined;
  readonly lastError?: Error | undefined;
}

export interface EngineEvents extends AsyncIterable<EngineEvent> {
  /** Calls the handler with every event. One that throws is reported to diagnostics; the others still run. */
  subscribe(handler: (event: EngineEvent) => void): Unsubscribe;
  /**
   * The same events as an async iterator over the same connection. Leaving the loop ends it.
   * @throws EngineError `EVENT_OVERFLOW` when the reader is too slow, after what was waiting;
   *   `AUTH_REQUIRED`, `INVALID_RESPONSE` and the like when the engine can't be listened to.
   */
  stream<Type extends EngineEventType = EngineEventType>(
    options?: EventStreamOptions<Type>,
  ): AsyncIterable<Extract<EngineEvent, { type: Type }>>;
  /** The same object until it changes. */
  readonly status: EventStreamStatus;
  /** Calls the listener whenever `status` is another; fits `useSyncExternalStore`. It opens nothing. */
  onStatus(listener: () => void): Unsubscribe;
}
