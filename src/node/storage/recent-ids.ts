/** More events than this are never under way between two tellings. */
const LIMIT = 10_000;

/** Ids that came lately. The oldest are forgotten. */
export class RecentIds {
  readonly #ids = new Set<string>();

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  add(id: string): void {
    this.#ids.add(id);
    if (this.#ids.size <= LIMIT) return;
    const [oldest = ""] = this.#ids;
    this.#ids.delete(oldest);
  }

  /** Was it there? */
  delete(id: string): boolean {
    return this.#ids.delete(id);
  }
}
