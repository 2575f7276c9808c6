import type { DriverMcp, DriverMcpCall } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import type { McpServer, McpServerConfig } from "../../engine/mcp.ts";
import type { Http } from "../../http.ts";
import { toolPrefix } from "./mcp-names.ts";
import { mcpServersSchema, type WireMcpServers } from "./schema/server.ts";

/** Milliseconds that a server may take to start: the engine gives it 30 s by default. */
const START_MS = 60_000;

/** The MCP servers of the engine. It keeps them by directory, and those that were added until it ends. */
export function nativeMcp(http: Http, defaultDirectory: string | undefined): DriverMcp {
  const queryOf = ({ workingDirectory = defaultDirectory }: DriverMcpCall) => ({
    directory: workingDirectory,
  });
  const status = async (call: DriverMcpCall): Promise<readonly McpServer[]> => {
    const { signal } = call;
    return decode((await http.json("GET", "/mcp", mcpServersSchema, { query: queryOf(call), signal })).value);
  };
  const change = async (name: string, what: "connect" | "disconnect", call: DriverMcpCall) => {
    const path = `/mcp/${encodeURIComponent(name)}/${what}`;
    const { signal } = call;
    try {
      await http.send("POST", path, { query: queryOf(call), signal, timeout: START_MS });
    } catch (error) {
      if (!EngineError.is(error) || error.status !== 404) throw error;
      const names = (await status(call)).map((server) => server.name);
      const exist = names.length === 0 ? "the engine has none" : `there are ${names.join(", ")}`;
      const message = `There is no MCP server ${JSON.stringify(name)}: ${exist}.`;
      throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", cause: error });
    }
    // It says that all is well also when the server did not start.
    return status(call);
  };
  return {
    status,
    async add(name, config, call) {
      const body = { name, config: encode(config) };
      const { signal } = call;
      const options = { query: queryOf(call), body, signal, timeout: START_MS + (config.timeout ?? 0) };
      return decode((await http.json("POST", "/mcp", mcpServersSchema, options)).value);
    },
    connect: (name, call) => change(name, "connect", call),
    disconnect: (name, call) => change(name, "disconnect", call),
  };
}

function decode(wire: WireMcpServers): readonly McpServer[] {
  return Object.entries(wire).map(([name, { status, error }]) => ({
    name,
    // Without being registered as its client nobody can log in.
    status: status === "needs_client_registration" ? "needs_auth" : status,
    ...(error ? { error } : {}),
    toolPrefix: toolPrefix(name),
  }));
}

function encode(config: McpServerConfig): Readonly<Record<string, unknown>> {
  const { timeout } = config;
  const limit = timeout === undefined ? {} : { timeout };
  if (config.type === "remote") {
    const { url, headers, oauth } = config;
    return { type: "remote", url, ...(headers && { headers }), ...(oauth === false && { oauth }), ...limit };
  }
  const { command, args = [], env, cwd } = config;
  const where = cwd === undefined ? {} : { cwd };
  return { type: "local", command: [command, ...args], ...(env && { environment: env }), ...where, ...limit };
}
