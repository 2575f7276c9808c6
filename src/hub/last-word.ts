import type { SessionState } from "../lifecycle/session-state.ts";
import { awaitsLastWord } from "../lifecycle/turns.ts";

/** When to read again while an idle engine owes the last word on a turn, in milliseconds after it went idle. */
const REREAD_AFTER_MS = [1_000, 3_000, 6_000];

/**
 * Sees to it that no turn waits for ever: an engine that is idle but never said how a turn ended is read again, a
 * few times, and the last reading decides.
 */
export class LastWord {
  readonly #reread: (sessionId: string, final: boolean) => Promise<void>;
  readonly #timers = new Map<string, ReturnType<typeof setTimeout>>();

  constructor(reread: (sessionId: string, final: boolean) => Promise<void>) {
    this.#reread = reread;
  }

  watch(state: SessionState): void {
    const sessionId = state.session.id;
    const waiting = this.#timers.has(sessionId);
    if (awaitsLastWord(state)) {
      if (!waiting) this.#schedule(state, 0);
    } else if (waiting) {
      clearTimeout(this.#timers.get(sessionId));
      this.#timers.delete(sessionId);
    }
  }

  clear(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #schedule(state: SessionState, round: number): void {
    const sessionId = state.session.id;
    const final = round >= REREAD_AFTER_MS.length - 1;
    const wait = (REREAD_AFTER_MS[round] ?? 6_000) - (REREAD_AFTER_MS[round - 1] ?? 0);
    const timer = setTimeout(async () => {
      // A failed reading is not the last one: the connection is about to drop, or the next round succeeds.
      const read = await this.#reread(sessionId, final).then(
        () => true,
        () => false,
      );
      if (this.#timers.get(sessionId) !== timer) return;
      this.#timers.delete(sessionId);
      if (awaitsLastWord(state)) this.#schedule(state, read ? round + 1 : round);
    }, wait);
    this.#timers.set(sessionId, timer);
  }
}
