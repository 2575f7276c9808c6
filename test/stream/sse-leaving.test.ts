import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { readSse } from "../../src/stream/sse.ts";
import { collect, openSource, rejection, unhandledRejections } from "./sse-source.ts";

const done = { done: true, value: undefined };
const never = () => new Promise<void>(() => {});

describe("readSse: errors", () => {
  it("throws the stream's own error, once, after the frames before it", async () => {
    const source = openSource();
    const error = new TypeError("terminated");
    const frames = readSse(source);
    source.write("data: a\n\ndata: half");
    expect((await frames.next()).value?.data).toBe("a");
    source.error(error);
    expect(await rejection(frames.next())).toBe(error);
    expect(await frames.next()).toEqual(done);
    expect(source.body.locked).toBe(false);
  });

  it("throws what a callback throws, and cancels the stream", async () => {
    const source = openSource();
    const error = new Error("from the callback");
    const frames = readSse(source, {
      onComment: () => {
        throw error;
      },
    });
    source.write("data: a\n\n: beat\n\ndata: b\n\n");
    expect((await frames.next()).value?.data).toBe("a");
    expect(await rejection(frames.next())).toBe(error);
    expect(source.cancelled).toEqual([error]);
  });

  it("refuses a locked body at once", () => {
    const { body } = openSource();
    body.getReader();
    expect(() => readSse({ body })).toThrow(TypeError);
  });
});

describe("readSse: break and return()", () => {
  it("cancels the source on break, drops what is left, and frees the body", async () => {
    const source = openSource();
    source.write("data: a\n\ndata: b\n\n");
    const { signal } = new AbortController();
    const frames = readSse(source, { signal });
    for await (const frame of frames) {
      expect(frame.data).toBe("a");
      break;
    }
    expect(source.cancelled).toEqual([undefined]);
    expect(source.body.locked).toBe(false);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(await frames.next()).toEqual(done);
    expect(await frames.return()).toEqual(done);
    expect(source.cancelled).toHaveLength(1);
  });

  it("does so before the first read", async () => {
    const source = openSource();
    const frames = readSse(source);
    expect(await frames.return()).toEqual(done);
    expect(source.cancelled).toEqual([undefined]);
    expect(await frames.next()).toEqual(done);
  });

  it("settles reads that are pending, even if the source never finishes closing", async () => {
    const source = openSource(never);
    const frames = readSse(source);
    const pending = [frames.next(), frames.next()];
    // The first of them is in the middle of reading.
    await Promise.resolve().then(() => {});
    expect(await frames.return()).toEqual(done);
    expect(source.cancelled).toHaveLength(1);
    expect(await Promise.all(pending)).toEqual([done, done]);
  });

  it("hears nothing more, not even of bytes that are already here", async () => {
    const seen: string[] = [];
    const source = openSource();
    const frames = readSse(source, {
      onActivity: () => seen.push("activity"),
      onComment: (c) => seen.push(c),
    });
    const pending = frames.next();
    source.write(": beat\ndata: a\n\n");
    void frames.return();
    expect(await pending).toEqual(done);
    expect(seen).toEqual([]);
  });

  it("drops a failure that nobody saw", async () => {
    const source = openSource();
    const frames = readSse(source, { maxFrameSize: 1 });
    source.write("data: a\n\ndata: too large\n\n");
    expect((await frames.next()).value?.data).toBe("a");
    await frames.return();
    expect(await frames.next()).toEqual(done);
  });

  it("reaches the source before it returns", () => {
    const source = openSource();
    void readSse(source).return();
    expect(source.cancelled).toHaveLength(1);
  });

  it("leaves a callback's frames behind when the callback leaves", async () => {
    const source = openSource();
    const frames = readSse(source, { onComment: () => void frames.return() });
    source.write("data: a\n\n: leave\ndata: b\n\n");
    expect(await frames.next()).toEqual(done);
    expect(source.cancelled).toHaveLength(1);
  });
});

describe("readSse: the signal", () => {
  it.each([new Error("own reason"), "a string", 0, null])(
    "throws its reason as it is: %s",
    async (reason) => {
      const controller = new AbortController();
      const source = openSource(never);
      const frames = readSse(source, { signal: controller.signal });
      const pending = frames.next();
      controller.abort(reason);
      expect(source.cancelled).toEqual([reason]);
      expect(await rejection(pending)).toBe(reason);
      expect(await frames.next()).toEqual(done);
      expect(source.body.locked).toBe(false);
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    },
  );

  it("drops frames that were not handed out", async () => {
    const controller = new AbortController();
    const source = openSource();
    source.write("data: a\n\ndata: b\n\n");
    const frames = readSse(source, { signal: controller.signal });
    expect((await frames.next()).value?.data).toBe("a");
    controller.abort("enough");
    expect(await rejection(frames.next())).toBe("enough");
    expect(await frames.next()).toEqual(done);
  });

  it("drops them also when a callback aborts in the middle of a chunk", async () => {
    const controller = new AbortController();
    const source = openSource();
    source.write("data: a\n\n: leave\ndata: b\n\n");
    const frames = readSse(source, {
      signal: controller.signal,
      onComment: () => controller.abort("enough"),
    });
    expect(await rejection(frames.next())).toBe("enough");
    expect(await frames.next()).toEqual(done);
  });

  it("cancels a body nobody iterates, also when it was aborted before", async () => {
    const controller = new AbortController();
    const [before, after] = [openSource(), openSource()];
    readSse(before, { signal: controller.signal });
    controller.abort("early");
    const frames = readSse(after, { signal: controller.signal });
    expect([before.cancelled, after.cancelled]).toEqual([["early"], ["early"]]);
    expect(await rejection(frames.next())).toBe("early");
    expect(await frames.next()).toEqual(done);
  });

  it.each(["error", "close", "write"] as const)("wins over the %s that comes in before it", async (event) => {
    const controller = new AbortController();
    const source = openSource();
    const frames = readSse(source, { signal: controller.signal });
    const pending = frames.next();
    // As a runtime may do it: the read settles between two listeners, so ours has not run yet.
    Object.defineProperties(controller.signal, { aborted: { value: true }, reason: { value: "mine" } });
    source[event]("data: a\n\n");
    expect(await rejection(pending)).toBe("mine");
    expect(await frames.next()).toEqual(done);
  });

  it("has no listener left, and no effect, after the end or an error", async () => {
    for (const finish of ["close", "error"] as const) {
      const controller = new AbortController();
      const source = openSource();
      const frames = readSse(source, { signal: controller.signal });
      expect(getEventListeners(controller.signal, "abort")).toHaveLength(1);
      source[finish](new Error("dropped"));
      await collect(frames).catch(() => {});
      expect(getEventListeners(controller.signal, "abort")).toEqual([]);
      controller.abort();
      expect(await frames.next()).toEqual(done);
    }
  });
});

describe("readSse: nobody waits", () => {
  it("raises no unhandled rejection", async () => {
    const failing = () => Promise.reject(new Error("could not close"));
    expect(
      await unhandledRejections(async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const [idle, left, aborted, broken] = [failing, failing, failing, failing].map(openSource);
        if (!idle || !left || !aborted || !broken) return;
        readSse(idle, { signal });
        const frames = readSse(left, { signal });
        void frames.next();
        void frames.return();
        void readSse(aborted, { signal }).next();
        void readSse(broken).next();
        broken.error(new Error("dropped"));
        controller.abort(new Error("aborted"));
      }),
    ).toEqual([]);
  });
});
