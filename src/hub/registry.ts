import { EngineError } from "../engine/errors.ts";
import type { RegistrySnapshot, SessionRegistry, WaitForOptions } from "../engine/managed-engine-client.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import { scoped, withDeadline } from "../engine/scope.ts";
import type { Session, SessionRef } from "../engine/session.ts";
import type { SessionStore } from "./session-store.ts";

/** The mirror as people read it: immutable, newest first, made when it is asked for and kept until it changes. */
export class Registry implements SessionRegistry {
  readonly #store: SessionStore;
  readonly #life: AbortSignal;
  #snapshot: RegistrySnapshot | undefined;

  constructor(store: SessionStore, life: AbortSignal) {
    this.#store = store;
    this.#life = life;
    store.onChange(() => {
      this.#snapshot = undefined;
    });
  }

  get(session: SessionRef): Session | undefined {
    const state = this.#store.get(sessionIdOfRef(session));
    return state?.known ? state.session : undefined;
  }

  /** A request that waits for an answer. */
  permission(permissionId: string): PermissionRequest | undefined {
    for (const state of this.#store.all()) {
      const request = state.permissions.get(permissionId);
      if (request !== undefined) return request;
    }
    return undefined;
  }

  list(): readonly Session[] {
    return this.getSnapshot().sessions;
  }

  // Not methods: both are handed to other libraries as they are (`useSyncExternalStore(subscribe, getSnapshot)`).
  readonly subscribe = (listener: () => void): (() => void) => this.#store.onChange(listener);

  readonly getSnapshot = (): RegistrySnapshot => {
    this.#snapshot ??= this.#read();
    return this.#snapshot;
  };

  async waitFor(
    session: SessionRef,
    predicate: (session: Session) => boolean,
    { signal, timeout }: WaitForOptions = {},
  ): Promise<Session> {
    const id = sessionIdOfRef(session);
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    let seen = false;
    const look = () => {
      try {
        const current = this.get(id);
        if (current !== undefined && predicate(current)) resolve(current);
        if (current === undefined && seen) {
          reject(new EngineError("SESSION_NOT_FOUND", `Session ${id} was deleted.`, { sessionId: id }));
        }
        seen ||= current !== undefined;
      } catch (error) {
        reject(error);
      }
    };
    const leave = this.#store.onChange(look);
    try {
      look();
      const signals = [this.#life, signal];
      if (timeout === undefined) return await scoped(signals, () => promise);
      const late = () =>
        new EngineError("TIMEOUT", `Session ${id} was not as awaited within ${timeout} ms.`, {
          sessionId: id,
        });
      return await withDeadline(timeout, late, signals, () => promise);
    } finally {
      leave();
    }
  }

  #read(): RegistrySnapshot {
    const known = [...this.#store.all()].filter((state) => state.known);
    return {
      sessions: known.map((state) => state.session).sort((a, b) => b.updatedAt - a.updatedAt),
      permissions: known
        .flatMap((state) => [...state.permissions.values()])
        .sort((a, b) => a.createdAt - b.createdAt),
    };
  }
}

export function sessionIdOfRef(session: SessionRef): string {
  return typeof session === "string" ? session : session.id;
}
