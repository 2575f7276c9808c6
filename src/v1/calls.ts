import type { EngineCapabilities } from "../engine/capabilities.ts";
import type { DriverCall, SessionSnapshot, SnapshotRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { PermissionRequest, QuestionRequest } from "../engine/permission.ts";
import { type Decoder, type Http, type HttpCall, isMissingRoute } from "../http.ts";
import { decodeListed, decodeMessage } from "./decode.ts";
import { pathTo, type V1Route, type V1RouteName, v1Routes } from "./paths.ts";
import {
  messagesSchema,
  permissionRequestsSchema,
  questionRequestsSchema,
  sessionsSchema,
} from "./schema/answer.ts";
import { sessionSchema, type V1Session } from "./schema/session.ts";

/** How many messages are read to catch up with a turn. */
const RECENT_MESSAGES = 50;

/** What is asked of a server. Routes that it lacks are remembered, and done without where that can be. */
export class V1Calls {
  readonly #http: Http;
  readonly #capabilities: EngineCapabilities;
  readonly #missing = new Set<V1RouteName>();

  constructor(http: Http, capabilities: EngineCapabilities) {
    this.#http = http;
    this.#capabilities = capabilities;
  }

  async sessions(signal: AbortSignal | undefined): Promise<readonly V1Session[]> {
    return (await this.#http.json("GET", pathTo("listSessions"), sessionsSchema, { signal })).value;
  }

  async messages(sessionId: string, { signal, limit }: DriverCall & { readonly limit?: number }) {
    const path = pathOf("listMessages", sessionId);
    const { value } = await this.#http.json("GET", path, messagesSchema, { query: { limit }, signal });
    return value.map(decodeMessage);
  }

  permissions(signal: AbortSignal | undefined): Promise<readonly PermissionRequest[]> {
    return this.read("listPermissions", undefined, permissionRequestsSchema, { signal });
  }

  questions(signal: AbortSignal | undefined): Promise<readonly QuestionRequest[]> {
    return this.read("listQuestions", undefined, questionRequestsSchema, { signal });
  }

  async snapshot({ sessionIds, withMessages, signal }: SnapshotRequest): Promise<readonly SessionSnapshot[]> {
    const asks = this.#capabilities.questions;
    const [sessions, pending, questions, messages] = await Promise.all([
      sessionIds === undefined ? this.sessions(signal) : this.#named(sessionIds, signal),
      this.optional("listPermissions", () => this.permissions(signal)),
      asks ? this.optional("listQuestions", () => this.questions(signal)) : undefined,
      Promise.all(withMessages.map((id) => orGone(this.messages(id, { signal, limit: RECENT_MESSAGES })))),
    ]);
    const messagesOf = new Map(withMessages.map((id, index) => [id, messages[index]]));
    return sessions.map((session) => ({
      ...decodeListed(session),
      messages: messagesOf.get(session.id),
      permissions: (pending ?? []).filter(({ sessionId }) => sessionId === session.id),
      questions: questions?.filter(({ sessionId }) => sessionId === session.id),
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

  /**
   * The answer of a route. `id`: what stands in its path.
   * @throws EngineError `UNSUPPORTED` if this server lacks the route, and as `pathOf`
   */
  async read<T>(route: V1RouteName, id: string | undefined, decoder: Decoder<T>, call: HttpCall): Promise<T> {
    const path = pathOf(route, id);
    const ask = () => this.#http.json(v1Routes[route].method, path, decoder, call);
    return (await this.required(route, ask)).value;
  }

  /** The same, of a route whose answer has no body. */
  async send(route: V1RouteName, id: string | undefined, call: HttpCall): Promise<void> {
    const path = pathOf(route, id);
    await this.required(route, () => this.#http.send(v1Routes[route].method, path, call));
  }

  /**
   * Calls a route that must be there. What the server itself refuses as `UNSUPPORTED` may be this request alone.
   * @throws EngineError `UNSUPPORTED` if this server lacks it
   */
  async required<T>(route: V1RouteName, call: () => Promise<T>): Promise<T> {
    if (this.#missing.has(route)) throw lacking(route);
    try {
      return await call();
    } catch (error) {
      if (!isMissingRoute(error) || !("optional" in v1Routes[route])) throw error;
      this.#missing.add(route);
      throw lacking(route, error);
    }
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

/** @throws EngineError `SESSION_NOT_FOUND` and the like for an id that an address can't carry */
export function pathOf(route: V1RouteName, id?: string): string {
  if (id === undefined || !/^\.{0,2}$/.test(id)) return pathTo(route, id);
  const { path }: V1Route = v1Routes[route];
  const kind = NAMED.find((name) => path.startsWith(`/v1/${name}/`)) ?? "session";
  const code = `${kind.toUpperCase()}_NOT_FOUND`;
  const message = `There is no ${kind} ${JSON.stringify(id)}.`;
  throw new EngineError(code, message, kind === "session" ? { sessionId: id } : {});
}

const NAMED = ["session", "permission", "question"] as const;

function lacking(route: V1RouteName, cause?: unknown): EngineError {
  const { method, path, capability }: V1Route = v1Routes[route];
  const lacks = capability === undefined ? "" : `: it lacks the capability "${capability}"`;
  return new EngineError("UNSUPPORTED", `The server has no ${method} ${path}${lacks}.`, { cause });
}

async function orGone<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (EngineError.is(error, "SESSION_NOT_FOUND")) return undefined;
    throw error;
  }
}
