import type { McpServer } from "@agentclientprotocol/sdk";
import { EngineError } from "../engine/errors.ts";
import type { Agent } from "./agent.ts";
import type { AcpSettings } from "./options.ts";

/**
 * The MCP servers that every session gets, as the agent is told them.
 * @throws EngineError `UNSUPPORTED` for one over HTTP where the agent takes none
 */
export function mcpServersFor(
  { abilities: { takesHttpMcp } }: Agent,
  { mcpServers, id: engine }: AcpSettings,
): McpServer[] {
  return Object.entries(mcpServers).map(([name, config]): McpServer => {
    if (config.type === "stdio") {
      const { command, args = [], env = {} } = config;
      return { name, command, args: [...args], env: pairs(env) };
    }
    if (takesHttpMcp) return { type: "http", name, url: config.url, headers: pairs(config.headers ?? {}) };
    const message = `This agent takes no MCP servers over HTTP: ${name} (${config.url}).`;
    throw new EngineError("UNSUPPORTED", message, { engine });
  });
}

function pairs(record: Readonly<Record<string, string>>): { name: string; value: string }[] {
  return Object.entries(record).map(([name, value]) => ({ name, value }));
}
