/** What is being stopped, by session: an engine's abort is for whatever runs, so the next prompt must wait for it. */
export class Stopping {
  readonly #bySession = new Map<string, Promise<void>>();

  add(sessionId: string, work: Promise<unknown>): void {
    const before = this.#bySession.get(sessionId);
    const done = Promise.allSettled([before, work]).then(() => {
      if (this.#bySession.get(sessionId) === done) this.#bySession.delete(sessionId);
    });
    this.#bySession.set(sessionId, done);
  }

  /** Resolves when nothing is being stopped in the session. Never rejects. */
  async finished(sessionId: string): Promise<void> {
    await this.#bySession.get(sessionId);
  }
}
