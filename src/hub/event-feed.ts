import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import type { EngineEvents, EventStreamOptions } from "../engine/engine-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { EngineEvent, EngineEventType } from "../engine/events.ts";
import { toSessionId } from "../engine/session.ts";
import { createChannel } from "../stream/channel.ts";
import type { EventHub } from "./event-hub.ts";
import { type Fanout, handlerThrew, type Subscriber } from "./fanout.ts";
import { mergeEngineDeltas } from "./merge-deltas.ts";

const DEFAULT_LIMIT = 4096;

type EventOf<Type extends EngineEventType> = Extract<EngineEvent, { type: Type }>;

/** The engine's events as people take them: handlers and iterators over the one connection. */
export class EventFeed implements EngineEvents {
  readonly #hub: EventHub;
  readonly #fanout: Fanout;
  readonly #diagnostic: DiagnosticHandler;
  /** Those who listen at the moment, by what they want to hear. */
  readonly #audience = new Set<(event: EngineEvent) => boolean>();
  /** Who was told may have left while he was told. */
  readonly #heard = new WeakSet<EngineEvent>();

  constructor(hub: EventHub, fanout: Fanout, diagnostic: DiagnosticHandler) {
    this.#diagnostic = diagnostic;
    this.#hub = hub;
    this.#fanout = fanout;
  }

  /** Does anybody hear this event, or has heard it? */
  reaches(event: EngineEvent): boolean {
    return this.#heard.has(event) || [...this.#audience].some((wants) => wants(event));
  }

  get status() {
    return this.#hub.status;
  }

  // Not a method: it is handed to other libraries as it is.
  readonly onStatus = (listener: () => void): (() => void) =>
    this.#hub.onStatus(() => {
      try {
        listener();
      } catch (cause) {
        this.#diagnostic(handlerThrew("the stream's status", cause));
      }
    });

  subscribe(handler: (event: EngineEvent) => void): () => void {
    return this.#join({ next: handler }, () => true);
  }

  stream<Type extends EngineEventType = EngineEventType>(
    options: EventStreamOptions<Type> = {},
  ): AsyncIterable<EventOf<Type>> {
    return { [Symbol.asyncIterator]: () => this.#iterate(options) };
  }

  [Symbol.asyncIterator](): AsyncIterator<EngineEvent> {
    return this.#iterate({});
  }

  #iterate<Type extends EngineEventType>(options: EventStreamOptions<Type>): AsyncIterator<EventOf<Type>> {
    const { sessionId, types, signal, limit = DEFAULT_LIMIT } = options;
    const wanted = types && new Set<string>(types);
    const id = sessionId === undefined ? undefined : toSessionId(sessionId);
    const wantsType = (event: EngineEvent): event is EventOf<Type> =>
      wanted === undefined || wanted.has(event.type);
    const channel = createChannel<EventOf<Type>>({
      limit,
      merge: mergeEngineDeltas,
      onOverflow: () => {
        leave();
        return new EngineError(
          "EVENT_OVERFLOW",
          `This reader fell more than ${limit} events behind; read faster.`,
        );
      },
      onReturn: () => leave(),
      signal,
    });
    const leave = this.#join(
      {
        next: (event) => {
          if (wantsType(event)) channel.push(event);
        },
        end: (error) => {
          leave();
          if (error === undefined) channel.close();
          else channel.fail(error);
        },
      },
      (event) => wantsType(event) && (id === undefined || this.#fanout.watchedBy(event).has(id)),
      id,
    );
    const { life } = this.#hub;
    if (life.aborted) channel.fail(life.reason);
    return channel[Symbol.asyncIterator]();
  }

  #join(
    subscriber: Subscriber,
    wants: (event: EngineEvent) => boolean,
    sessionId?: string | undefined,
  ): () => void {
    // One of its own for each who joins: the same function may come twice.
    const listener = (event: EngineEvent) => wants(event);
    const hearing: Subscriber = {
      ...subscriber,
      next: (event) => {
        if (wants(event)) this.#heard.add(event);
        return subscriber.next(event);
      },
    };
    const remove = this.#fanout.add(hearing, sessionId);
    const release = this.#hub.retain();
    this.#audience.add(listener);
    return () => {
      remove();
      release();
      this.#audience.delete(listener);
    };
  }
}
