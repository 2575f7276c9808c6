interface EarlyUpdate {
  readonly kind: string;
  readonly raw: unknown;
}

/** So many are kept at most. */
const MOST = 256;

/** What agents say of a session before they have said that they made it. */
export class EarlyUpdates {
  /** How many sessions are being made. */
  #awaited = 0;
  #count = 0;
  readonly #kept = new Map<string, EarlyUpdate[]>();

  /** A session is being made, until the returned function is called. */
  begin(): () => void {
    this.#awaited += 1;
    return () => {
      this.#awaited -= 1;
      if (this.#awaited > 0) return;
      this.#kept.clear();
      this.#count = 0;
    };
  }

  /** `false`: no session is being made that it could be of, or there are too many. */
  keep(sessionId: string, update: EarlyUpdate): boolean {
    if (this.#awaited === 0 || this.#count >= MOST) return false;
    this.#count += 1;
    const kept = this.#kept.get(sessionId);
    if (kept === undefined) this.#kept.set(sessionId, [update]);
    else kept.push(update);
    return true;
  }

  take(sessionId: string): readonly EarlyUpdate[] {
    const kept = this.#kept.get(sessionId) ?? [];
    this.#kept.delete(sessionId);
    return kept;
  }
}
