const LIMIT = 100;

/** What was lately made, by key, so that the same request again makes nothing anew. */
export class Recent<Value> {
  readonly #values = new Map<string, Value>();
  readonly #isOver: (value: Value) => boolean;

  /** What `isOver` may be forgotten, the oldest first, once there are more than a hundred. */
  constructor(isOver: (value: Value) => boolean) {
    this.#isOver = isOver;
  }

  get(key: string): Value | undefined {
    return this.#values.get(key);
  }

  set(key: string, value: Value): void {
    this.#values.set(key, value);
    for (const [oldest, made] of this.#values) {
      if (this.#values.size <= LIMIT) break;
      if (this.#isOver(made)) this.#values.delete(oldest);
    }
  }

  delete(key: string): void {
    this.#values.delete(key);
  }
}
