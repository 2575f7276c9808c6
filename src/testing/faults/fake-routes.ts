import type { FakeRecords } from "./fake-records.ts";
import type { Replay } from "./replay.ts";

/** What answers come from. */
export interface FakeEngine {
  readonly version: string;
  /** Where the server was started: the directory of requests that name none. */
  readonly directory: string;
  /** `provider/model`: what can be used. */
  readonly models: readonly string[];
  readonly records: FakeRecords;
  readonly replay: Replay;
  /** The messages that clients sent under ids of their own. */
  readonly posted: Set<string>;
}

/** A request, as far as answers depend on it. */
export interface FakeRequest {
  readonly query: URLSearchParams;
  readonly directory: string;
  /** Read from JSON; empty if there was none. */
  readonly body: Readonly<Record<string, unknown>>;
  /** What stands in the path in place of `:id` and `:other`. */
  readonly id: string;
  readonly other: string;
}

export interface FakeAnswer {
  readonly status: number;
  /** Sent as JSON. Absent: nothing is. */
  readonly body?: unknown;
}

export interface FakeRoute {
  readonly method: string;
  readonly path: string;
  readonly answer: (request: FakeRequest, engine: FakeEngine) => FakeAnswer | Promise<FakeAnswer>;
}

export interface FoundRoute extends Pick<FakeRoute, "answer">, Pick<FakeRequest, "id" | "other"> {}

/** `undefined`: the real server shows its web page there. */
export function findRoute(
  routes: readonly FakeRoute[],
  method: string,
  pathname: string,
): FoundRoute | undefined {
  const asked = pathname.replace(/\/+$/, "").split("/");
  for (const { path, answer, ...route } of routes) {
    const names = path.split("/");
    if (route.method !== method || names.length !== asked.length) continue;
    if (!names.every((name, index) => name.startsWith(":") || name === asked[index])) continue;
    const named = (name: string) => decodeURIComponent(asked[names.indexOf(name)] ?? "");
    return { answer, id: named(":id"), other: named(":other") };
  }
  return undefined;
}

export function ok(body: unknown): FakeAnswer {
  return { status: 200, body };
}

export function noSession(id: string): FakeAnswer {
  return notFound(`Session not found: ${id}`);
}

export function notFound(message: string): FakeAnswer {
  return { status: 404, body: { name: "NotFoundError", data: { message } } };
}

export function badRequest(message: string, kind: string): FakeAnswer {
  return { status: 400, body: { name: "BadRequest", data: { message, kind } } };
}

/** Of the fake server's own: the recording does not go that way. */
export function notRecorded(message: string): FakeAnswer {
  return { status: 500, body: { name: "UnknownError", data: { message } } };
}
