import { type V1RouteName, v1Routes } from "../v1/paths.ts";

export interface RouteMatch {
  readonly route: V1RouteName;
  /** What stands in the place of `:id` or `:name`; empty where the route has none. */
  readonly id: string;
}

/** Which route of the contract a request asks for; `undefined`: none. `prefix` stands before every path. */
export function matchRoute(method: string, pathname: string, prefix: string): RouteMatch | undefined {
  if (!pathname.startsWith(`${prefix}/`)) return undefined;
  const asked = pathname.slice(prefix.length).split("/");
  for (const route of routeNames()) {
    if (v1Routes[route].method !== method) continue;
    const id = idIn(asked, v1Routes[route].path.split("/"));
    if (id !== undefined) return { route, id };
  }
  return undefined;
}

function routeNames(): readonly V1RouteName[] {
  const isName = (name: string): name is V1RouteName => name in v1Routes;
  return Object.keys(v1Routes).filter(isName);
}

/** The id in the path; `undefined` where the path is another one. */
function idIn(asked: readonly string[], pattern: readonly string[]): string | undefined {
  if (asked.length !== pattern.length) return undefined;
  let id = "";
  for (const [index, segment] of pattern.entries()) {
    const given = asked[index] ?? "";
    if (!segment.startsWith(":")) {
      if (given !== segment) return undefined;
      continue;
    }
    const decoded = decode(given);
    if (decoded === undefined || decoded === "") return undefined;
    id = decoded;
  }
  return id;
}

/** A `%` that encodes nothing is no id. */
function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}
