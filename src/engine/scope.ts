/**
 * Runs work that ends with any of these signals: its own signal aborts, and the result rejects at once with the
 * aborted signal's `reason`, unchanged, even if the work does not listen. No listener is left when it settles. When
 * the work fails its signal aborts as well: what it began beside does not go on.
 */
export async function scoped<T>(
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const live = signals.filter((signal) => signal !== undefined);
  for (const signal of live) signal.throwIfAborted();

  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const listeners = live.map((signal) => {
    const onAbort = () => {
      controller.abort(signal.reason);
      reject(signal.reason);
    };
    signal.addEventListener("abort", onAbort, { once: true });
    return () => signal.removeEventListener("abort", onAbort);
  });
  try {
    return await Promise.race([aborted, work(controller.signal)]);
  } catch (error) {
    controller.abort(error);
    throw error;
  } finally {
    for (const remove of listeners) remove();
  }
}

/** Waits, unless the signal aborts first: then it rejects with its `reason`. The timer is cleared either way. */
export function delay(ms: number, signal: AbortSignal): Promise<void> {
  return scoped([signal], (scope) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    scope.addEventListener("abort", () => clearTimeout(timer), { once: true });
    return promise;
  });
}

/** 24.8 days: a timer that is set for longer fires at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/** Runs work that must be done in `ms` milliseconds: after that it is aborted, and `late()` is thrown. */
export async function withDeadline<T>(
  ms: number,
  late: () => Error,
  signals: readonly (AbortSignal | undefined)[],
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const clock = new AbortController();
  const timer = setTimeout(() => clock.abort(late()), Math.min(ms, LONGEST_TIMER_MS));
  try {
    return await scoped([...signals, clock.signal], work);
  } finally {
    clearTimeout(timer);
  }
}
