/** One place in a {@link Queue}. Its value may be exchanged while it waits. */
export interface QueueNode<T> {
  value: T;
  next: QueueNode<T> | undefined;
}

/**
 * First in, first out. A linked list, as `Array.shift` moves every element of a large array: all of this is O(1).
 */
export class Queue<T> {
  #head: QueueNode<T> | undefined;
  #tail: QueueNode<T> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The newest entry. */
  get last(): QueueNode<T> | undefined {
    return this.#tail;
  }

  push(value: T): void {
    const node: QueueNode<T> = { value, next: undefined };
    if (this.#tail) this.#tail.next = node;
    else this.#head = node;
    this.#tail = node;
    this.#size++;
  }

  /** The oldest entry, taken out. A node rather than a value: `undefined` may be a value. */
  shift(): QueueNode<T> | undefined {
    const node = this.#head;
    if (!node) return undefined;
    this.#head = node.next;
    if (!this.#head) this.#tail = undefined;
    // A dead node in the collector's old space would otherwise keep all that came after it alive.
    node.next = undefined;
    this.#size--;
    return node;
  }

  clear(): void {
    this.#head = undefined;
    this.#tail = undefined;
    this.#size = 0;
  }
}
