import type { EngineConnection } from "../engine/driver.ts";
import type { DirectoryCall } from "../engine/driver-requests.ts";
import type { McpServerConfig } from "../engine/mcp.ts";
import type { Decoder, HttpCall } from "../http.ts";
import type { V1Calls } from "./calls.ts";
import type { V1RouteName } from "./paths.ts";
import {
  agentsSchema,
  commandsSchema,
  mcpServersSchema,
  modelsSchema,
  providersSchema,
} from "./schema/answer.ts";
import type { McpServerBody } from "./schema/request.ts";

type CatalogueMethods = Pick<
  EngineConnection,
  "listModels" | "listProviders" | "listAgents" | "listCommands" | "mcp"
>;

/** Milliseconds that a server of the contract has to start an MCP server, besides what that may take by itself. */
const START_MS = 90_000;

/** What there is to choose from, and the MCP servers. `defaultDirectory`: where it is to be used, unless a call says. */
export function v1Catalogue(calls: V1Calls, defaultDirectory: string | undefined): CatalogueMethods {
  const callOf = ({ workingDirectory = defaultDirectory, signal }: DirectoryCall): HttpCall => ({
    query: { workingDirectory },
    signal,
  });
  const list =
    <T>(route: V1RouteName, decoder: Decoder<T>) =>
    (call: DirectoryCall): Promise<T> =>
      calls.read(route, undefined, decoder, callOf(call));
  const change = (route: V1RouteName) => (name: string, call: DirectoryCall) =>
    calls.read(route, name, mcpServersSchema, { ...callOf(call), timeout: START_MS });
  return {
    listModels: list("listModels", modelsSchema),
    listProviders: list("listProviders", providersSchema),
    listAgents: list("listAgents", agentsSchema),
    listCommands: list("listCommands", commandsSchema),
    mcp: {
      status: list("listMcpServers", mcpServersSchema),
      add: (name, config, call) => {
        const body: McpServerBody = { name, config: configBody(config) };
        const timeout = START_MS + (config.timeout ?? 0);
        return calls.read("addMcpServer", undefined, mcpServersSchema, { ...callOf(call), body, timeout });
      },
      connect: change("connectMcpServer"),
      disconnect: change("disconnectMcpServer"),
    },
  };
}

function configBody(config: McpServerConfig): McpServerBody["config"] {
  return config.type === "stdio" ? { ...config, args: config.args && [...config.args] } : { ...config };
}
