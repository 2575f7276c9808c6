import type { EngineCapability } from "../engine/capabilities.ts";

/** One route of the contract. `:id` stands for the id of a session or of a request, `:name` for that of an MCP server. */
export interface V1Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  readonly path: string;
  /** A server may lack it. */
  readonly optional?: true;
  /** What a server that lacks it can't do. */
  readonly capability?: EngineCapability;
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
  updateSession: { method: "PATCH", path: "/v1/session/:id", optional: true, capability: "updateSession" },
  deleteSession: {
    method: "POST",
    path: "/v1/session/:id/delete",
    optional: true,
    capability: "deleteSession",
  },
  forkSession: { method: "POST", path: "/v1/session/:id/fork", optional: true, capability: "fork" },
  revertSession: { method: "POST", path: "/v1/session/:id/revert", optional: true, capability: "revert" },
  unrevertSession: { method: "POST", path: "/v1/session/:id/unrevert", optional: true, capability: "revert" },
  todo: { method: "GET", path: "/v1/session/:id/todo", optional: true, capability: "todo" },
  diff: { method: "GET", path: "/v1/session/:id/diff", optional: true, capability: "diff" },
  summarize: { method: "POST", path: "/v1/session/:id/summarize", optional: true, capability: "summarize" },
  command: { method: "POST", path: "/v1/session/:id/command", optional: true, capability: "commands" },
  listPermissions: { method: "GET", path: "/v1/permission", optional: true, capability: "permissions" },
  replyPermission: { method: "POST", path: "/v1/permission/:id", optional: true, capability: "permissions" },
  listQuestions: { method: "GET", path: "/v1/question", optional: true, capability: "questions" },
  replyQuestion: { method: "POST", path: "/v1/question/:id", optional: true, capability: "questions" },
  listModels: { method: "GET", path: "/v1/model", optional: true, capability: "models" },
  listProviders: { method: "GET", path: "/v1/provider", optional: true, capability: "providers" },
  listAgents: { method: "GET", path: "/v1/agent", optional: true, capability: "agents" },
  listCommands: { method: "GET", path: "/v1/command", optional: true, capability: "commands" },
  listMcpServers: { method: "GET", path: "/v1/mcp", optional: true, capability: "mcp" },
  addMcpServer: { method: "POST", path: "/v1/mcp", optional: true, capability: "mcp" },
  connectMcpServer: { method: "POST", path: "/v1/mcp/:name/connect", optional: true, capability: "mcp" },
  disconnectMcpServer: {
    method: "POST",
    path: "/v1/mcp/:name/disconnect",
    optional: true,
    capability: "mcp",
  },
  openapi: { method: "GET", path: "/v1/openapi.json", optional: true },
} as const satisfies Readonly<Record<string, V1Route>>;

export type V1RouteName = keyof typeof v1Routes;

/** The path of a route, with the id or the name in its place. */
export function pathTo(route: V1RouteName, id = ""): string {
  return v1Routes[route].path.replace(/:\w+/, encodeURIComponent(id));
}
