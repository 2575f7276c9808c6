import { delay } from "../../engine/scope.ts";
import { identityOf } from "../../process/process-table.ts";
import { secretsOf } from "../../process/secrets.ts";
import { sweep } from "../../process/sweep.ts";
import { basicAuth } from "./access.ts";
import { type EngineProcess, startEngine } from "./engine-process.ts";
import { type LeaseOwner, LeaseServer } from "./lease-server.ts";
import { recordFile, removeRecord, writeRecord } from "./record.ts";
import { defaultTiming, RestartPolicy } from "./restart-policy.ts";
import { cleanUp, stopEngine } from "./stop-engine.ts";
import type { EngineFacts, KeeperOrder, KeeperReport, KeeperTiming, LeaseNews, StopReport } from "./wire.ts";

const VERSION_MS = 3_000;

/**
 * The life of one engine, as its parent process sees it: started, watched, started again when it crashes, and stopped
 * with all that it started when nobody holds a lease any more.
 */
export class Keeper implements LeaseOwner {
  readonly #order: KeeperOrder;
  readonly #timing: KeeperTiming;
  readonly #secrets: readonly string[];
  readonly #life = new AbortController();
  #leases: LeaseServer | undefined;
  #current: { readonly facts: EngineFacts; readonly process: EngineProcess } | undefined;
  #isUp = false;
  #starting: Promise<unknown> = Promise.resolve();
  /** Its pipe is open: it counts as a lease until it has one. */
  #hasStarter = true;
  readonly #starterLeft = Promise.withResolvers<void>();
  #stopped: Promise<StopReport> | undefined;

  constructor(order: KeeperOrder) {
    this.#order = order;
    this.#timing = { ...defaultTiming, ...order.timing };
    this.#secrets = secretsOf(order);
  }

  /** Resolves when nothing is left to do. `report` tells the starter how it began. */
  async run(report: (report: KeeperReport) => void): Promise<void> {
    try {
      this.#leases = await LeaseServer.open(this);
      const warning = await this.#start();
      report({ type: "started", lease: this.#leases.path, warning });
      await this.#watch();
    } catch (error) {
      report({ type: "failed", message: error instanceof Error ? error.message : String(error) });
    }
    await this.stop();
    await this.#leases?.close();
  }

  starterGone(): void {
    this.#hasStarter = false;
    this.#starterLeft.resolve();
    this.onGone();
  }

  /** Whoever holds a lease loses it. */
  async end(why: string): Promise<void> {
    this.#leases?.tellAll({ type: "gave_up", message: why });
    await this.stop();
  }

  welcome(): Extract<LeaseNews, { type: "welcome" | "stopping" }> {
    if (this.#stopped !== undefined || this.#current === undefined) return { type: "stopping" };
    return { type: "welcome", engine: this.#current.facts, isUp: this.#isUp };
  }

  async onRelease(): Promise<Extract<LeaseNews, { type: "released" | "stopped" }>> {
    // Who has a lease closes its pipe at once; but the lease may be given back sooner than that is seen.
    await this.#starterLeft.promise;
    if (this.#leases?.count !== 0) return { type: "released" };
    return { type: "stopped", ...(await this.stop()) };
  }

  onGone(): void {
    // Without a door there is no lease either: the starter may be gone before that is open.
    if (!this.#hasStarter && (this.#leases?.count ?? 0) === 0) void this.stop();
  }

  stop(): Promise<StopReport> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<StopReport> {
    this.#life.abort(new Error("It is not wanted any more."));
    await this.#starting.catch(() => {});
    const { username, password, mark, stateFolder } = this.#order;
    if (this.#current === undefined) return cleanUp([], mark);
    const { facts, process } = this.#current;
    const request = { engine: facts, username, password, gone: process.ended, timing: this.#timing };
    const report = await (this.#isUp ? stopEngine(request) : cleanUp([], mark));
    await removeRecord(recordFile(stateFolder, facts.url), globalThis.process.pid);
    return report;
  }

  /** Returns when it is stopped, or when it is given up. */
  async #watch(): Promise<void> {
    const policy = new RestartPolicy(this.#timing);
    for (;;) {
      const began = performance.now();
      let how = (await this.#current?.process.ended) ?? "";
      if (this.#life.signal.aborted) return;
      this.#isUp = false;
      let uptime = performance.now() - began;
      do {
        // Its tools are of no use to the next one.
        await sweep([], this.#order.mark);
        const restartInMs = this.#order.restart ? policy.crashed(uptime) : undefined;
        if (restartInMs === undefined) return this.#giveUp(how);
        this.#leases?.tellAll({ type: "crashed", message: how, restartInMs });
        uptime = 0;
        try {
          await delay(restartInMs, this.#life.signal);
          await this.#start();
        } catch (error) {
          if (this.#life.signal.aborted) return;
          how = error instanceof Error ? error.message : String(error);
        }
      } while (!this.#isUp);
      if (this.#current !== undefined)
        this.#leases?.tellAll({ type: "restarted", engine: this.#current.facts });
    }
  }

  #giveUp(how: string): void {
    const { restart } = this.#order;
    const why = restart ? "It crashed again and again, and is not started any more." : "It is not restarted.";
    this.#leases?.tellAll({ type: "gave_up", message: `${why} Last time ${how}` });
  }

  /** Returns what is worth knowing besides. */
  async #start(): Promise<string | undefined> {
    const starting = this.#launch();
    this.#starting = starting;
    return starting;
  }

  async #launch(): Promise<string | undefined> {
    const { stateFolder, username, password, mark } = this.#order;
    const { signal } = this.#life;
    signal.throwIfAborted();
    const process = await startEngine({ ...this.#order, secrets: this.#secrets, signal });
    const { url, pid } = process;
    const [identity, version] = await Promise.all([identityOf(pid), this.#versionOf(url)]);
    const facts = { url, pid, identity, startedAt: Date.now(), version, mark };
    this.#current = { facts, process };
    this.#isUp = true;
    const lease = this.#leases?.path ?? "";
    const record = { ...facts, username, password, lease, keeperPid: globalThis.process.pid };
    const file = recordFile(stateFolder, url);
    return writeRecord(file, record).then(
      () => undefined,
      (error: unknown) => `Other programs can't find this server, because ${file} can't be written: ${error}`,
    );
  }

  async #versionOf(url: string): Promise<string> {
    try {
      const { username, password } = this.#order;
      const headers = basicAuth(username, password);
      const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(VERSION_MS)]);
      const answer = await (await fetch(`${url}/global/health`, { headers, signal })).json();
      return String(answer.version ?? "unknown");
    } catch {
      // An old release without that route, or something that is no OpenCode: whoever connects finds out.
      return "unknown";
    }
  }
}
