import type { DriverEventStream, DriverItem, DriverReport } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import { brokeOff, type Http, isMissingRoute } from "../http.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import { readSse, type SseFrames } from "../stream/sse.ts";
import { pathTo, v1Routes } from "./paths.ts";
import { readBusFrame } from "./read-frame.ts";
import { readySchema } from "./schema/bus-event.ts";

export interface FeedOptions {
  readonly http: Http;
  readonly report: DriverReport;
  /** Milliseconds until the bus must have begun. */
  readonly connectTimeout: number;
  readonly heartbeatMs?: number | undefined;
}

interface Bus {
  readonly frames: SseFrames;
  readonly first: readonly DriverItem[];
  readonly resumed: boolean;
}

/** The event stream of a connection: what the bus tells, and what the answers to prompts tell where it does not. */
export class Feed {
  readonly #options: FeedOptions;
  #out: Channel<DriverItem> | undefined;
  #hasBus = true;
  /** By session: who waits for the bus to say that it rests. */
  readonly #resting = new Map<string, PromiseWithResolvers<void>>();

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** `false`: this server has none, and a turn is told by the answer to its prompt alone. */
  get hasBus(): boolean {
    return this.#hasBus;
  }

  /** Resolves with the first frame: from then on nothing is missed. */
  async open(after: string | undefined, signal: AbortSignal): Promise<DriverEventStream> {
    const bus = await this.#openBus(after, signal);
    this.#hasBus = bus !== undefined;
    const out = createChannel<DriverItem>({
      // The hub takes what comes at once; a socket that is made to wait makes the server keep it all.
      limit: Number.MAX_SAFE_INTEGER,
      signal,
      onReturn: () => void bus?.frames.return(),
    });
    this.#out = out;
    if (bus !== undefined) void this.#pump(bus, out);
    return {
      resumed: bus?.resumed === true,
      heartbeatMs: this.#options.heartbeatMs,
      [Symbol.asyncIterator]: () => out[Symbol.asyncIterator](),
    };
  }

  /** Tells what the bus does not. */
  tell(events: readonly DriverEvent[]): void {
    for (const event of events) this.#out?.push({ event });
  }

  /** Resolves when the bus says that the session has nothing to do. */
  rests(sessionId: string): Promise<void> {
    let waiting = this.#resting.get(sessionId);
    if (waiting === undefined) {
      waiting = Promise.withResolvers();
      this.#resting.set(sessionId, waiting);
    }
    return waiting.promise;
  }

  async #pump({ frames, first }: Bus, out: Channel<DriverItem>): Promise<void> {
    const take = (item: DriverItem) => {
      out.push(item);
      if (item.event.type !== "session_status" || item.event.running) return;
      this.#resting.get(item.event.sessionId)?.resolve();
      this.#resting.delete(item.event.sessionId);
    };
    try {
      first.forEach(take);
      for await (const frame of frames)
        for (const item of readBusFrame(frame, this.#options.report)) take(item);
      out.close();
    } catch (cause) {
      const { http } = this.#options;
      out.fail(brokeOff(`GET ${http.baseUrl}${v1Routes.events.path}`, cause));
    }
  }

  /** `undefined`: there is none. */
  async #openBus(after: string | undefined, signal: AbortSignal): Promise<Bus | undefined> {
    const { http, report, connectTimeout } = this.#options;
    const headers = after === undefined ? undefined : { "last-event-id": after };
    const response = await http
      .open(v1Routes.events.method, pathTo("events"), { signal, timeout: connectTimeout, headers })
      .catch((error: unknown) => {
        if (isMissingRoute(error) || EngineError.is(error, "UNSUPPORTED")) return undefined;
        throw error;
      });
    if (response === undefined) return undefined;
    const { alive: onActivity, beat: onComment, retryAfter: onRetry } = report;
    const frames = readSse(response, { signal, onActivity, onComment, onRetry });
    const where = `GET ${http.baseUrl}${v1Routes.events.path}`;
    const late = () => {
      const message = `${where} opened an event stream and said nothing in ${connectTimeout} ms. Try again.`;
      return new EngineError("TIMEOUT", message);
    };
    try {
      const { done, value } = await withDeadline(connectTimeout, late, [signal], () => frames.next());
      if (done) {
        const message = `${where} ended before it said anything. Check that it is the engine that listens there.`;
        throw new EngineError("ENGINE_UNAVAILABLE", message);
      }
      const ready = readySchema.safeParse(parsed(value.data));
      const resumed = after !== undefined && ready.success && ready.data.resumed;
      return { frames, resumed, first: ready.success ? [] : [...readBusFrame(value, report)] };
    } catch (cause) {
      await frames.return();
      signal.throwIfAborted();
      throw brokeOff(where, cause);
    }
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
