import type { V1RouteName } from "../paths.ts";
import type { ComponentName } from "./components.ts";
import { json, listOf, type Operation } from "./operation.ts";

const query = { workingDirectory: "Where it is to be used. Default: where the engine works." };

/** The servers as they stand then. */
const servers = { 200: json("All of them, as they stand then.", listOf("McpServer")) };

/** What there is to choose from, and the MCP servers. */
export const catalogueOperations = {
  listModels: choice("The models that the engine can use. One of them is the default.", "Model"),
  listProviders: choice("Where the engine has its models from. Never a credential.", "Provider"),
  listAgents: choice("The agents that a prompt can choose, and those of the agents themselves.", "Agent"),
  listCommands: choice("The prompts that the engine keeps under names.", "Command"),
  listMcpServers: choice("The MCP servers, also those that are off or failed.", "McpServer"),
  addMcpServer: {
    summary: "Adds an MCP server, or replaces the one of that name, and starts it.",
    query,
    body: { schema: "McpServerBody", required: true },
    answers: servers,
  },
  connectMcpServer: {
    summary: "Starts an MCP server, or starts it again. One that does not start has the status `failed`.",
    query,
    answers: servers,
  },
  disconnectMcpServer: { summary: "Ends an MCP server.", query, answers: servers },
} as const satisfies Partial<Record<V1RouteName, Operation>>;

function choice(summary: string, component: ComponentName): Operation {
  return { summary, query, answers: { 200: json("The list.", listOf(component)) } };
}
