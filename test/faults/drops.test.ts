import { describe, it, vi } from "vitest";
import { parseRecording } from "../../src/testing/faults/recording.ts";
import { recordedBytes } from "../opencode/recording.ts";
import { PLAYABLE, play } from "./played.ts";

/** Every frame with `npm run test:faults`; else so many are passed over, others in each recording. */
const STEP = process.env.FAULTS === "all" ? 1 : 9;

describe("the event stream breaks off before any frame", () => {
  it.each(PLAYABLE.map((name, index) => [name, index] as const))(
    "of %s, and the turn is told exactly",
    { timeout: 120_000 },
    async (name, offset) => {
      const random = vi.spyOn(Math, "random").mockReturnValue(0);
      const frames = [...parseRecording(recordedBytes(name)).entries()].filter(
        ([index, { payload }]) => payload.type !== "sync" && (index + offset) % STEP === 0,
      );
      for (const [dropBefore] of frames) {
        for (const isMirror of [true, false]) await play(name, { dropBefore, isMirror });
      }
      random.mockRestore();
    },
  );
});
