import { connect, type Socket } from "node:net";
import { withDeadline } from "../../engine/scope.ts";
import { type EngineFacts, type LeaseNews, onMessage, type StopReport, tell } from "./wire.ts";

/** What happens to an engine while a lease is held. */
export type LeaseEvent =
  | Extract<LeaseNews, { type: "crashed" | "restarted" | "gave_up" }>
  /** The keeper is gone: nobody watches over the engine any more. */
  | { readonly type: "lost" };

/** `gone`: there is no keeper (any more). `stopping`: there was one until now; it was too late to hold it. */
export type NoLease = "gone" | "stopping";

/** A keeper answers at once. */
const WELCOME_MS = 5_000;
/** Longer than all that a keeper waits for while it stops an engine. */
const STOP_MS = 30_000;

/** The right to use a started engine: it lives as long as somebody holds one. */
export class Lease {
  readonly #socket: Socket;
  readonly #closed: Promise<unknown>;
  #engine: EngineFacts;
  #isUp: boolean;
  #listener: ((event: LeaseEvent) => void) | undefined;
  readonly #earlier: LeaseEvent[] = [];
  #isOver = false;
  #wakeUp: () => void = () => {};
  #report: StopReport | undefined;
  #releasing: Promise<StopReport | undefined> | undefined;

  private constructor(
    socket: Socket,
    closed: Promise<unknown>,
    { engine, isUp }: Extract<LeaseNews, { type: "welcome" }>,
  ) {
    this.#socket = socket;
    this.#closed = closed;
    this.#engine = engine;
    this.#isUp = isUp;
    void closed.then(() => {
      if (!this.#isOver) this.#tell({ type: "lost" });
    });
  }

  static async open(path: string): Promise<Lease | NoLease> {
    const socket = connect(path);
    const closed = new Promise<void>((resolve) => {
      // "close" follows an error.
      socket.on("error", () => {}).on("close", () => resolve());
    });
    const first = new Promise<Lease | NoLease>((resolve) => {
      let lease: Lease | undefined;
      onMessage<LeaseNews>(socket, (news) => {
        if (news.type === "welcome") {
          lease = new Lease(socket, closed, news);
          resolve(lease);
        } else if (news.type === "stopping") resolve("stopping");
        else if (lease !== undefined) lease.#take(news);
      });
      void closed.then(() => resolve("gone"));
    });
    const answer = await within(WELCOME_MS, first, "gone" as const);
    if (answer === "stopping") await within(STOP_MS, closed, undefined);
    if (typeof answer === "string") socket.destroy();
    // It keeps nobody's process alive.
    else socket.unref();
    return answer;
  }

  /** As it is now: after a restart its process is another one. */
  get engine(): EngineFacts {
    return this.#engine;
  }

  /** It is not just being restarted. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Resolves when it is up again; rejects when it does not come back. */
  async up(): Promise<void> {
    if (this.#isUp) return;
    if (this.#isOver) throw new Error("It does not come back.");
    await Promise.race([
      new Promise<void>((resolve) => {
        this.#wakeUp = resolve;
      }),
      this.#closed,
    ]);
    if (!this.#isUp) throw new Error("It does not come back.");
  }

  /** Tells its one listener what happens, and what has happened before. */
  listen(listener: (event: LeaseEvent) => void): void {
    this.#listener = listener;
    for (const event of this.#earlier.splice(0)) listener(event);
  }

  /**
   * Gives it back. Resolves at once while others hold one; else when the engine and all that it started is gone, with
   * what became of that. Never rejects.
   */
  release(): Promise<StopReport | undefined> {
    this.#releasing ??= this.#release();
    return this.#releasing;
  }

  async #release(): Promise<StopReport | undefined> {
    this.#isOver = true;
    this.#socket.ref();
    tell(this.#socket, { type: "release" });
    await within(STOP_MS, this.#closed, undefined);
    this.#socket.destroy();
    return this.#report;
  }

  #take(news: LeaseNews): void {
    switch (news.type) {
      case "stopped":
        this.#report = { left: news.left, daemonsSought: news.daemonsSought };
        break;
      case "crashed":
        this.#isUp = false;
        this.#tell(news);
        break;
      case "restarted":
        this.#isUp = true;
        this.#engine = news.engine;
        this.#wakeUp();
        this.#tell(news);
        break;
      case "gave_up":
        this.#isOver = true;
        this.#tell(news);
        break;
    }
  }

  #tell(event: LeaseEvent): void {
    if (this.#listener === undefined) this.#earlier.push(event);
    else this.#listener(event);
  }
}

async function within<T, U>(ms: number, work: Promise<T>, otherwise: U): Promise<T | U> {
  const late = () => new Error("Nothing is said there.");
  return withDeadline<T | U>(ms, late, [], () => work).catch(() => otherwise);
}
