import { setImmediate } from "node:timers";
import { EngineError } from "../../engine/errors.ts";
import { compareRequest, type LiveRequest } from "./compare-request.ts";
import { toBytes } from "./content.ts";
import { LiveExchange } from "./live-exchange.ts";
import type { WireEntry, WireRequest } from "./schema.ts";
import type { WireIds } from "./wire-ids.ts";

export interface WirePlayerOptions {
  /** Of the recording, for messages. */
  readonly name: string;
  readonly entries: readonly WireEntry[];
  readonly ids: WireIds;
  /** Milliseconds. */
  readonly patience: number;
}

/**
 * Plays a recording entry by entry. A recorded request is passed when the client has made it, and not before; what was
 * answered after it waits so long. Between two pieces of an answer the client has the time to react to the first.
 */
export class WirePlayer {
  readonly #options: WirePlayerOptions;
  readonly #requests: readonly WireRequest[];
  /** By the id of the recorded request. */
  readonly #live = new Map<number, LiveExchange>();
  #next = 0;
  #isPlaying = false;

  constructor(options: WirePlayerOptions) {
    this.#options = options;
    this.#requests = options.entries.filter((entry) => entry.type === "request");
  }

  /** Recorded requests that were not made. */
  get unused(): readonly WireRequest[] {
    return this.#requests.filter(({ id }) => !this.#live.has(id));
  }

  /** The recorded request that has to be made before anything goes on; `undefined`: none. */
  get waitingFor(): WireRequest | undefined {
    const entry = this.#options.entries[this.#next];
    return entry?.type === "request" && !this.#live.has(entry.id) ? entry : undefined;
  }

  /** @throws EngineError `INVALID_REQUEST` when it is not on record, or its answer is not due in time */
  async ask(live: LiveRequest, signal: AbortSignal): Promise<Response> {
    const { id } = this.#find(live);
    const exchange = new LiveExchange(signal);
    this.#live.set(id, exchange);
    const { patience } = this.#options;
    const timer = setTimeout(() => this.#tooLate(live, exchange), patience);
    try {
      void this.#play();
      return await exchange.response;
    } finally {
      clearTimeout(timer);
    }
  }

  #find(live: LiveRequest): WireRequest {
    const { ids } = this.#options;
    let nearest: string | undefined;
    for (const recorded of this.unused) {
      const comparison = compareRequest(recorded, live, ids);
      if (comparison.type === "same") {
        ids.learn(comparison.ids);
        return recorded;
      }
      const { difference } = comparison;
      if (recorded.method === live.method && !/^path\b/.test(difference)) nearest ??= difference;
    }
    throw this.#notRecorded(live, nearest);
  }

  #notRecorded(live: LiveRequest, difference: string | undefined): EngineError {
    const { name } = this.#options;
    const shown = describeRequest(live);
    const alike = this.#requests.filter(({ method, path }) => method === live.method && path === live.path);
    const reason =
      difference !== undefined
        ? `was recorded otherwise: ${difference}`
        : alike.length > 0
          ? `was recorded ${alike.length === 1 ? "once" : `${alike.length} times`}, and is made once more`
          : "is not on record";
    return new EngineError("INVALID_REQUEST", `${shown} ${reason} (${name}). Record it again.`);
  }

  #tooLate(live: LiveRequest, exchange: LiveExchange): void {
    const { name, patience } = this.#options;
    const missing = this.waitingFor;
    const cause =
      missing === undefined
        ? "never, as the recording ends before its answer"
        : `only after ${describeRequest(missing)}, which nobody made in ${patience} ms`;
    exchange.fail(
      new EngineError("INVALID_REQUEST", `${describeRequest(live)} was answered ${cause} (${name}).`),
    );
  }

  async #play(): Promise<void> {
    if (this.#isPlaying) return;
    this.#isPlaying = true;
    while (this.#next < this.#options.entries.length && this.waitingFor === undefined) {
      await turnOfLoop();
      const entry = this.#options.entries[this.#next];
      this.#next += 1;
      if (entry !== undefined) this.#tell(entry);
    }
    this.#isPlaying = false;
  }

  #tell(entry: WireEntry): void {
    const { ids } = this.#options;
    const exchange = this.#live.get(entry.id);
    const rename = (text: string) => ids.toLive(text);
    // What the client did is its own to do again.
    if (entry.type === "answer") exchange?.answer(entry.status, entry.headers);
    else if (entry.type === "frame") exchange?.write(new TextEncoder().encode(rename(entry.text)));
    else if (entry.type === "body") exchange?.write(toBytes(entry, rename));
    else if (entry.type === "end") exchange?.end();
    else if (entry.type === "failure") exchange?.fail(failure(entry));
  }
}

export function describeRequest({ method, path }: Pick<LiveRequest, "method" | "path">): string {
  return `${method} ${path}`;
}

/** As Node's fetch fails. */
function failure({ message, code }: { readonly message: string; readonly code?: string | undefined }): Error {
  const cause = Object.assign(new Error(message), code === undefined ? {} : { code });
  return new TypeError("fetch failed", { cause });
}

/** Lets whatever is due come first. Imported, so that a test's timers of its own do not stop it. */
function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
