import { EngineError } from "../engine/errors.ts";
import { letGo } from "../engine/let-go.ts";
import { Heartbeat } from "./heartbeat.ts";

export interface WatchdogOptions {
  /** The longest silence that the engine promises, in milliseconds, if it does. Default: learned from its beats. */
  readonly heartbeatMs?: number | undefined;
  /** Is the engine well? Asked where no beats come. Has a deadline of its own; `false` and a rejection mean no. */
  probe(): Promise<boolean>;
  /** The stream is dead, or the machine slept. Called once at most; nothing is watched any more. */
  onDead(error: EngineError): void;
}

/** Milliseconds: so often the clocks are compared, and so long after it woke the machine is seen to have slept. */
const TICK_MS = 5_000;
/** Milliseconds by which the clocks may differ after a tick: more than a time server usually puts right. */
const JUMP_MS = 10_000;
/** Milliseconds by which a tick may be late in any case. */
const LATE_MS = 15_000;
/** Milliseconds: a tick that is later than this found the loop blocked, and leaves so long to read what is waiting. */
const BUSY_MS = 1_000;

/** Finds out that an event stream is dead although its socket is open, and that the machine slept. Begins at once. */
export class Watchdog {
  readonly #options: WatchdogOptions;
  readonly #heartbeat: Heartbeat;
  /** When something arrived last. Times are those of `performance.now()`, which nobody sets. */
  #heard = performance.now();
  #isProbing = false;
  /** There is one until all is over. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the timer is due, and what the wall clock should say then. */
  #due = 0;
  #dueWall = 0;

  constructor(options: WatchdogOptions) {
    this.#options = options;
    this.#heartbeat = new Heartbeat(options.heartbeatMs);
    this.#wait(this.#heartbeat.limit);
  }

  /** Anything arrived. Costs little: the timer is left as it is, and sees how long ago this was when it fires. */
  alive(): void {
    this.#heard = performance.now();
  }

  /** What arrived is a heartbeat. `alive()` is called besides. */
  beat(): void {
    this.#heartbeat.beat(performance.now());
  }

  /** Nothing is called afterwards, and no timer is left. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #wait(ms: number): void {
    const wait = Math.ceil(Math.min(ms, TICK_MS));
    this.#due = performance.now() + wait;
    this.#dueWall = Date.now() + wait;
    this.#timer = setTimeout(() => this.#tick(wait), wait);
    letGo(this.#timer);
  }

  #tick(waited: number): void {
    const now = performance.now();
    const late = Math.max(0, now - this.#due);
    const slept = this.#slept(now, late);
    if (slept !== undefined) this.#die(slept);
    else if (this.#isProbing) this.#wait(TICK_MS);
    else this.#judge(now, late, waited);
  }

  #slept(now: number, late: number): string | undefined {
    // The steady clock stands still in the sleep of some machines (Linux). A loop that was blocked moves both clocks.
    const jump = Math.round(Date.now() - this.#dueWall - (now - this.#due));
    if (Math.abs(jump) > JUMP_MS) return `The machine slept or its clock was set: it jumped by ${jump} ms.`;
    // On others it goes on (macOS, Windows), and the tick is late. So it is after the loop was blocked, and in hidden
    // pages, which tick once a minute: it must be later than silence may last, and nobody have been awake meanwhile.
    if (late <= Math.max(LATE_MS, this.#heartbeat.limit) || this.#heard >= this.#due) return undefined;
    return `The machine slept, or the process was suspended, for ${Math.round(late)} ms.`;
  }

  #judge(now: number, late: number, waited: number): void {
    const { interval, limit } = this.#heartbeat;
    // While nobody could listen it was not silent. Timers come before reads: what arrived is still in the socket.
    this.#heard = Math.min(now, this.#heard + late);
    // Not after a wait that was as short: a loop that is always blocked would put it off forever.
    const toRead = late > BUSY_MS && waited > BUSY_MS ? BUSY_MS : 0;
    const left = Math.max(this.#heard + limit - now, toRead);
    const silence = `The engine's event stream was silent for ${limit} ms`;
    if (left > 0) {
      this.#wait(left);
    } else if (interval !== undefined) {
      this.#die(`${silence}, though something should come every ${interval} ms: the connection is dead.`);
    } else {
      this.#wait(TICK_MS);
      void this.#ask(now, `${silence}, and the engine does not say that it is well.`);
    }
  }

  async #ask(began: number, complaint: string): Promise<void> {
    this.#isProbing = true;
    const answer = await this.#options.probe().catch((error: unknown) => ({ error }));
    this.#isProbing = false;
    if (answer === true) this.alive();
    // What arrived meanwhile says more of the stream than the answer to another request.
    else if (this.#timer !== undefined && this.#heard < began) this.#die(complaint, answer || undefined);
  }

  #die(message: string, cause?: { readonly error: unknown }): void {
    this.stop();
    this.#options.onDead(new EngineError("ENGINE_UNAVAILABLE", message, { cause: cause?.error }));
  }
}
