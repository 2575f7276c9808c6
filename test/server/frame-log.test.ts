import { describe, expect, it, vi } from "vitest";
import { eventStreamResponse } from "../../src/server/event-stream.ts";
import { FrameLog } from "../../src/server/frame-log.ts";
import { settle, stoppedClock } from "../hub/support.ts";

const kept = (log: FrameLog) => {
  const frames: string[] = [];
  for (let number = log.beginning + 1; number <= log.newest; number += 1) frames.push(log.get(number) ?? "?");
  return frames;
};

describe("FrameLog", () => {
  it("numbers its frames from 1, and keeps the newest", () => {
    const log = new FrameLog({ limit: 3, maxSize: 100 });
    expect([log.newest, log.beginning, log.reaches(0), log.reaches(1)]).toEqual([0, 0, true, false]);
    for (const frame of ["a", "b", "c", "d", "e"]) log.append(frame);
    expect(kept(log)).toEqual(["c", "d", "e"]);
    expect([log.newest, log.beginning]).toEqual([5, 2]);
    expect([1, 2, 5, 6].map((after) => log.reaches(after))).toEqual([false, true, true, false]);
    expect(log.get(2)).toBeUndefined();
  });

  it("keeps no more than so much text, but the newest frame in any case", () => {
    const log = new FrameLog({ limit: 100, maxSize: 10 });
    for (const frame of ["aaaa", "bbbb", "cccc"]) log.append(frame);
    expect(kept(log)).toEqual(["bbbb", "cccc"]);
    log.append("d".repeat(50));
    expect(kept(log)).toEqual(["d".repeat(50)]);
    log.append("eeee");
    expect(kept(log)).toEqual(["eeee"]);
  });

  it("takes nothing after its end, and tells of it once", () => {
    const log = new FrameLog({ limit: 3, maxSize: 100 });
    const watcher = vi.fn();
    const leave = log.watch(watcher);
    log.append("a");
    log.end();
    log.end();
    log.append("b");
    expect(kept(log)).toEqual(["a"]);
    expect(log.isOver).toBe(true);
    expect(watcher).toHaveBeenCalledTimes(2);
    leave();
  });

  it("leaves a watcher alone that left", () => {
    const log = new FrameLog({ limit: 3, maxSize: 100 });
    const watcher = vi.fn();
    log.watch(watcher)();
    log.append("a");
    expect(watcher).not.toHaveBeenCalled();
  });
});

describe("a stream of its frames", () => {
  const open = (log: FrameLog, { after = 0, signal = new AbortController().signal } = {}) => {
    const response = eventStreamResponse(log, { after, greeting: "hello ", heartbeatMs: 1000, signal });
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    if (reader === undefined) throw new Error("There is no body.");
    return reader;
  };

  it("begins with the greeting and what is there, and ends with the log", async () => {
    const log = new FrameLog({ limit: 100, maxSize: 1000 });
    for (const frame of ["a ", "b "]) log.append(frame);
    const reader = open(log, { after: 1 });
    expect((await reader.read()).value).toBe("hello b ");
    const next = reader.read();
    log.append("c ");
    expect((await next).value).toBe("c ");
    log.append("d ");
    log.end();
    expect((await reader.read()).value).toBe("d ");
    expect((await reader.read()).done).toBe(true);
  });

  it("hands much over in pieces, none of it twice", async () => {
    const log = new FrameLog({ limit: 100, maxSize: 10_000_000 });
    const frames = Array.from({ length: 10 }, (_, index) => `${index}`.repeat(30_000));
    for (const frame of frames) log.append(frame);
    log.end();
    const pieces: string[] = [];
    const reader = open(log);
    for (let read = await reader.read(); !read.done; read = await reader.read()) pieces.push(read.value);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join("")).toBe(`hello ${frames.join("")}`);
  });

  it.each(["cancelled", "aborted", "ended"])("leaves no timer and no watcher when it was %s", async (how) => {
    stoppedClock();
    const log = new FrameLog({ limit: 100, maxSize: 1000 });
    const unwatched = vi.fn();
    const watch = log.watch.bind(log);
    vi.spyOn(log, "watch").mockImplementation((watcher) => {
      const leave = watch(watcher);
      return () => {
        unwatched();
        leave();
      };
    });
    const leaving = new AbortController();
    const reader = open(log, { signal: leaving.signal });
    await reader.read();
    expect(vi.getTimerCount()).toBe(1);
    if (how === "cancelled") await reader.cancel();
    if (how === "aborted") leaving.abort();
    if (how === "ended") log.end();
    await settle();
    if (how !== "cancelled") expect((await reader.read()).done).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
    expect(unwatched).toHaveBeenCalled();
  });

  it("is empty for one who left before it began", async () => {
    stoppedClock();
    const log = new FrameLog({ limit: 100, maxSize: 1000 });
    const reader = open(log, { signal: AbortSignal.abort() });
    expect((await reader.read()).done).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("breaks off for a reader that falls behind, also if it does not read", async () => {
    stoppedClock();
    const log = new FrameLog({ limit: 2, maxSize: 1000 });
    const signal = new AbortController().signal;
    const { body } = eventStreamResponse(log, { after: 0, greeting: "hello ", heartbeatMs: 1000, signal });
    const reader = body?.getReader();
    await reader?.read();
    for (const frame of ["a ", "b "]) log.append(frame);
    expect(vi.getTimerCount()).toBe(1);
    log.append("c ");
    expect(vi.getTimerCount()).toBe(0);
    await expect(reader?.read()).rejects.toThrow("fell behind");
    log.append("d ");
    log.end();
  });

  it("does not beat for a reader that does not read", async () => {
    stoppedClock();
    const log = new FrameLog({ limit: 100, maxSize: 1000 });
    const signal = new AbortController().signal;
    const { body } = eventStreamResponse(log, { after: 0, greeting: "hello ", heartbeatMs: 1000, signal });
    const reader = body?.getReader();
    await reader?.read();
    vi.advanceTimersByTime(10_000);
    log.append("a ");
    const { value } = (await reader?.read()) ?? {};
    expect(new TextDecoder().decode(value)).toBe("a ");
    await reader?.cancel();
  });
});
