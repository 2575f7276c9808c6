/** One route of the contract. `:id` stands for the id of a session or of a permission request. */
export interface V1Route {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  /** A server may lack it. */
  readonly optional?: true;
}

/** Every route of the `/v1` contract: the client, the handlers and the OpenAPI document are made of this table. */
export const v1Routes = {
  listSessions: { method: "GET", path: "/v1/session" },
  createSession: { method: "POST", path: "/v1/session" },
  listMessages: { method: "GET", path: "/v1/session/:id/message" },
  prompt: { method: "POST", path: "/v1/session/:id/message" },
  abort: { method: "DELETE", path: "/v1/session/:id" },
  events: { method: "GET", path: "/v1/events" },
  health: { method: "GET", path: "/v1/health", optional: true },
  getSession: { method: "GET", path: "/v1/session/:id", optional: true },
  summarize: { method: "POST", path: "/v1/session/:id/summarize", optional: true },
  listPermissions: { method: "GET", path: "/v1/permission", optional: true },
  replyPermission: { method: "POST", path: "/v1/permission/:id", optional: true },
  openapi: { method: "GET", path: "/v1/openapi.json", optional: true },
} as const satisfies Readonly<Record<string, V1Route>>;

export type V1RouteName = keyof typeof v1Routes;

/** The path of a route, with the id in its place. */
export function pathTo(route: V1RouteName, id = ""): string {
  return v1Routes[route].path.replace(":id", encodeURIComponent(id));
}
