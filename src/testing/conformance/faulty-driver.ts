import type {
  ConnectOptions,
  DriverEventStream,
  DriverItem,
  EngineConnection,
  EngineDriver,
} from "../../engine/driver.ts";
import type { DriverEvent } from "../../engine/driver-events.ts";
import { type Channel, createChannel } from "../../stream/channel.ts";
import { Trace } from "./trace.ts";

type Matches = (event: DriverEvent) => boolean;

/** A stream as the package sees it, and the engine's own behind it. */
interface Wire {
  readonly channel: Channel<DriverItem>;
  /** Ends the engine's own. */
  readonly life: AbortController;
}

/** How the wire breaks. */
export interface Drop {
  /** With this item it breaks; the item itself is lost. */
  readonly at: Matches;
  /** What the stream throws. Absent: it ends cleanly. */
  readonly error?: Error | undefined;
  /** Nobody can connect before this went by, heard by nobody. Absent: at once. */
  readonly until?: Matches | undefined;
}

/**
 * A driver under which the engine is as it is, and over which the wire is as a rule wants it: it breaks, repeats itself,
 * says things that nobody meant, or hangs. So that an author needs no faults of his own.
 */
export class FaultyDriver {
  readonly driver: EngineDriver;
  readonly trace = new Trace();
  /** Called when the engine has been asked for a turn, and nothing of it was passed on. */
  onPrompt: (sessionId: string) => void = () => {};
  /** What comes in place of an item; by default the item itself. */
  pass: (event: DriverEvent) => readonly DriverEvent[] = (event) => [event];
  readonly #real: EngineDriver;
  readonly #wires = new Set<Wire>();
  readonly #connections = new Set<EngineConnection>();
  readonly #calls = new Set<Promise<unknown>>();
  #drop: Drop | undefined;
  /** The wire broke, and nobody can connect yet. */
  #outage: PromiseWithResolvers<void> | undefined;
  #isHanging = false;

  constructor(real: EngineDriver) {
    this.#real = real;
    const { id, name, capabilities } = real;
    this.driver = {
      id,
      name,
      capabilities,
      connect: (options) => this.#connect(options),
      dispose: async () => {
        await real.dispose?.();
      },
    };
  }

  /** The next item that fits breaks the wire, once. */
  dropAt(drop: Drop): void {
    this.#drop = drop;
  }

  /** Says something that the engine did not. */
  say(event: DriverEvent): void {
    for (const { channel } of this.#wires) channel.push({ event });
  }

  /** From now on the engine answers nothing. */
  hang(): void {
    this.#isHanging = true;
  }

  /** What the engine's driver has open: event streams that did not end, connections, calls without an answer. */
  get open(): { readonly streams: number; readonly connections: number; readonly calls: number } {
    return { streams: this.#wires.size, connections: this.#connections.size, calls: this.#calls.size };
  }

  /** Whatever a rule left behind. */
  async release(): Promise<void> {
    this.#outage?.resolve();
    for (const { life } of this.#wires) life.abort();
    await Promise.all([...this.#connections].map((connection) => this.#close(connection)));
  }

  async #connect(options: ConnectOptions): Promise<EngineConnection> {
    if (this.#isHanging) return never();
    await this.#outage?.promise;
    this.trace.add("connect()");
    const connection = await this.#real.connect(options);
    this.#connections.add(connection);
    const wires = new Set<Wire>();
    const own: Partial<EngineConnection> = {
      events: (listen) => this.#listen(connection, wires, listen),
      close: async () => {
        const outage = this.#outage;
        // Behind a broken wire the engine is still heard, to know when it is there again.
        if (outage === undefined) return this.#end(connection, wires);
        void outage.promise.then(() => this.#end(connection, wires));
      },
      prompt: async (request) => {
        const receipt = await this.#call("prompt", () => connection.prompt(request));
        this.onPrompt(request.sessionId);
        return receipt;
      },
    };
    // Not a copy: it may be of a class, with fields of its own.
    return new Proxy(connection, {
      get: (target, key) => {
        const value: unknown = Reflect.get(key in own ? own : target, key);
        if (typeof value !== "function" || key in own) return value;
        return (...given: unknown[]): unknown =>
          this.#call(String(key), () => Reflect.apply(value, target, given));
      },
    });
  }

  #call<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#isHanging) return never();
    this.trace.add(`${name}()`);
    const call = work();
    const done = Promise.resolve(call)
      .catch(() => {})
      .finally(() => this.#calls.delete(done));
    this.#calls.add(done);
    return call;
  }

  async #listen(
    connection: EngineConnection,
    wires: Set<Wire>,
    { after, signal }: Parameters<EngineConnection["events"]>[0],
  ): Promise<DriverEventStream> {
    if (this.#isHanging) return never();
    const life = new AbortController();
    const leave = () => {
      if (this.#outage === undefined) life.abort(signal.reason);
    };
    signal.addEventListener("abort", leave, { once: true });
    this.trace.add("events()");
    const stream = await connection.events({ after, signal: life.signal });
    const channel = createChannel<DriverItem>({
      limit: Number.MAX_SAFE_INTEGER,
      signal,
      onReturn: leave,
    });
    const wire: Wire = { channel, life };
    wires.add(wire);
    this.#wires.add(wire);
    void this.#pump(stream, wire).finally(() => {
      wires.delete(wire);
      this.#wires.delete(wire);
      signal.removeEventListener("abort", leave);
    });
    const { resumed, heartbeatMs } = stream;
    return { [Symbol.asyncIterator]: () => channel, resumed, heartbeatMs };
  }

  async #pump(stream: DriverEventStream, { channel, life }: Wire): Promise<void> {
    const items = stream[Symbol.asyncIterator]();
    const left = () => void Promise.resolve(items.return?.()).catch(() => {});
    life.signal.addEventListener("abort", left, { once: true });
    try {
      for (let item = await items.next(); !item.done; item = await items.next())
        this.#take(item.value, channel);
      channel.close();
    } catch (error) {
      channel.fail(error);
    }
  }

  #take(item: DriverItem, channel: Channel<DriverItem>): void {
    const { event } = item;
    this.trace.add(describeEvent(event));
    const drop = this.#drop;
    if (drop === undefined) {
      if (this.#isHanging) return;
      for (const passed of this.pass(event)) channel.push({ ...item, event: passed });
    } else if (this.#outage === undefined) {
      if (!drop.at(event)) channel.push(item);
      else this.#break(drop);
    } else if (drop.until?.(event)) this.#mend();
  }

  #break({ error, until }: Drop): void {
    this.trace.add("(the wire broke)");
    if (until === undefined) this.#drop = undefined;
    else this.#outage = Promise.withResolvers();
    for (const { channel } of this.#wires) {
      if (error === undefined) channel.close();
      else channel.fail(error);
    }
  }

  #mend(): void {
    this.trace.add("(and is there again)");
    this.#drop = undefined;
    this.#outage?.resolve();
    this.#outage = undefined;
  }

  async #end(connection: EngineConnection, wires: ReadonlySet<Wire>): Promise<void> {
    await this.#close(connection);
    for (const { life } of wires) life.abort();
  }

  async #close(connection: EngineConnection): Promise<void> {
    if (this.#connections.delete(connection)) await connection.close();
  }
}

/** What hangs. */
function never(): Promise<never> {
  return new Promise(() => {});
}

function describeEvent(event: DriverEvent): string {
  if (event.type === "session_status") return event.running ? "running" : "idle";
  return event.type;
}
