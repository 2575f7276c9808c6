import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { Watchdog } from "../../src/hub/watchdog.ts";

const TICK = 5_000;
/** Until two beats were seen. */
const UNKNOWN = 75_000;
/** What heartbeats that come faster than every two seconds amount to. */
const SHORTEST = 5_000;

let stoodStill = 0;

beforeEach(() => {
  vi.useFakeTimers();
  stoodStill = 0;
  const now = performance.now.bind(performance);
  vi.spyOn(performance, "now").mockImplementation(() => now() + stoodStill);
});

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** Both clocks go on, and nothing runs: a blocked loop, a suspended process, the sleep of a Mac. */
function standStill(ms: number): void {
  stoodStill += ms;
  vi.setSystemTime(Date.now() + ms);
}

/** The wall clock goes on alone: the sleep of a Linux machine, or somebody sets it. */
function setWallClock(ms: number): void {
  vi.setSystemTime(Date.now() + ms);
}

interface Answer {
  resolve(isWell: boolean): void;
  reject(error: unknown): void;
}

function watch(heartbeatMs?: number) {
  const deaths: EngineError[] = [];
  const answers: Answer[] = [];
  const dog = new Watchdog({
    heartbeatMs,
    probe: () => {
      const { promise, ...answer } = Promise.withResolvers<boolean>();
      answers.push(answer);
      return promise;
    },
    onDead: (error) => deaths.push(error),
  });
  return {
    dog,
    deaths,
    answers,
    beat: () => {
      dog.alive();
      dog.beat();
    },
    /** Heartbeats at these distances. */
    beats(...distances: number[]) {
      for (const distance of distances) {
        vi.advanceTimersByTime(distance);
        this.beat();
      }
    },
    /** The last of `ms` milliseconds is the one that kills it, and leaves nothing behind. */
    expectDeathAfter(ms: number) {
      vi.advanceTimersByTime(ms - 1);
      expect(deaths).toEqual([]);
      vi.advanceTimersByTime(1);
      expect(deaths).toHaveLength(1);
      expect(answers).toEqual([]);
      this.expectNothingMore();
    },
    expectProbeAfter(ms: number) {
      const before = answers.length;
      vi.advanceTimersByTime(ms - 1);
      expect(answers).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(answers).toHaveLength(before + 1);
      expect(deaths).toEqual([]);
    },
    expectNothingMore() {
      const seen = [deaths.length, answers.length];
      expect(vi.getTimerCount()).toBe(0);
      vi.advanceTimersByTime(1_000_000);
      expect([deaths.length, answers.length]).toEqual(seen);
    },
  };
}

/** Lets an answer to a probe arrive; no clock moves. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
}

describe("of an engine that declares its heartbeat", () => {
  it.each([
    [10_000, 25_000],
    [30_000, 75_000],
    [60_000, 150_000],
    [2_000, SHORTEST],
    [2_001, 5_003],
    // A stall of the network must not end what beats this fast.
    [5, SHORTEST],
  ])("takes it for dead when %i ms became %i ms of silence", (heartbeatMs, limit) => {
    watch(heartbeatMs).expectDeathAfter(limit);
  });

  it("needs no beat for it, and beats change nothing", () => {
    const watched = watch(10_000);
    watched.beats(20_000, 20_000, 20_000, 20_000);
    watched.expectDeathAfter(25_000);
  });

  it("waits anew after every arrival, between two ticks and on them", () => {
    const watched = watch(10_000);
    for (const distance of [1, 4_999, 5_000, 5_001, 24_999, 12_345, 24_999]) {
      vi.advanceTimersByTime(distance);
      watched.dog.alive();
    }
    watched.expectDeathAfter(25_000);
  });

  it("says so in an error that may be retried", () => {
    const { deaths } = watch(10_000);
    vi.advanceTimersByTime(25_000);
    expect(deaths[0]).toBeInstanceOf(EngineError);
    expect(deaths[0]).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      retryable: true,
      message:
        "The engine's event stream was silent for 25000 ms, though something should come every 10000 ms: the connection is dead.",
    });
  });

  it.each([0, -1, Number.NaN])("learns it where what is declared is no time: %d", (heartbeatMs) => {
    const watched = watch(heartbeatMs);
    watched.beats(10_000);
    vi.advanceTimersByTime(UNKNOWN - 1);
    expect([watched.deaths, watched.answers]).toEqual([[], []]);
    watched.dog.alive();
    watched.beats(10_001, 10_000, 10_000, 10_000, 10_000);
    watched.expectDeathAfter(25_000);
  });

  it("never tires where the promise is to say nothing", () => {
    const watched = watch(Number.POSITIVE_INFINITY);
    vi.advanceTimersByTime(10_000_000);
    expect([watched.deaths, watched.answers]).toEqual([[], []]);
    expect(vi.getTimerCount()).toBe(1);
  });
});

describe("of an engine that beats", () => {
  it.each([
    [10_000, 25_000],
    [30_000, 75_000],
    [90_000, 225_000],
    [10_001, 25_003],
  ])("learns %i ms from two beats", (interval, limit) => {
    const watched = watch();
    vi.advanceTimersByTime(7_000);
    watched.beat();
    // Slow ones take longer than one waits without knowing them: then the engine is asked.
    vi.advanceTimersByTime(interval);
    for (const answer of watched.answers.splice(0)) answer.resolve(true);
    watched.beat();
    return settled().then(() => watched.expectDeathAfter(limit));
  });

  it("knows nothing after one beat", () => {
    const watched = watch();
    watched.beats(10_000);
    watched.expectProbeAfter(UNKNOWN);
  });

  it("does not take for beats what else arrives", () => {
    const watched = watch();
    for (let arrival = 0; arrival < 10; arrival += 1) {
      vi.advanceTimersByTime(10_000);
      watched.dog.alive();
    }
    watched.expectProbeAfter(UNKNOWN);
  });

  it("counts the silence from what arrived last, not from the last beat", () => {
    const watched = watch();
    watched.beats(10_000, 10_000);
    vi.advanceTimersByTime(20_000);
    watched.dog.alive();
    watched.expectDeathAfter(25_000);
  });

  it("is as strict as the longest of the last four intervals allows", () => {
    const watched = watch();
    watched.beats(10_000, 30_000, 10_000, 10_000, 10_000);
    // Of the 30 s. Then it is these that count.
    watched.beats(74_999);
    watched.beats(10_000, 10_000, 10_000, 187_497);
    watched.beats(10_000, 10_000, 10_000, 10_000);
    watched.expectDeathAfter(25_000);
  });

  it("grows no stricter by beats that arrive together after a stall, however many they are", () => {
    const watched = watch();
    watched.beats(10_000, 10_000);
    watched.beats(24_000);
    for (let beat = 0; beat < 20; beat += 1) watched.beats(1);
    // The next one comes when it would have come without the stall.
    watched.beats(5_980, 10_000);
    watched.expectDeathAfter(60_000);
  });

  it("takes a beat that was held up for late, and the next one for no sooner", () => {
    const watched = watch();
    watched.beats(10_000, 10_000, 17_000, 3_000);
    watched.expectDeathAfter(42_500);
  });

  it.each([
    [1_999, 3_998 * 2.5],
    [2_000, SHORTEST],
  ])("counts beats that are less than two seconds apart as one: %i ms", (distance, limit) => {
    const watched = watch();
    watched.beats(distance, distance, distance, distance, distance);
    watched.expectDeathAfter(limit);
  });

  it("forgives a fast heart stalls of less than five seconds", () => {
    const watched = watch();
    for (let beat = 0; beat < 100; beat += 1) watched.beats(50);
    watched.expectDeathAfter(SHORTEST);
  });
});

describe("where no beats come", () => {
  it("asks after 75 s of silence whether the engine is well, and again after 75 more", async () => {
    const watched = watch();
    for (let round = 0; round < 5; round += 1) {
      watched.expectProbeAfter(UNKNOWN);
      vi.advanceTimersByTime(round);
      watched.answers.at(-1)?.resolve(true);
      await settled();
    }
    watched.expectProbeAfter(UNKNOWN);
  });

  it("asks once at a time, however long the answer takes", async () => {
    const watched = watch();
    watched.expectProbeAfter(UNKNOWN);
    vi.advanceTimersByTime(500_000);
    expect(watched.answers).toHaveLength(1);
    watched.answers[0]?.resolve(true);
    await settled();
    watched.expectProbeAfter(UNKNOWN);
  });

  it("takes an engine that is not well for dead", async () => {
    const watched = watch();
    watched.expectProbeAfter(UNKNOWN);
    watched.answers[0]?.resolve(false);
    await settled();
    expect(watched.deaths).toHaveLength(1);
    expect(watched.deaths[0]).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      retryable: true,
      message:
        "The engine's event stream was silent for 75000 ms, and the engine does not say that it is well.",
    });
    watched.expectNothingMore();
  });

  it("takes one that does not answer for dead, and says why", async () => {
    const watched = watch();
    watched.expectProbeAfter(UNKNOWN);
    const cause = new EngineError("TIMEOUT", "The engine did not answer in 5000 ms.");
    watched.answers[0]?.reject(cause);
    await settled();
    expect(watched.deaths).toHaveLength(1);
    expect(watched.deaths[0]?.cause).toBe(cause);
    watched.expectNothingMore();
  });

  it.each(["no", "an error"])("believes what arrives meanwhile, and not %s", async (answer) => {
    const watched = watch();
    watched.expectProbeAfter(UNKNOWN);
    watched.dog.alive();
    vi.advanceTimersByTime(3_000);
    if (answer === "no") watched.answers[0]?.resolve(false);
    else watched.answers[0]?.reject(new Error("Not now."));
    await settled();
    watched.expectProbeAfter(UNKNOWN - 3_000);
  });

  it("does not ask when it was not silent to the last millisecond", () => {
    const watched = watch();
    vi.advanceTimersByTime(UNKNOWN - 1);
    watched.dog.alive();
    watched.expectProbeAfter(UNKNOWN);
  });
});

describe("when the machine slept", () => {
  /** What the next tick finds. */
  const tick = () => vi.advanceTimersToNextTimer();

  it.each([
    ["moved on", 10_000, 10_001],
    ["moved back", -10_000, -10_001],
  ])("sees that the wall clock %s alone by more than 10 s", (_, tolerated, jump) => {
    const watched = watch();
    tick();
    for (let round = 0; round < 3; round += 1) {
      vi.advanceTimersByTime(1_000);
      setWallClock(tolerated);
      tick();
    }
    expect(watched.deaths).toEqual([]);
    setWallClock(jump);
    tick();
    expect(watched.deaths).toHaveLength(1);
    expect(watched.deaths[0]).toMatchObject({
      code: "ENGINE_UNAVAILABLE",
      retryable: true,
      message: `The machine slept or its clock was set: it jumped by ${jump} ms.`,
    });
    watched.expectNothingMore();
  });

  it("sees it within 5 s, whatever arrives then", () => {
    const watched = watch(10_000);
    setWallClock(3_600_000);
    for (let arrival = 0; arrival < 49; arrival += 1) watched.beats(100);
    expect(watched.deaths).toEqual([]);
    watched.beats(100);
    expect(watched.deaths).toHaveLength(1);
  });

  it.each([
    ["declared", 2_000, 15_000],
    ["declared", 10_000, 25_000],
    ["declared", 60_000, 150_000],
    ["not known", undefined, 75_000],
  ])(
    "sees that it did not run for longer than silence may last and 15 s: %s %s",
    (_, heartbeatMs, tolerated) => {
      const watched = watch(heartbeatMs);
      for (let round = 0; round < 3; round += 1) {
        vi.advanceTimersByTime(500);
        standStill(tolerated);
        tick();
        watched.dog.alive();
      }
      expect(watched.deaths).toEqual([]);
      expect(watched.answers).toEqual([]);
      standStill(tolerated + 1);
      tick();
      expect(watched.deaths).toHaveLength(1);
      expect(watched.deaths[0]).toMatchObject({
        code: "ENGINE_UNAVAILABLE",
        retryable: true,
        message: `The machine slept, or the process was suspended, for ${tolerated + 1} ms.`,
      });
      watched.expectNothingMore();
    },
  );

  it("sees it while it waits for the answer to a probe, which then means nothing", async () => {
    for (const sleep of [() => setWallClock(60_000), () => standStill(80_000)]) {
      const watched = watch();
      watched.expectProbeAfter(UNKNOWN);
      sleep();
      tick();
      expect(watched.deaths).toHaveLength(1);
      watched.answers[0]?.resolve(false);
      await settled();
      expect(watched.deaths).toHaveLength(1);
      watched.expectNothingMore();
    }
  });

  it("is not deceived by a hidden page, which ticks once a minute and has nothing to hear", async () => {
    const watched = watch();
    for (let minute = 0; minute < 60; minute += 1) {
      standStill(55_000);
      tick();
      watched.answers.at(-1)?.resolve(true);
      await settled();
      expect(watched.deaths).toEqual([]);
    }
    expect(watched.answers.length).toBeGreaterThan(1);
  });

  it("is not deceived by a hidden page that hears beats", () => {
    const watched = watch(10_000);
    for (let minute = 0; minute < 60; minute += 1) {
      for (let beat = 0; beat < 6; beat += 1) {
        standStill(9_000);
        watched.beat();
      }
      tick();
      expect(watched.deaths).toEqual([]);
    }
  });
});

describe("of a loop that was blocked", () => {
  it("leaves a second to read what arrived meanwhile, for timers come before reads", () => {
    for (const blocked of [1_001, 14_000, 24_000]) {
      const watched = watch(10_000);
      vi.advanceTimersByTime(24_000);
      standStill(blocked);
      vi.advanceTimersByTime(1_999);
      expect(watched.deaths).toEqual([]);
      watched.dog.alive();
      watched.expectDeathAfter(25_000);
    }
  });

  it("finds nothing to read in that second, and then it is dead", () => {
    const watched = watch(10_000);
    vi.advanceTimersByTime(24_000);
    standStill(14_000);
    watched.expectDeathAfter(2_000);
  });

  it("needs no second for what is no more than a hiccup, or came in the last second of the silence", () => {
    const hiccup = watch(10_000);
    vi.advanceTimersByTime(24_000);
    standStill(1_000);
    hiccup.expectDeathAfter(1_000);

    const late = watch(10_000);
    vi.advanceTimersByTime(1_000);
    late.dog.alive();
    vi.advanceTimersByTime(24_000);
    standStill(14_000);
    late.expectDeathAfter(1_000);
  });

  it("counts no time as silence in which it could not hear", () => {
    const watched = watch(10_000);
    for (let round = 0; round < 4; round += 1) {
      vi.advanceTimersByTime(1_000);
      standStill(20_000);
      vi.advanceTimersByTime(4_000);
    }
    watched.expectDeathAfter(5_000);
  });

  it("finds the dead stream even if it is always blocked", () => {
    const watched = watch(10_000);
    for (let round = 0; round < 6; round += 1) {
      expect(watched.deaths).toEqual([]);
      standStill(10_000);
      vi.advanceTimersToNextTimer();
    }
    expect(watched.deaths).toHaveLength(1);
  });

  it("does not take the future for heard", () => {
    const watched = watch(10_000);
    standStill(14_000);
    watched.dog.alive();
    vi.advanceTimersByTime(TICK);
    watched.expectDeathAfter(25_000);
  });
});

describe("stop()", () => {
  it.each([
    ["at once", 0],
    ["before the first tick", 1_000],
    ["on a tick", 5_000],
    ["a moment before it is dead", 24_999],
  ])("leaves nothing behind: %s", (_, after) => {
    const watched = watch(10_000);
    vi.advanceTimersByTime(after);
    watched.dog.stop();
    watched.expectNothingMore();
    expect([watched.deaths, watched.answers]).toEqual([[], []]);
  });

  it.each([true, false, new Error("Refused.")])(
    "while a probe is under way that gives %s",
    async (answer) => {
      const watched = watch();
      watched.expectProbeAfter(UNKNOWN);
      watched.dog.stop();
      if (typeof answer === "boolean") watched.answers[0]?.resolve(answer);
      else watched.answers[0]?.reject(answer);
      await settled();
      watched.expectNothingMore();
      expect(watched.deaths).toEqual([]);
    },
  );

  it("may be called by those that are called, twice, and after death; what arrives then changes nothing", () => {
    const deaths: EngineError[] = [];
    const dog = new Watchdog({
      heartbeatMs: 10_000,
      probe: async () => true,
      onDead: (error) => {
        deaths.push(error);
        dog.stop();
      },
    });
    vi.advanceTimersByTime(25_000);
    dog.stop();
    dog.alive();
    dog.beat();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(1_000_000);
    expect(deaths).toHaveLength(1);

    const asked = vi.fn(async () => {
      other.stop();
      return false;
    });
    const other = new Watchdog({ probe: asked, onDead: (error) => deaths.push(error) });
    vi.advanceTimersByTime(UNKNOWN);
    expect(asked).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("the timer", () => {
  it("is one, however much arrives", () => {
    const watched = watch(10_000);
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    for (let arrival = 0; arrival < 1_000; arrival += 1) watched.beat();
    expect(setTimer).not.toHaveBeenCalled();
    for (let arrival = 0; arrival < 50_000; arrival += 1) {
      vi.advanceTimersByTime(1);
      watched.beat();
      expect(vi.getTimerCount()).toBe(1);
    }
    // Every 5 s, and not for every arrival.
    expect(setTimer).toHaveBeenCalledTimes(10);
    watched.dog.stop();
    watched.expectNothingMore();
  });

  it("may fire a moment early, as Node's do", () => {
    const watched = watch(10_000);
    vi.advanceTimersByTime(24_999);
    stoodStill = -0.5;
    vi.advanceTimersByTime(1);
    expect(watched.deaths).toEqual([]);
    watched.expectDeathAfter(1);
  });

  it("keeps no process alive, at first and after a tick", () => {
    const setTimer = vi.spyOn(globalThis, "setTimeout");
    const { dog } = watch();
    vi.advanceTimersByTime(TICK);
    expect(setTimer.mock.results.map(({ value }) => value.hasRef())).toEqual([false, false]);
    dog.stop();
  });

  it("may be a number, as in browsers", () => {
    vi.stubGlobal("setTimeout", () => 7);
    const clear = vi.fn();
    vi.stubGlobal("clearTimeout", clear);
    watch().dog.stop();
    expect(clear).toHaveBeenCalledWith(7);
  });
});

/** What arrives, and how long after what came before: as a part of the longest silence there may be. */
const arrivals = fc.array(
  fc.record({
    part: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
    isBeat: fc.boolean(),
    /** The loop is blocked for so long before it. */
    blocked: fc.oneof(fc.constant(0), fc.nat(15_000)),
  }),
  { maxLength: 40 },
);

/** The rule once more, from the whole history and without an eye to cost. */
function limitAfter(beats: readonly number[], declared: number | undefined): number {
  if (declared !== undefined) return 2.5 * Math.max(declared, 2_000);
  const distinct: number[] = [];
  for (const beat of beats) if (beat - (distinct.at(-1) ?? -2_000) >= 2_000) distinct.push(beat);
  const intervals = distinct.slice(1).map((beat, index) => beat - (distinct[index] ?? 0));
  return intervals.length === 0 ? UNKNOWN : 2.5 * Math.max(...intervals.slice(-4));
}

const declared = fc.option(fc.integer({ min: 1, max: 40_000 }), { nil: undefined });

describe("any schedule", () => {
  it("is survived when no silence is too long, and the first that is too long is found to the millisecond", () => {
    fc.assert(
      fc.property(declared, arrivals, (heartbeatMs, schedule) => {
        const watched = watch(heartbeatMs);
        const beats: number[] = [];
        const limit = () => Math.ceil(limitAfter(beats, heartbeatMs));
        for (const { part, isBeat } of schedule) {
          vi.advanceTimersByTime(Math.floor(part * limit()));
          if (isBeat) {
            watched.beat();
            beats.push(performance.now());
          } else watched.dog.alive();
          expect([watched.deaths, watched.answers]).toEqual([[], []]);
        }
        if (heartbeatMs === undefined && limitAfter(beats, undefined) === UNKNOWN) {
          watched.expectProbeAfter(UNKNOWN);
          watched.dog.stop();
        } else watched.expectDeathAfter(limit());
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: 300 },
    );
  });

  it("is survived by a busy process as well, which finds the dead stream no later than one tick after the limit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40_000 }), arrivals, (heartbeatMs, schedule) => {
        const watched = watch(heartbeatMs);
        const limit = Math.ceil(limitAfter([], heartbeatMs));
        for (const { part, isBeat, blocked } of schedule) {
          standStill(blocked);
          vi.advanceTimersByTime(Math.floor(part * limit));
          if (isBeat) watched.beat();
          else watched.dog.alive();
          expect(watched.deaths).toEqual([]);
        }
        vi.advanceTimersByTime(limit + TICK);
        expect(watched.deaths).toHaveLength(1);
        watched.expectNothingMore();
      }),
      { numRuns: 300 },
    );
  });
});
