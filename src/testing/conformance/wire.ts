import type { DriverEventStream, DriverItem, EngineConnection } from "../../engine/driver.ts";
import { type Channel, createChannel } from "../../stream/channel.ts";

export interface WireOwner {
  /** Takes what the engine tells: whether it is passed on is his business. */
  take(item: DriverItem): void;
  /** The package has left. Is the engine to be heard for longer? */
  isHeardOn(): boolean;
  /** The engine's own stream is at its end. */
  onOver(): void;
}

/** An event stream as the package sees it, and the engine's own behind it. */
export class Wire {
  readonly #channel: Channel<DriverItem>;
  readonly #life = new AbortController();
  readonly #owner: WireOwner;
  #isOpen = false;

  constructor(signal: AbortSignal, owner: WireOwner) {
    this.#owner = owner;
    const leave = () => {
      if (!owner.isHeardOn()) this.end();
    };
    this.#channel = createChannel<DriverItem>({
      limit: Number.MAX_SAFE_INTEGER,
      signal,
      onReturn: leave,
    });
    signal.addEventListener("abort", leave, { once: true });
  }

  /** What the package gets. */
  async open(connection: EngineConnection, after: string | undefined): Promise<DriverEventStream> {
    const { signal } = this.#life;
    const stream = await connection.events({ after, signal }).catch((error: unknown) => {
      this.#owner.onOver();
      throw error;
    });
    this.#isOpen = true;
    void this.#pump(stream);
    const { resumed, heartbeatMs } = stream;
    return { [Symbol.asyncIterator]: () => this.#channel, resumed, heartbeatMs };
  }

  /** Somebody listens: events() has resolved. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  push(item: DriverItem): void {
    this.#channel.push(item);
  }

  /** For the package it is over: with an error, or cleanly. */
  break(error: Error | undefined): void {
    if (error === undefined) this.#channel.close();
    else this.#channel.fail(error);
  }

  /** Lets go of the engine's own stream. */
  end(): void {
    this.#life.abort();
  }

  async #pump(stream: DriverEventStream): Promise<void> {
    const items = stream[Symbol.asyncIterator]();
    const left = () => void Promise.resolve(items.return?.()).catch(() => {});
    this.#life.signal.addEventListener("abort", left, { once: true });
    try {
      for (let item = await items.next(); !item.done; item = await items.next()) this.#owner.take(item.value);
      this.#channel.close();
    } catch (error) {
      this.#channel.fail(error);
    }
    this.#owner.onOver();
  }
}
