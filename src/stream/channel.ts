import { asyncDispose } from "../engine/async-dispose.ts";
import { Queue } from "./queue.ts";

const DEFAULT_LIMIT = 4096;

/** How a {@link Channel} is bounded, and whom it tells. */
export interface ChannelOptions<T> {
  /** How many items may wait for the consumer. At least 1; default 4096. */
  limit?: number | undefined;
  /**
   * Makes one item of two neighbours: the last one in the queue and the one being pushed. What it returns takes the
   * place of the former and nothing grows, not even a full channel; `undefined` means that they stay apart.
   */
  merge?: ((previous: T, next: T) => T | undefined) | undefined;
  /** The error that ends a full channel, thrown after what is queued. Default: a `RangeError`. */
  onOverflow?: (() => unknown) | undefined;
  /**
   * The consumer left before the end, by `return()`, `break`, disposal or its `signal`. Called at most once, and never
   * before `createChannel` has returned. Must not throw.
   */
  onReturn?: (() => void) | undefined;
  /** Ends the channel at once: what is queued is dropped, and the consumer gets `signal.reason` as it is. */
  signal?: AbortSignal | undefined;
}

/**
 * A bounded queue from one producer, who never waits, to one consumer, who iterates it once. Items are delivered in
 * order, each once. Calls of `next()` that overlap are answered in order. Once it is over, `next()` gives
 * `{ done: true }` for ever; a failure is thrown once before that.
 */
export interface Channel<T> extends AsyncIterableIterator<T, undefined>, AsyncDisposable {
  /** How many items wait for the consumer. */
  readonly size: number;
  /**
   * Hands an item over; never blocks, never throws. `false`: the channel is over, or is full (and so fails now), and
   * did not take it.
   */
  push(value: T): boolean;
  /** No more items: the consumer gets what is queued, then the end. Without effect on a channel that is over. */
  close(): void;
  /** No more items: the consumer gets what is queued, then `error` is thrown. Without effect on one that is over. */
  fail(error: unknown): void;
  next(): Promise<IteratorResult<T, undefined>>;
  /** The consumer leaves: what is queued is dropped and the producer is told. Never waits. */
  return(): Promise<IteratorResult<T, undefined>>;
}

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Makes a {@link Channel}.
 *
 * @throws RangeError when `limit` is not a number of at least 1.
 */
export function createChannel<T>(options: ChannelOptions<T> = {}): Channel<T> {
  const { limit = DEFAULT_LIMIT, merge, onOverflow, onReturn, signal } = options;
  if (!(limit >= 1)) throw new RangeError(`Channel limit must be at least 1, got ${limit}`);

  const items = new Queue<T>();
  const waiters = new Queue<Waiter<T>>();
  let open = true;
  let left = false;
  let failure: { readonly error: unknown } | undefined;

  const over = (): IteratorResult<T, undefined> => ({ done: true, value: undefined });

  const end = (failed?: { readonly error: unknown }): void => {
    if (!open) return;
    open = false;
    failure = failed;
    // Whoever waits has seen all items: the first one learns how it ended.
    const first = waiters.shift();
    if (first) settle(first);
    for (let waiter = waiters.shift(); waiter; waiter = waiters.shift()) waiter.value.resolve(over());
    releaseIfDrained();
  };

  const settle = ({ value: waiter }: { readonly value: Waiter<T> }): void => {
    const failed = failure;
    failure = undefined;
    if (failed) waiter.reject(failed.error);
    else waiter.resolve(over());
  };

  const releaseIfDrained = (): void => {
    if (!open && items.size === 0) signal?.removeEventListener("abort", onAbort);
  };

  /** True the first time, if the end was still to come: then the producer has to know. */
  const leave = (failed?: { readonly error: unknown }): boolean => {
    const early = !left && (open || items.size > 0 || failure !== undefined);
    left = true;
    items.clear();
    failure = failed;
    end(failed);
    releaseIfDrained();
    return early;
  };

  const onAbort = (): void => {
    if (leave({ error: signal?.reason })) onReturn?.();
  };

  const append = (value: T): boolean => {
    const last = items.last;
    const merged = last && merge?.(last.value, value);
    if (last && merged !== undefined) {
      last.value = merged;
      return true;
    }
    if (items.size < limit) {
      items.push(value);
      return true;
    }
    const error = onOverflow ? onOverflow() : new RangeError(`Channel is full: ${limit} items are waiting`);
    end({ error });
    return false;
  };

  if (signal?.aborted) {
    leave({ error: signal.reason });
    // Later, as what it undoes (a subscription, say) is mostly made right after the channel.
    if (onReturn) queueMicrotask(onReturn);
  } else {
    signal?.addEventListener("abort", onAbort);
  }

  return {
    get size() {
      return items.size;
    },
    push(value) {
      if (!open) return false;
      const waiter = waiters.shift();
      if (waiter) {
        waiter.value.resolve({ done: false, value });
        return true;
      }
      try {
        return append(value);
      } catch (error) {
        // A `merge` or `onOverflow` that throws is the consumer's trouble, not the producer's.
        end({ error });
        return false;
      }
    },
    close: () => end(),
    fail: (error) => end({ error }),
    next() {
      const item = items.shift();
      if (item) {
        releaseIfDrained();
        return Promise.resolve({ done: false, value: item.value });
      }
      return new Promise((resolve, reject) => {
        if (open) waiters.push({ resolve, reject });
        else settle({ value: { resolve, reject } });
      });
    },
    async return() {
      if (leave()) onReturn?.();
      return over();
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    async [asyncDispose]() {
      await this.return();
    },
  };
}
