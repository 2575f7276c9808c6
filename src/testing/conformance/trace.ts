const KEPT = 40;

/** What went over the wire last, so that a failure says what the engine told. */
export class Trace {
  readonly #entries: { readonly what: string; times: number }[] = [];

  add(what: string): void {
    const last = this.#entries.at(-1);
    if (last?.what === what) last.times += 1;
    else this.#entries.push({ what, times: 1 });
    if (this.#entries.length > KEPT) this.#entries.shift();
  }

  toString(): string {
    return this.#entries.map(({ what, times }) => (times === 1 ? what : `${what} x${times}`)).join(", ");
  }
}
