import type { DriverItem, DriverReport, EngineConnection } from "../../engine/driver.ts";
import type { Elsewhere } from "../../opencode/others/elsewhere.ts";
import type { Lookout } from "../../opencode/others/lookout.ts";
import { SessionPoll } from "../../opencode/others/session-poll.ts";
import { Follower } from "./follower.ts";
import type { StoredFile } from "./stored-file.ts";

export interface StorageLookoutOptions {
  readonly connection: EngineConnection;
  /** The database; `undefined`: it can't be read, or must not be, and the engine is asked instead. */
  readonly file: StoredFile | undefined;
  readonly elsewhere: Elsewhere;
  readonly report: DriverReport;
  /** Milliseconds between two questions, where there is no database. */
  readonly pollEvery: number;
  /** It is also asked which sessions there are. */
  readonly isListing: boolean;
  readonly signal: AbortSignal;
}

/** Follows the engine's database, or asks the engine where that can't be followed, from the start or any more. */
export function storageLookout(options: StorageLookoutOptions): Lookout {
  const { file, pollEvery, report } = options;
  const began = Date.now();
  const poll = (since?: number) => new SessionPoll({ ...options, every: pollEvery, since });
  const table = file?.peek(() => file.follow(), report);
  if (file === undefined || table === undefined) return poll();

  let current: Lookout = new Follower({
    ...options,
    file,
    table,
    isProven: false,
    onStopped: () => {
      current = poll(began);
    },
  });
  return {
    hear: (item) => current.hear(item),
    look: () => current.look(),
    reading: (request) => current.reading?.(request) ?? (() => {}),
    dealWith: (sessionId) => current.dealWith?.(sessionId),
  };
}

/** The database is all there is: what is found in it is history. */
export function historyLookout(
  options: Omit<StorageLookoutOptions, "pollEvery" | "isListing"> & { readonly file: StoredFile },
): Lookout {
  const { file, report, elsewhere } = options;
  const table = file.peek(() => file.follow(), report);
  if (table === undefined)
    return { hear: (item) => elsewhere.tell(item, Date.now(), () => undefined), look: () => [] };
  const follower = new Follower({ ...options, table, isProven: true, onStopped: () => {} });
  return {
    hear: (item) => follower.hear(item).map(asHistory),
    look: () => follower.look().map(asHistory),
    reading: (request) => follower.reading(request),
  };
}

function asHistory(item: DriverItem): DriverItem {
  const { event } = item;
  if (event.type !== "session_created" && event.type !== "session_updated") return item;
  return { ...item, event: { ...event, session: { ...event.session, source: "history" } } };
}
