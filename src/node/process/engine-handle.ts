import { setTimeout } from "node:timers/promises";
import type { DiagnosticHandler } from "../../engine/diagnostics.ts";
import { EngineError } from "../../engine/errors.ts";
import { identityOf } from "../../process/process-table.ts";
import type { Credentials } from "./access.ts";
import type { Lease, LeaseEvent } from "./lease.ts";
import { defaultTiming } from "./restart-policy.ts";
import { stopEngine } from "./stop-engine.ts";
import type { EngineFacts, StopReport } from "./wire.ts";

const LOOK_AGAIN_MS = 20;

/** `absent`: there is none yet. */
export type EngineMode = "attached" | "spawned" | "absent";

/** What a client has in its hand of the engine that it uses. */
export class EngineHandle {
  readonly mode: EngineMode;
  readonly #url: string;
  readonly #credentials: Credentials;
  readonly #lease: Lease | undefined;
  readonly #diagnostic: DiagnosticHandler;
  #failure: EngineError | undefined;
  #isLost = false;
  #stopping: Promise<void> | undefined;

  constructor(options: {
    readonly mode: EngineMode;
    readonly url: string;
    readonly credentials: Credentials;
    /** Absent: somebody else's server, which is never stopped from here. */
    readonly lease?: Lease | undefined;
    readonly diagnostic: DiagnosticHandler;
  }) {
    this.mode = options.mode;
    this.#url = options.url;
    this.#credentials = options.credentials;
    this.#lease = options.lease;
    this.#diagnostic = options.diagnostic;
    this.#lease?.listen((event) => this.#take(event));
  }

  get url(): string {
    return this.#lease?.engine.url ?? this.#url;
  }

  /** `undefined`: nobody knows. After a restart it is another one. */
  get pid(): number | undefined {
    return this.#lease?.engine.pid;
  }

  get credentials(): Credentials {
    return this.#credentials;
  }

  /** Why the engine will not come back. */
  get failure(): EngineError | undefined {
    return this.#failure;
  }

  /** Resolves when the engine is gone, if nobody else uses it; else at once. Never rejects. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    const lease = this.#lease;
    if (lease === undefined) return;
    const report = this.#isLost ? await this.#stopOrphan(lease.engine) : await lease.release();
    if (report === undefined) return;
    this.#reportLeft(report);
    this.#failure ??= this.#gone("This client was the last that used it, and has stopped it.");
  }

  #take(event: LeaseEvent): void {
    switch (event.type) {
      case "crashed": {
        const wait = `It is started again in ${event.restartInMs / 1000} s.`;
        this.#tell("warning", "engine_crashed", `The engine crashed: ${event.message} ${wait}`);
        break;
      }
      case "restarted":
        this.#tell("info", "engine_restarted", `The engine runs again, as process ${event.engine.pid}.`);
        break;
      case "gave_up":
        this.#failure = this.#gone(event.message);
        this.#tell("error", "engine_gone", this.#failure.message);
        break;
      case "lost":
        this.#isLost = true;
        this.#tell(
          "error",
          "keeper_lost",
          `The process that watches over the engine at ${this.url} is gone. The engine (process ${this.pid}) goes on, and ends when a client that used it is disposed; it is not restarted.`,
        );
        break;
    }
  }

  async #stopOrphan(engine: EngineFacts): Promise<StopReport | undefined> {
    if (engine.identity === undefined || (await identityOf(engine.pid)) !== engine.identity) return undefined;
    const gone = async () => {
      while ((await identityOf(engine.pid)) === engine.identity) await setTimeout(LOOK_AGAIN_MS);
    };
    return stopEngine({ engine, ...this.#credentials, gone: gone(), timing: defaultTiming });
  }

  #reportLeft({ left, daemonsSought }: StopReport): void {
    if (left.length > 0) {
      const message = `These processes, which the engine had started, could not be ended: ${left.join(", ")}.`;
      this.#tell("warning", "processes_left", message);
    }
    if (!daemonsSought) {
      const message =
        "Tools of the engine that made themselves daemons can't be found on this system; they go on if there are any.";
      this.#tell("info", "daemons_not_sought", message);
    }
  }

  #gone(why: string): EngineError {
    const message = `The engine at ${this.url} is gone. ${why}`;
    return new EngineError("PROCESS_FAILED", message, { engine: "opencode" });
  }

  #tell(level: "info" | "warning" | "error", code: string, message: string): void {
    this.#diagnostic({ level, code, message });
  }
}
