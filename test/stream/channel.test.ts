import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { createChannel } from "../../src/stream/channel.ts";
import { collect, rejection, unhandledRejections } from "./sse-source.ts";

const done = { done: true, value: undefined };
const item = <T>(value: T) => ({ done: false, value });

/** Letters merge with letters. */
const mergeLetters = (previous: string, next: string) =>
  /[a-z]$/.test(previous) && /^[a-z]/.test(next) ? previous + next : undefined;

describe("channel: delivery", () => {
  it("hands a pushed item to whoever waits, and several of them in order", async () => {
    const channel = createChannel<number>({ limit: 1 });
    const waiting = [channel.next(), channel.next(), channel.next()];
    expect([channel.push(1), channel.push(2), channel.push(3)]).toEqual([true, true, true]);
    expect(channel.size).toBe(0);
    expect(await Promise.all(waiting)).toEqual([item(1), item(2), item(3)]);
  });

  it("queues while nobody waits, and takes `undefined` for an item like any other", async () => {
    const channel = createChannel<number | undefined>();
    channel.push(undefined);
    channel.push(0);
    expect(channel.size).toBe(2);
    channel.close();
    expect(await collect(channel)).toEqual([undefined, 0]);
    expect(channel.size).toBe(0);
  });

  it("is empty again and again without losing its place", async () => {
    const channel = createChannel<number>();
    for (let n = 0; n < 10; n++) {
      channel.push(n);
      expect(await channel.next()).toEqual(item(n));
    }
  });

  it("keeps 100,000 items in order", async () => {
    const numbers = Array.from({ length: 100_000 }, (_, n) => n);
    const channel = createChannel<number>({ limit: numbers.length });
    for (const n of numbers) channel.push(n);
    channel.close();
    expect(await collect(channel)).toEqual(numbers);
  });
});

describe("channel: the end", () => {
  it("drains after close(), then is done for ever and takes nothing", async () => {
    const channel = createChannel<number>();
    channel.push(1);
    channel.close();
    channel.fail(new Error("too late"));
    expect(channel.push(2)).toBe(false);
    expect(await channel.next()).toEqual(item(1));
    expect(await channel.next()).toEqual(done);
    expect(await channel.next()).toEqual(done);
  });

  it("drains after fail(), then throws once and is done", async () => {
    const channel = createChannel<number>();
    const error = new Error("broken");
    channel.push(1);
    channel.fail(error);
    channel.close();
    channel.fail(new Error("too late"));
    expect(channel.push(2)).toBe(false);
    expect(await channel.next()).toEqual(item(1));
    expect(await rejection(channel.next())).toBe(error);
    expect(await channel.next()).toEqual(done);
  });

  it("settles everyone who waits: close() ends them, fail() throws to the first", async () => {
    const closed = createChannel<number>();
    const ended = [closed.next(), closed.next()];
    closed.close();
    expect(await Promise.all(ended)).toEqual([done, done]);

    const failed = createChannel<number>();
    const [first, ...others] = [failed.next(), failed.next(), failed.next()];
    failed.fail("broken");
    expect(await rejection(first)).toBe("broken");
    expect(await Promise.all(others)).toEqual([done, done]);
    expect(await failed.next()).toEqual(done);
  });

  it("can fail with `undefined`", async () => {
    const channel = createChannel<number>();
    channel.fail(undefined);
    expect(await rejection(channel.next())).toBeUndefined();
    expect(await channel.next()).toEqual(done);
  });
});

describe("channel: the limit", () => {
  it("fails with the caller's error when full, after what it holds", async () => {
    const error = new Error("overflow");
    const channel = createChannel<number>({ limit: 2, onOverflow: () => error });
    expect([1, 2, 3, 4].map((n) => channel.push(n))).toEqual([true, true, false, false]);
    expect(await channel.next()).toEqual(item(1));
    expect(channel.push(5)).toBe(false);
    expect(await channel.next()).toEqual(item(2));
    expect(await rejection(channel.next())).toBe(error);
    expect(await channel.next()).toEqual(done);
  });

  it("makes the error once", async () => {
    let errors = 0;
    const channel = createChannel<number>({ limit: 1, onOverflow: () => ++errors });
    for (const n of [1, 2, 3]) channel.push(n);
    await channel.next();
    expect(await rejection(channel.next())).toBe(1);
    expect(errors).toBe(1);
  });

  it("is 4096 by default, and has an error of its own", async () => {
    const channel = createChannel<number>();
    let taken = 0;
    while (channel.push(taken)) taken++;
    expect(taken).toBe(4096);
    const error = await rejection(collect(channel));
    expect(error).toBeInstanceOf(RangeError);
    expect(String(error)).toContain("4096");
  });

  it.each([0, -1, Number.NaN])("can't be %d", (limit) => {
    expect(() => createChannel({ limit })).toThrow(RangeError);
  });
});

describe("channel: merging", () => {
  it("merges into the last queued item only, also when full", async () => {
    const channel = createChannel<string>({ limit: 3, merge: mergeLetters });
    const pushed = ["a", "b", "1", "c", "d", "e", "2"].map((text) => channel.push(text));
    expect(pushed).toEqual([true, true, true, true, true, true, false]);
    expect(channel.size).toBe(3);
    expect(await channel.next()).toEqual(item("ab"));
    expect(await channel.next()).toEqual(item("1"));
    expect(await channel.next()).toEqual(item("cde"));
  });

  it("does not touch what was handed out", async () => {
    const channel = createChannel<string>({ merge: mergeLetters });
    channel.push("a");
    expect(await channel.next()).toEqual(item("a"));
    const waiting = channel.next();
    channel.push("b");
    expect(await waiting).toEqual(item("b"));
    channel.push("c");
    expect(await channel.next()).toEqual(item("c"));
  });

  it("calls `merge` once per item that has to queue behind another", () => {
    const calls: string[] = [];
    const channel = createChannel<string>({
      merge: (previous, next) => {
        calls.push(previous + next);
        return undefined;
      },
    });
    for (const text of ["a", "b", "c"]) channel.push(text);
    expect(calls).toEqual(["ab", "bc"]);
  });

  it.each(["merge", "onOverflow"] as const)(
    "fails with what `%s` throws; push() does not throw",
    async (option) => {
      const error = new Error(option);
      const channel = createChannel<number>({
        limit: 1,
        [option]: () => {
          throw error;
        },
      });
      expect([channel.push(1), channel.push(2), channel.push(3)]).toEqual([true, false, false]);
      expect(await channel.next()).toEqual(item(1));
      expect(await rejection(channel.next())).toBe(error);
    },
  );
});

describe("channel: leaving", () => {
  it.each(["break", "return()", "await using"])("drops what is left and tells once: %s", async (way) => {
    let told = 0;
    const { signal } = new AbortController();
    const channel = createChannel<number>({ signal, onReturn: () => told++ });
    for (const n of [1, 2, 3]) channel.push(n);
    if (way === "break") for await (const _ of channel) break;
    else if (way === "return()") expect(await channel.return()).toEqual(done);
    else await channel[Symbol.asyncDispose]();
    expect(channel.size).toBe(0);
    expect(channel.push(4)).toBe(false);
    expect(await channel.next()).toEqual(done);
    await channel.return();
    expect(told).toBe(1);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("settles whoever waits", async () => {
    const channel = createChannel<number>();
    const waiting = [channel.next(), channel.next()];
    await channel.return();
    expect(await Promise.all(waiting)).toEqual([done, done]);
  });

  it("drops a failure that nobody saw, and tells nobody after the end was seen", async () => {
    let told = 0;
    const failed = createChannel<number>({ onReturn: () => told++ });
    failed.fail(new Error("unseen"));
    await failed.return();
    expect(await failed.next()).toEqual(done);
    expect(told).toBe(1);

    const closed = createChannel<number>({ onReturn: () => told++ });
    closed.push(1);
    closed.close();
    expect(await collect(closed)).toEqual([1]);
    await closed.return();
    expect(told).toBe(1);
  });
});

describe("channel: the signal", () => {
  it.each([new Error("own reason"), "a string", 0, null])(
    "throws its reason as it is, once: %s",
    async (reason) => {
      let told = 0;
      const controller = new AbortController();
      const channel = createChannel<number>({ signal: controller.signal, onReturn: () => told++ });
      channel.push(1);
      controller.abort(reason);
      expect(told).toBe(1);
      expect(channel.size).toBe(0);
      expect(channel.push(2)).toBe(false);
      expect(await rejection(channel.next())).toBe(reason);
      expect(await channel.next()).toEqual(done);
      await channel.return();
      expect(told).toBe(1);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    },
  );

  it("tells once also when the consumer returns without having seen it", async () => {
    let told = 0;
    const controller = new AbortController();
    const channel = createChannel<number>({ signal: controller.signal, onReturn: () => told++ });
    controller.abort();
    await channel.return();
    expect(told).toBe(1);
    expect(await channel.next()).toEqual(done);
  });

  it("throws to the first who waits", async () => {
    const controller = new AbortController();
    const channel = createChannel<number>({ signal: controller.signal });
    const [first, second] = [channel.next(), channel.next()];
    controller.abort("enough");
    expect(await rejection(first)).toBe("enough");
    expect(await second).toEqual(done);
  });

  it("cuts short what close() or fail() would still have given", async () => {
    for (const end of ["close", "fail"] as const) {
      const controller = new AbortController();
      const channel = createChannel<number>({ signal: controller.signal });
      channel.push(1);
      channel[end](new Error("later"));
      controller.abort("enough");
      expect(await rejection(channel.next())).toBe("enough");
      expect(await channel.next()).toEqual(done);
    }
  });

  it("may have been aborted before; then the producer is told when it has its channel", async () => {
    let told = 0;
    const channel = createChannel<number>({ signal: AbortSignal.abort("early"), onReturn: () => told++ });
    expect(told).toBe(0);
    expect(channel.push(1)).toBe(false);
    expect(await rejection(channel.next())).toBe("early");
    expect(await channel.next()).toEqual(done);
    expect(told).toBe(1);
  });

  it("has no listener left and no effect once nothing is left", async () => {
    for (const end of ["close", "fail"] as const) {
      const controller = new AbortController();
      const channel = createChannel<number>({ signal: controller.signal });
      channel.push(1);
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
      channel[end]("broken");
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
      await channel.next();
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      controller.abort("enough");
      if (end === "fail") expect(await rejection(channel.next())).toBe("broken");
      expect(await channel.next()).toEqual(done);
    }
  });
});

describe("channel: nobody waits", () => {
  it("raises no unhandled rejection for a failure that nobody asks for", async () => {
    expect(
      await unhandledRejections(() => {
        const controller = new AbortController();
        createChannel({ signal: controller.signal });
        createChannel().fail(new Error("unseen"));
        void createChannel({ signal: controller.signal }).return();
        controller.abort(new Error("aborted"));
      }),
    ).toEqual([]);
  });
});
