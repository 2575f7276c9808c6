import type { DiagnosticHandler } from "../engine/diagnostics.ts";
import { EngineError } from "../engine/errors.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import { scoped, withDeadline } from "../engine/scope.ts";
import { type Session, type SessionRef, toSessionId } from "../engine/session.ts";
import type {
  RegistrySnapshot,
  SessionRegistry,
  TreeOptions,
  WaitForOptions,
} from "../engine/session-registry.ts";
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
    return this.#store.sessions.get(toSessionId(session));
  }

  /** A request that waits for an answer. */
  permission(permissionId: string): PermissionRequest | undefined {
    return this.#store.permissions.get(permissionId);
  }

  permissions(session: SessionRef, { tree = false }: TreeOptions = {}): readonly PermissionRequest[] {
    const id = toSessionId(session);
    const isAsked = (sessionId: string) => (tree ? this.#line(sessionId).has(id) : sessionId === id);
    return [...this.#store.permissions.values()].filter(({ sessionId }) => isAsked(sessionId)).sort(byAge);
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
    const sessions = this.#store.sessions.snapshot();
    return {
      latest: sessions.latest,
      get sessions() {
        return sessions.sessions;
      },
      permissions: [...this.#store.permissions.values()].sort(byAge),
    };
  }

  /** A session, the one that started it, and so on. */
  #line(sessionId: string): ReadonlySet<string> {
    const line = new Set<string>();
    for (let id: string | undefined = sessionId; id !== undefined && !line.has(id); ) {
      line.add(id);
      id = this.#store.sessions.get(id)?.parentId;
    }
    return line;
  }
}

function byAge(a: PermissionRequest, b: PermissionRequest): number {
  return a.createdAt - b.createdAt;
}
