/** Named gates at which replies wait. A gate stays open until {@link Gates.reset}. */
export class Gates {
  readonly #gates = new Map<string, PromiseWithResolvers<void>>();

  open(name: string): void {
    this.#gate(name).resolve();
  }

  /** Resolves when the gate is open; rejects when the signal aborts first. */
  async opened(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    try {
      await Promise.race([this.#gate(name).promise, aborted]);
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  /** Forgets which gates are open. Who waits at one goes on waiting, for good: end those replies first. */
  reset(): void {
    this.#gates.clear();
  }

  #gate(name: string): PromiseWithResolvers<void> {
    const known = this.#gates.get(name);
    if (known) return known;
    const gate = Promise.withResolvers<void>();
    this.#gates.set(name, gate);
    return gate;
  }
}
