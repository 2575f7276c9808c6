import { EngineError } from "../engine/errors.ts";
import type { EngineMcp, McpServer, McpServerConfig } from "../engine/mcp.ts";
import type { OptionalCalls } from "./optional.ts";

/** The MCP servers of the engine. */
export function createMcpCalls(optional: OptionalCalls): EngineMcp {
  return {
    status: async ({ signal, ...options } = {}) =>
      optional.call("mcp", signal, (connection, scope) =>
        connection.mcp?.status({ ...options, signal: scope }),
      ),
    add: async (name, config, { signal, ...options } = {}) => {
      checkName(name);
      checkConfig(name, config);
      const servers = await optional.call("mcp", signal, (connection, scope) =>
        connection.mcp?.add(name, config, { ...options, signal: scope }),
      );
      return running(name, servers);
    },
    connect: async (name, { signal, ...options } = {}) => {
      checkName(name);
      const servers = await optional.call("mcp", signal, (connection, scope) =>
        connection.mcp?.connect(name, { ...options, signal: scope }),
      );
      return running(name, servers);
    },
    disconnect: async (name, { signal, ...options } = {}) => {
      checkName(name);
      const servers = await optional.call("mcp", signal, (connection, scope) =>
        connection.mcp?.disconnect(name, { ...options, signal: scope }),
      );
      return find(name, servers);
    },
  };
}

/** @throws EngineError where it does not run: engines say that all is well also when it did not start */
function running(name: string, servers: readonly McpServer[]): McpServer {
  const server = find(name, servers);
  const reason = server.error === undefined ? "" : ` ${server.error.replace(/\.?\s*$/, ".")}`;
  const quoted = JSON.stringify(name);
  if (server.status === "needs_auth") {
    const message = `The MCP server ${quoted} wants somebody to log in.${reason} Log in with the engine's own command, then connect it.`;
    throw new EngineError("AUTH_REQUIRED", message);
  }
  if (server.status !== "failed") return server;
  const advice = "Mend its command or url, then connect or add it again.";
  throw new EngineError(
    "MCP_FAILED",
    `The MCP server ${quoted} did not start:${reason || " it does not say why."} ${advice}`,
  );
}

function find(name: string, servers: readonly McpServer[]): McpServer {
  const found = servers.find((server) => server.name === name);
  if (found !== undefined) return found;
  const message = `The engine does not list the MCP server ${JSON.stringify(name)} that it was told of.`;
  throw new EngineError("INVALID_RESPONSE", message);
}

/** @throws EngineError `INVALID_REQUEST`: as part of an address it would be another one */
function checkName(name: unknown): void {
  if (typeof name === "string" && /[^.]/.test(name)) return;
  throw new EngineError("INVALID_REQUEST", `An MCP server has a name, not ${JSON.stringify(name)}.`);
}

/** @throws EngineError `INVALID_REQUEST`: engines take what can't be one, and say so in other words, or not at all */
function checkConfig(name: string, config: McpServerConfig): void {
  const server = `The MCP server ${JSON.stringify(name)}`;
  const given: Readonly<Record<string, unknown>> = { ...config };
  const isTexts = (list: readonly unknown[]) => list.every((text) => typeof text === "string");
  if (given.type === "stdio") {
    const { command, args = [] } = given;
    if (typeof command !== "string" || command === "")
      throw invalid(`${server} needs a command: the program to start.`);
    if (!Array.isArray(args) || !isTexts(args)) throw invalid(`The args of ${server} are no list of texts.`);
    return;
  }
  if (given.type !== "remote") throw invalid(`${server} is neither of the type "stdio" nor "remote".`);
  const { url } = given;
  const protocol = typeof url === "string" && URL.canParse(url) ? new URL(url).protocol : undefined;
  if (protocol === "http:" || protocol === "https:") return;
  throw invalid(`${server} needs a url that begins with http:// or https://.`);
}

function invalid(message: string): EngineError {
  return new EngineError("INVALID_REQUEST", message);
}
