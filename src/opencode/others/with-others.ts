import type { EngineDriver } from "../../engine/driver.ts";
import { Elsewhere } from "./elsewhere.ts";
import { SessionPoll } from "./session-poll.ts";
import { watchOthers } from "./watch-others.ts";

/** Milliseconds between two looks at sessions that another process runs. */
export const POLL_MS = 5_000;
const LOOK_MS = 1_000;

/**
 * The driver, and what it can't know by itself: that a session whose newest answer has no end, and which its engine does
 * not run, seems to run in another process. Such sessions are asked for again until the answer has its end.
 */
export function withOthers(driver: EngineDriver): EngineDriver {
  const elsewhere = new Elsewhere();
  return {
    ...driver,
    async connect({ signal, report }) {
      const connection = await driver.connect({ signal, report });
      // Where nothing is kept no other process writes.
      if (!connection.keepsEvents) return connection;
      return watchOthers({
        connection,
        elsewhere,
        report,
        every: LOOK_MS,
        startLookout: (until) =>
          new SessionPoll({ connection, elsewhere, report, every: POLL_MS, isListing: false, signal: until }),
      });
    },
  };
}
