import { EngineError } from "../engine/errors.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { toBusEvents } from "./bus-events.ts";
import { frameOf } from "./event-stream.ts";
import { FrameLog } from "./frame-log.ts";

/** What a newcomer to the bus gets. */
export interface BusSeat {
  readonly log: FrameLog;
  /** The number of the last frame that he has. */
  readonly after: number;
  readonly greeting: string;
}

/** One unbroken account of what happens: whoever has a part of it can go on from there. */
interface Account {
  /** Stands in every id: an account that begins anew never seems to go on. */
  readonly boot: string;
  readonly log: FrameLog;
}

const KEPT = { limit: 10_000, maxSize: 8 * 1024 * 1024 };

/** The bus: everything that the client tells, numbered, for any number of listeners. */
export class Bus {
  readonly #client: ManagedEngineClient;
  readonly #ended: AbortSignal | undefined;
  #account: Account | undefined;
  #waiting: EngineEvent[] = [];

  /** `ended`: from then on the bus listens no more. */
  constructor(client: ManagedEngineClient, ended?: AbortSignal) {
    this.#client = client;
    this.#ended = ended;
  }

  /**
   * Resolves once everything that the engine says from now on will be told.
   * @throws EngineError `ENGINE_UNAVAILABLE` and the like
   */
  async listen(signal: AbortSignal): Promise<Account> {
    if (this.#account === undefined) this.#begin();
    await this.#client.connect({ signal });
    if (this.#account !== undefined) return this.#account;
    throw new EngineError(
      "ENGINE_UNAVAILABLE",
      "The engine was lost while its events were opened; try again.",
    );
  }

  /** `lastEventId`: of the last frame that the listener has. Throws as `listen()`. */
  async join(lastEventId: string | null, signal: AbortSignal): Promise<BusSeat> {
    const { boot, log } = await this.listen(signal);
    const known = numberIn(lastEventId, boot);
    const resumed = known !== undefined && log.reaches(known);
    const after = resumed ? known : log.newest;
    return { log, after, greeting: frameOf({ type: "ready", resumed }, `${boot}-${after}`) };
  }

  #begin(): void {
    this.#account = newAccount();
    const leave = this.#client.events.subscribe((event) => this.#take(event));
    void this.#untilTheEnd().finally(() => {
      leave();
      this.#account?.log.end();
      this.#account = undefined;
    });
  }

  /**
   * Resolves when the server has ended, the client was disposed, or has given its engine up: an iterator is told of it,
   * a handler is not.
   */
  async #untilTheEnd(): Promise<void> {
    try {
      const events = this.#client.events.stream({ types: [], signal: this.#ended });
      for await (const never of events) return never;
    } catch {
      // Who asks next is told why.
    }
  }

  /** What is told in one go stays together: the end of a turn can only be told whole. */
  #take(event: EngineEvent): void {
    if (this.#waiting.length === 0) queueMicrotask(() => this.#flush());
    this.#waiting.push(event);
  }

  #flush(): void {
    const events = this.#waiting;
    this.#waiting = [];
    const gap = events.findLastIndex(({ type }) => type === "stream_gap");
    // Listeners would miss something: they have to come back, and read again.
    if (gap >= 0 && this.#account !== undefined) {
      this.#account.log.end();
      this.#account = newAccount();
    }
    if (this.#account === undefined) return;
    const { boot, log } = this.#account;
    for (const event of toBusEvents(events.slice(gap + 1))) {
      log.append(frameOf(event, `${boot}-${log.newest + 1}`));
    }
  }
}

function newAccount(): Account {
  return { boot: crypto.randomUUID().slice(0, 8), log: new FrameLog(KEPT) };
}

/** The number of a frame of this very account. */
function numberIn(id: string | null, boot: string): number | undefined {
  const [, of, number] = /^(.+)-(\d{1,15})$/.exec(id ?? "") ?? [];
  return of === boot ? Number(number) : undefined;
}
