import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { EngineError } from "../engine/errors.ts";
import type { RegistrySnapshot, SessionRegistry, WaitForOptions } from "../engine/managed-engine-client.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import { scoped, withDeadline } from "../engine/scope.ts";
import { type Session, type SessionRef, toSessionId } from "../engine/session.ts";
import type { EventHub } from "./event-hub.ts";
import { type Fanout, handlerThrew } from "./fanout.ts";
import type { SessionStore } from "./session-store.ts";

/** The mirror as people read it: immutable, newest first, made when it is asked for and kept until it changes. */
export class Registry implements SessionRegistry {
  readonly #store: SessionStore;
  readonly #hub: EventHub;
  readonly #fanout: Fanout;
  readonly #diagnostic: DiagnosticHandler;
  #snapshot: RegistrySnapshot | undefined;

  constructor(store: SessionStore, hub: EventHub, fanout: Fanout, diagnostic: DiagnosticHandler) {
    this.#store = store;
    this.#hub = hub;
    this.#fanout = fanout;
    this.#diagnostic = diagnostic;
    store.onChange(() => {
      this.#snapshot = undefined;
    });
  }

  get(session: SessionRef): Session | undefined {
    const state = this.#store.get(toSessionId(session));
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
  readonly subscribe = (listener: () => void): (() => void) =>
    this.#store.onChange(() => {
      try {
        listener();
      } catch (cause) {
        this.#diagnostic(handlerThrew("the registry", cause));
      }
    });

  readonly getSnapshot = (): RegistrySnapshot => {
    this.#snapshot ??= this.#read();
    return this.#snapshot;
  };

  async waitFor(
    session: SessionRef,
    predicate: (session: Session) => boolean,
    { signal, timeout }: WaitForOptions = {},
  ): Promise<Session> {
    const id = toSessionId(session);
    const { promise, resolve, reject } = Promise.withResolvers<Session>();
    // Nobody looks at it yet while the session is read.
    promise.catch(() => {});
    const look = (current: Session | undefined) => {
      try {
        if (current !== undefined && predicate(current)) resolve(current);
      } catch (error) {
        reject(error);
      }
    };
    const deleted = () =>
      new EngineError("SESSION_NOT_FOUND", `Session ${id} was deleted.`, { sessionId: id });
    const late = () =>
      new EngineError("TIMEOUT", `Session ${id} was not as awaited within ${timeout} ms.`, { sessionId: id });
    // It holds the stream open, and hears how that ends: a mirror that nobody keeps would be waited for in vain.
    const release = this.#hub.retain();
    const leave = this.#fanout.add(
      {
        next: (event) => {
          if (event.type === "session_created" || event.type === "session_updated") look(event.session);
          else if (event.type === "session_deleted") reject(deleted());
        },
        end: (error) => reject(error ?? this.#hub.life.reason),
      },
      id,
    );
    const wait = async (scope: AbortSignal) => {
      if (this.get(id) === undefined) await this.#hub.meet(id, scope);
      look(this.get(id));
      return promise;
    };
    try {
      const signals = [this.#hub.life, signal];
      return await (timeout === undefined
        ? scoped(signals, wait)
        : withDeadline(timeout, late, signals, wait));
    } finally {
      leave();
      release();
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
