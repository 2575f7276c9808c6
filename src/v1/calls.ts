import type { EngineCapability } from "../engine/capabilities.ts";
import type { DriverCall, SessionSnapshot, SnapshotRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import { type Http, isMissingRoute } from "../http.ts";
import { decodeMessage, decodeSession } from "./decode.ts";
import { pathTo, type V1RouteName, v1Routes } from "./paths.ts";
import { messagesSchema, permissionRequestsSchema, sessionsSchema } from "./schema/answer.ts";
import { sessionSchema, type V1Session } from "./schema/session.ts";

/** How many messages are read to catch up with a turn. */
const RECENT_MESSAGES = 50;

/** What is asked of a server. Routes that it lacks are remembered, and done without where that can be. */
export class V1Calls {
  readonly #http: Http;
  readonly #missing = new Set<V1RouteName>();

  constructor(http: Http) {
    this.#http = http;
  }

  async sessions(signal: AbortSignal | undefined): Promise<readonly V1Session[]> {
    return (await this.#http.json("GET", pathTo("listSessions"), sessionsSchema, { signal })).value;
  }

  async messages(sessionId: string, { signal, limit }: DriverCall & { readonly limit?: number }) {
    const path = pathOf("listMessages", sessionId);
    const { value } = await this.#http.json("GET", path, messagesSchema, { query: { limit }, signal });
    return value.map(decodeMessage);
  }

  async permissions(signal: AbortSignal | undefined): Promise<readonly PermissionRequest[]> {
    return (await this.#http.json("GET", pathTo("listPermissions"), permissionRequestsSchema, { signal }))
      .value;
  }

  async snapshot({ sessionIds, withMessages, signal }: SnapshotRequest): Promise<readonly SessionSnapshot[]> {
    const [sessions, pending, messages] = await Promise.all([
      sessionIds === undefined ? this.sessions(signal) : this.#named(sessionIds, signal),
      this.optional("listPermissions", () => this.permissions(signal)),
      Promise.all(withMessages.map((id) => orGone(this.messages(id, { signal, limit: RECENT_MESSAGES })))),
    ]);
    const messagesOf = new Map(withMessages.map((id, index) => [id, messages[index]]));
    return sessions.map((session) => ({
      session: decodeSession(session),
      messages: messagesOf.get(session.id),
      permissions: (pending ?? []).filter(({ sessionId }) => sessionId === session.id),
      ...(session.status === "running" ? { running: true } : { running: false, resting: session.status }),
    }));
  }

  /** Calls a route that a server may lack: `undefined` if this one does. */
  async optional<T>(route: V1RouteName, call: () => Promise<T>): Promise<T | undefined> {
    if (this.#missing.has(route)) return undefined;
    try {
      return await call();
    } catch (error) {
      if (!isMissingRoute(error) && !EngineError.is(error, "UNSUPPORTED")) throw error;
      this.#missing.add(route);
      return undefined;
    }
  }

  /** @throws EngineError `UNSUPPORTED` if this server lacks the route */
  async required<T>(route: V1RouteName, capability: EngineCapability, call: () => Promise<T>): Promise<T> {
    // `undefined` is the answer of routes that have none.
    const answered = await this.optional(route, async () => ({ value: await call() }));
    if (answered !== undefined) return answered.value;
    const { method, path } = v1Routes[route];
    const message = `The server has no ${method} ${path}: it lacks the capability "${capability}".`;
    throw new EngineError("UNSUPPORTED", message);
  }

  /** Those that are still there. */
  async #named(ids: readonly string[], signal: AbortSignal | undefined): Promise<readonly V1Session[]> {
    const read = await Promise.all(ids.map((id) => orGone(this.#get(id, signal))));
    if (!this.#missing.has("getSession")) return read.filter((session) => session !== undefined);
    const wanted = new Set(ids);
    return (await this.sessions(signal)).filter(({ id }) => wanted.has(id));
  }

  /** `undefined` as well if the server can't be asked for one session. */
  async #get(id: string, signal: AbortSignal | undefined): Promise<V1Session | undefined> {
    const path = pathOf("getSession", id);
    const call = () => this.#http.json("GET", path, sessionSchema, { signal });
    return (await this.optional("getSession", call))?.value;
  }
}

/** @throws EngineError `SESSION_NOT_FOUND` for an id that an address can't carry */
export function pathOf(route: V1RouteName, sessionId: string): string {
  if (!/^\.{0,2}$/.test(sessionId)) return pathTo(route, sessionId);
  const message = `There is no session ${JSON.stringify(sessionId)}.`;
  throw new EngineError("SESSION_NOT_FOUND", message, { sessionId });
}

async function orGone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (EngineError.is(error, "SESSION_NOT_FOUND")) return undefined;
    throw error;
  }
}
