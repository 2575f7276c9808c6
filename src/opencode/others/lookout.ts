import type { DriverItem } from "../../engine/driver.ts";
import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver-requests.ts";

/** Looks for what other processes do, for one life of the engine's event stream. */
export interface Lookout {
  /** What an item of the stream becomes, and what stands before it. */
  hear(item: DriverItem): readonly DriverItem[];
  /** What was found since the last call. Must not throw. */
  look(): readonly DriverItem[];
  /** Records are being read. What it returns is called with what was read, or with nothing when that failed. */
  reading?(request: SnapshotRequest): (read: readonly SessionSnapshot[] | undefined) => void;
  /** This client asks something of the engine in a session: it is about to tell of it. */
  dealWith?(sessionId: string): void;
}
