import type { DriverItem } from "../../engine/driver.ts";
import type { DriverEvent } from "../../engine/driver-events.ts";

export interface DeletionsOptions {
  /** How many sessions there are; `undefined`: it can't be read just now. */
  count(): number | undefined;
  /** The ids of all sessions. */
  all(): Iterable<string> | undefined;
}

/** Milliseconds between two counts. What is gone at one and was not told by the next, another process has deleted. */
const EVERY_MS = 1_000;

/**
 * Finds sessions that other processes have deleted: of those nothing is left in the storage, not even the event. They
 * are counted after each change, and looked for only when there are fewer than there should be.
 */
export class Deletions {
  readonly #options: DeletionsOptions;
  readonly #known = new Set<string>();
  #expected: number | undefined;
  #suspects: readonly string[] = [];
  #next = 0;
  #isChanged = false;

  constructor(options: DeletionsOptions) {
    this.#options = options;
    this.#expected = options.count();
  }

  /** The engine has it, or says what becomes of it. */
  saw(event: DriverEvent): void {
    if (event.type === "session_deleted") this.#known.delete(event.sessionId);
    else if (event.type === "session_created" || event.type === "session_updated")
      this.#known.add(event.session.id);
  }

  sawId(sessionId: string): void {
    this.#known.add(sessionId);
  }

  /** Something was written, among it so many new sessions. */
  changed(created: number): void {
    this.#isChanged = true;
    if (this.#expected !== undefined) this.#expected += created;
  }

  look(now: number): readonly DriverItem[] {
    if (now < this.#next || (!this.#isChanged && this.#suspects.length === 0)) return [];
    this.#next = now + EVERY_MS;
    const deleted = this.#suspects.filter((id) => this.#known.delete(id));
    this.#suspects = [];
    if (this.#isChanged) this.#count();
    return deleted.map((sessionId) => ({
      event: { type: "session_deleted", sessionId },
      origin: "storage",
    }));
  }

  #count(): void {
    const count = this.#options.count();
    if (count === undefined) return;
    this.#isChanged = false;
    const isShort = this.#expected !== undefined && count < this.#expected;
    this.#expected = count;
    if (!isShort) return;
    const all = new Set(this.#options.all() ?? this.#known);
    this.#suspects = [...this.#known].filter((id) => !all.has(id));
  }
}
