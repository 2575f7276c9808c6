import type { DriverItem, EngineConnection } from "../engine/driver.ts";

/** What it took to be where the engine is. */
export interface Caught {
  /** How many sessions were read. */
  readonly sessions: number;
  /** How many events told what had been missed. */
  readonly missed: number;
}

/** Who is told what becomes of the stream. */
export interface EventStreamOwner {
  /** Takes what comes in. */
  take(item: DriverItem): void;
  /** Something may have been missed (`afterGap`), or nothing was read yet. */
  catchUp(connection: EngineConnection, signal: AbortSignal, afterGap: boolean): Promise<Caught>;
  /** After a gap: it is open again. */
  onResynced(caught: Caught): void;
  /** This life of the wire is over. */
  onEnded(): void;
  /** It was open until now. */
  onDropped(error: Error): void;
  /** It is closed, and nothing goes on by itself. */
  onGivenUp(error: Error): void;
  onStatus(): void;
}
