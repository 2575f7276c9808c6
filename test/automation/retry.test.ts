import fc from "fast-check";
import { expect, it, onTestFinished, vi } from "vitest";
import { type RetryNews, retrying } from "../../src/automation/retry.ts";
import { EngineError } from "../../src/engine/errors.ts";

it("no wait is longer than allowed or shorter than asked for, and none is for what is over", async () => {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  const ms = fc.nat({ max: 100_000 });
  await fc.assert(
    fc.asyncProperty(
      fc.record({ attempts: fc.integer({ min: 1, max: 40 }), minDelay: ms, maxDelay: ms }),
      fc.option(ms, { nil: undefined }),
      async (options, retryAfterMs) => {
        const news: RetryNews[] = [];
        const failure = new EngineError("RATE_LIMITED", "No.", { retryAfterMs });
        const retry = { ...options, onRetry: (one: RetryNews) => news.push(one) };
        const work = vi.fn().mockRejectedValue(failure);
        const ended = retrying(retry, new AbortController().signal, work).catch((error: unknown) => error);
        await vi.runAllTimersAsync();
        expect(await ended).toBe(failure);
        const { attempts, minDelay, maxDelay } = options;
        const isPatient = (retryAfterMs ?? 0) <= maxDelay;
        expect(work).toHaveBeenCalledTimes(isPatient ? attempts : 1);
        for (const { attempt, delayMs } of news) {
          expect(delayMs).toBeGreaterThanOrEqual(retryAfterMs ?? 0);
          expect(delayMs).toBeLessThanOrEqual(maxDelay);
          expect(delayMs).toBeLessThanOrEqual((retryAfterMs ?? 0) + minDelay * 2 ** (attempt - 1));
        }
        expect(news.map(({ attempt }) => attempt)).toEqual(
          work.mock.calls.slice(0, -1).map(([attempt]) => attempt),
        );
      },
    ),
  );
});

it.each([new Error("none of ours"), new EngineError("AUTH_REQUIRED", "No key."), "a string"])(
  "what is not retryable is not tried again: %s",
  async (failure) => {
    const work = vi.fn().mockRejectedValue(failure);
    await expect(retrying({ attempts: 3 }, new AbortController().signal, work)).rejects.toBe(failure);
    expect(work).toHaveBeenCalledOnce();
  },
);
