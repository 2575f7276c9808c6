import type { KeeperTiming } from "./wire.ts";

export const defaultTiming: KeeperTiming = {
  farewell: 2_000,
  grace: 2_000,
  firstPause: 1_000,
  longestPause: 30_000,
  healthy: 60_000,
  crashes: 7,
};

/** How long to wait before an engine that crashed is started again. */
export class RestartPolicy {
  readonly #timing: KeeperTiming;
  #crashes = 0;

  constructor(timing: KeeperTiming) {
    this.#timing = timing;
  }

  /** It crashed, `uptime` milliseconds after it began to listen. Milliseconds to wait; `undefined`: no more. */
  crashed(uptime: number): number | undefined {
    const { healthy, crashes, firstPause, longestPause } = this.#timing;
    if (uptime >= healthy) this.#crashes = 0;
    this.#crashes += 1;
    if (this.#crashes >= crashes) return undefined;
    return Math.min(longestPause, firstPause * 2 ** (this.#crashes - 1));
  }
}
