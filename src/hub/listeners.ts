/** Those who are told something. Each may leave, or bring others, while it is told: who comes then hears of the next. */
export class Listeners<Listener> {
  readonly #members = new Set<Listener>();
  /** In a row, until somebody comes or leaves. */
  #row: readonly Listener[] | undefined;

  get size(): number {
    return this.#members.size;
  }

  /** Returns how it leaves; to leave twice does nothing. */
  add(listener: Listener): () => void {
    this.#members.add(listener);
    this.#row = undefined;
    return () => {
      if (this.#members.delete(listener)) this.#row = undefined;
    };
  }

  tell(how: (listener: Listener) => void): void {
    this.#row ??= [...this.#members];
    for (const listener of this.#row) if (this.#members.has(listener)) how(listener);
  }
}
