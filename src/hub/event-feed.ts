import { EngineError } from "../engine/errors.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { EngineEvents, EventStreamOptions } from "../engine/managed-engine-client.ts";
import { createChannel } from "../stream/channel.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fanout } from "./fanout.ts";
import { mergeEngineDeltas } from "./merge-deltas.ts";
import { sessionIdOfRef } from "./registry.ts";

const DEFAULT_LIMIT = 4096;

/** The engine's events as people take them: handlers and iterators over the one connection. */
export class EventFeed implements EngineEvents {
  readonly #hub: EventHub;
  readonly #fanout: Fanout;
  #audience = 0;

  constructor(hub: EventHub, fanout: Fanout) {
    this.#hub = hub;
    this.#fanout = fanout;
  }

  /** How many listen at the moment. */
  get audience(): number {
    return this.#audience;
  }

  get status() {
    return this.#hub.status;
  }

  subscribe(handler: (event: EngineEvent) => void): () => void {
    return this.#join({ next: handler });
  }

  stream(options: EventStreamOptions = {}): AsyncIterable<EngineEvent> {
    return { [Symbol.asyncIterator]: () => this.#iterate(options) };
  }

  [Symbol.asyncIterator](): AsyncIterator<EngineEvent> {
    return this.#iterate({});
  }

  #iterate({
    sessionId,
    types,
    signal,
    limit = DEFAULT_LIMIT,
  }: EventStreamOptions): AsyncIterator<EngineEvent> {
    const wanted = types && new Set<string>(types);
    const channel = createChannel<EngineEvent>({
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
          if (wanted === undefined || wanted.has(event.type)) channel.push(event);
        },
        end: (error) => {
          leave();
          if (error === undefined) channel.close();
          else channel.fail(error);
        },
      },
      sessionId === undefined ? undefined : sessionIdOfRef(sessionId),
    );
    return channel[Symbol.asyncIterator]();
  }

  #join(subscriber: Parameters<Fanout["add"]>[0], sessionId?: string): () => void {
    const remove = this.#fanout.add(subscriber, sessionId);
    const release = this.#hub.retain();
    this.#audience += 1;
    let joined = true;
    return () => {
      if (!joined) return;
      joined = false;
      remove();
      release();
      this.#audience -= 1;
    };
  }
}
