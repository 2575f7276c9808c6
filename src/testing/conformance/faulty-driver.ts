import type { ConnectOptions, DriverItem, EngineConnection, EngineDriver } from "../../engine/driver.ts";
import type { DriverEvent } from "../../engine/driver-events.ts";
import { Trace } from "./trace.ts";
import { Wire } from "./wire.ts";

type Matches = (event: DriverEvent) => boolean;

/** How the wire breaks. */
export interface Drop {
  /** With this item it breaks; the item itself is lost. */
  readonly at: Matches;
  /** What the stream throws. Absent: it ends cleanly. */
  readonly error?: Error | undefined;
  /** Nobody can connect before this went by, heard by nobody; it may be what broke the wire. Absent: at once. */
  readonly until?: Matches | undefined;
}

/**
 * A driver under which the engine is as it is, and over which the wire is as a rule wants it: it breaks, repeats itself,
 * says things that nobody meant, or hangs. So authors of adapters need no faults of their own.
 */
export class FaultyDriver {
  readonly driver: EngineDriver;
  readonly trace = new Trace();
  /**
   * Called when the engine has been asked for a turn, and nothing of it was passed on. `wasHeard`: somebody listened
   * before it was asked.
   */
  onPrompt: (sessionId: string, wasHeard: boolean) => void = () => {};
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
    const connect = (options: ConnectOptions) => this.#connect(options);
    this.driver = { id, name, capabilities, connect, dispose: async () => real.dispose?.() };
  }

  /** The next item that fits breaks the wire, once. */
  dropAt(drop: Drop): void {
    this.#drop = drop;
  }

  /** Says something that the engine did not. */
  say(event: DriverEvent): void {
    for (const wire of this.#wires) wire.push({ event });
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
    for (const wire of this.#wires) wire.end();
    await Promise.all([...this.#connections].map((connection) => this.#close(connection)));
  }

  async #connect(options: ConnectOptions): Promise<EngineConnection> {
    if (this.#isHanging) return never();
    await this.#outage?.promise;
    this.trace.add("connect()");
    const connection = await this.#real.connect(options);
    this.#connections.add(connection);
    const own = this.#ownCalls(connection);
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

  #ownCalls(connection: EngineConnection): Pick<EngineConnection, "events" | "close" | "prompt"> {
    const wires = new Set<Wire>();
    const end = async () => {
      await this.#close(connection);
      for (const wire of wires) wire.end();
    };
    return {
      events: ({ after, signal }) => {
        if (this.#isHanging) return never();
        this.trace.add("events()");
        const wire = new Wire(signal, {
          take: (item) => this.#take(item, wire),
          isHeardOn: () => this.#outage !== undefined,
          onOver: () => {
            wires.delete(wire);
            this.#wires.delete(wire);
          },
        });
        wires.add(wire);
        this.#wires.add(wire);
        return wire.open(connection, after);
      },
      close: async () => {
        // Behind a broken wire the engine is still heard, to know when it is there again.
        if (this.#outage === undefined) await end();
        else void this.#outage.promise.then(end);
      },
      prompt: async (request) => {
        const wasHeard = [...this.#wires].some(({ isOpen }) => isOpen);
        const receipt = await this.#call("prompt", () => connection.prompt(request));
        this.onPrompt(request.sessionId, wasHeard);
        return receipt;
      },
    };
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

  #take(item: DriverItem, wire: Wire): void {
    const { event } = item;
    this.trace.add(nameOf(event));
    const drop = this.#drop;
    if (this.#outage !== undefined) {
      if (drop?.until?.(event)) this.#mend();
    } else if (drop?.at(event)) {
      this.#break(drop);
      if (drop.until?.(event)) this.#mend();
    } else if (!this.#isHanging) {
      for (const passed of this.pass(event)) wire.push({ ...item, event: passed });
    }
  }

  #break({ error, until }: Drop): void {
    this.trace.add("(the wire broke)");
    if (until === undefined) this.#drop = undefined;
    else this.#outage = Promise.withResolvers();
    for (const wire of this.#wires) wire.break(error);
  }

  #mend(): void {
    this.trace.add("(and is there again)");
    this.#drop = undefined;
    this.#outage?.resolve();
    this.#outage = undefined;
  }

  async #close(connection: EngineConnection): Promise<void> {
    if (this.#connections.delete(connection)) await connection.close();
  }
}

/** What hangs. */
function never(): Promise<never> {
  return new Promise(() => {});
}

function nameOf(event: DriverEvent): string {
  if (event.type === "session_status") return event.running ? "running" : "idle";
  return event.type;
}
