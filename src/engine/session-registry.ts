import type { CallOptions } from "./call-options.ts";
import type { Unsubscribe } from "./engine-client.ts";
import type { PermissionRequest } from "./permission.ts";
import type { Session, SessionRef } from "./session.ts";

export interface WaitForOptions extends CallOptions {
  /** Milliseconds until it rejects with `TIMEOUT`. Default: none. */
  readonly timeout?: number | undefined;
}

/** What is known of the engine's sessions; the same object while nothing changed. */
export interface RegistrySnapshot {
  /** The newest hundred, `updatedAt` descending: what a list on a screen needs, at no cost. */
  readonly latest: readonly Session[];
  /** All, `updatedAt` descending. Put together when it is first read. */
  readonly sessions: readonly Session[];
  /** Permission requests that wait for an answer, oldest first. */
  readonly permissions: readonly PermissionRequest[];
}

export interface TreeOptions {
  /** With what belongs to its subagents. Default: false. */
  readonly tree?: boolean | undefined;
}

/** The mirror of the engine's sessions. It is kept while the client is connected. */
export interface SessionRegistry {
  get(session: SessionRef): Session | undefined;
  /** `updatedAt` descending. */
  list(): readonly Session[];
  /** What waits for an answer in a session, oldest first. */
  permissions(session: SessionRef, options?: TreeOptions): readonly PermissionRequest[];
  /** Calls the listener after every change; fits `useSyncExternalStore`. */
  subscribe(listener: () => void): Unsubscribe;
  getSnapshot(): RegistrySnapshot;
  /**
   * Resolves with the session once the predicate holds for it, also at once.
   * @throws EngineError `TIMEOUT`, `SESSION_NOT_FOUND` (it was deleted), `ENGINE_UNAVAILABLE` (disposed)
   */
  waitFor(
    session: SessionRef,
    predicate: (session: Session) => boolean,
    options?: WaitForOptions,
  ): Promise<Session>;
}
