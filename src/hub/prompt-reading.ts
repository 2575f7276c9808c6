import { EngineError } from "../engine/errors.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import { mergePromptDeltas } from "./merge-deltas.ts";

export interface PromptReadingOptions {
  /** Whose events these are, for errors. */
  readonly where: { readonly engine: string; readonly sessionId: string };
  /** Ends it with its reason. */
  readonly signal: AbortSignal;
}

const EVENT_LIMIT = 4096;

/** What the caller reads of a prompt: once, in order, and not for ever if nobody reads. */
export class PromptReading implements AsyncIterable<PromptEvent> {
  readonly #where: PromptReadingOptions["where"];
  readonly #events: Channel<PromptEvent>;
  #begun = false;
  #isOn = false;

  constructor({ where, signal }: PromptReadingOptions) {
    this.#where = where;
    this.#events = createChannel<PromptEvent>({
      limit: EVENT_LIMIT,
      merge: mergePromptDeltas,
      onOverflow: () => {
        this.#isOn = false;
        const message = `More than ${EVENT_LIMIT} events of this turn wait; read them faster.`;
        return new EngineError("EVENT_OVERFLOW", message, where);
      },
      onReturn: () => {
        this.#isOn = false;
      },
      signal,
    });
  }

  /** Somebody iterates the events and has not left. */
  get isOn(): boolean {
    return this.#isOn;
  }

  [Symbol.asyncIterator](): AsyncIterator<PromptEvent> {
    if (this.#begun) {
      const message = "A prompt's events can be iterated once; use events.stream() besides.";
      throw new EngineError("INVALID_REQUEST", message, this.#where);
    }
    this.#begun = true;
    this.#isOn = true;
    return this.#events[Symbol.asyncIterator]();
  }

  push(event: PromptEvent): void {
    this.#events.push(event);
  }

  /** Nothing more comes; what waits can still be read. */
  close(): void {
    this.#events.close();
  }

  /** Nobody will read on. */
  leave(): void {
    this.#isOn = false;
    this.#events.close();
  }
}
