import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { unhandledRejections } from "../hub/support.ts";
import { PLAYABLE, play } from "./played.ts";
import { runs, schedules } from "./schedules.ts";

const RUNS = runs(200, 10_000);

it(`recorded turns are told exactly, whatever the connection does: ${RUNS} schedules of faults`, {
  timeout: 120_000 + RUNS * 1_000,
}, async () => {
  // Reconnects at once: what is tested is what follows, not the waiting.
  const random = vi.spyOn(Math, "random").mockReturnValue(0);
  const unhandled = await unhandledRejections(() =>
    fc.assert(
      fc.asyncProperty(fc.constantFrom(...PLAYABLE), schedules, fc.boolean(), (name, schedule, isMirror) =>
        play(name, { schedule, isMirror }),
      ),
      { numRuns: RUNS },
    ),
  );
  random.mockRestore();
  expect(unhandled).toEqual([]);
});
