import type { Agent } from "../engine/agent.ts";
import type { EngineCapabilities } from "../engine/capabilities.ts";
import type { Command } from "../engine/command.ts";
import type { DriverMcp, EngineConnection } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { McpServer, McpStatus } from "../engine/mcp.ts";
import type { FileDiff } from "../engine/message.ts";
import type { Model } from "../engine/model.ts";
import type { Provider } from "../engine/provider.ts";
import type { MockMemory } from "./mock-memory.ts";

/** What the mock engine offers. */
export interface MockOffers {
  /** The commands that it has; the script finds in `command` which one is run. Default: none. */
  readonly commands?: readonly Command[] | undefined;
  /** What it offers. Default: none of them, and the capability is missing; `models` with variants have `variants`, too. */
  readonly models?: readonly Model[] | undefined;
  readonly providers?: readonly Provider[] | undefined;
  readonly agents?: readonly Agent[] | undefined;
  /** What every turn changed. Default: the capability `diff` is missing. */
  readonly diff?: readonly FileDiff[] | undefined;
  /**
   * The MCP servers that it begins with; those that are added run, but with the command `false`. Default: the capability
   * `mcp` is missing.
   */
  readonly mcpServers?: readonly McpServer[] | undefined;
}

type OfferMethods = Pick<
  EngineConnection,
  "listCommands" | "listModels" | "listProviders" | "listAgents" | "diff" | "mcp"
>;

export interface MockOffering {
  readonly capabilities: Partial<EngineCapabilities>;
  readonly methods: OfferMethods;
}

export function mockOffers(offers: MockOffers, memory: MockMemory, calls: string[]): MockOffering {
  const { commands = [], models, providers, agents, diff, mcpServers } = offers;
  return {
    capabilities: {
      models: models !== undefined,
      providers: providers !== undefined,
      agents: agents !== undefined,
      variants: models?.some(({ variants = [] }) => variants.length > 0) === true,
      diff: diff !== undefined,
      mcp: mcpServers !== undefined,
    },
    methods: {
      listCommands: async () => commands,
      listModels: async () => models ?? [],
      listProviders: async () => providers ?? [],
      listAgents: async () => agents ?? [],
      ...(diff && { diff: async (sessionId) => memory.session(sessionId) && diff }),
      ...(mcpServers && { mcp: mockMcp(mcpServers, calls) }),
    },
  };
}

function mockMcp(beginning: readonly McpServer[], calls: string[]): DriverMcp {
  const servers = new Map(beginning.map((server) => [server.name, server]));
  const set = (server: McpServer): readonly McpServer[] => {
    servers.set(server.name, server);
    return [...servers.values()];
  };
  const change = (name: string, what: string, status: McpStatus): readonly McpServer[] => {
    calls.push(`${what} ${name}`);
    const server = servers.get(name);
    if (server !== undefined) return set({ ...server, status });
    throw new EngineError("INVALID_REQUEST", `There is no MCP server ${JSON.stringify(name)}.`);
  };
  return {
    status: async () => [...servers.values()],
    async add(name, config) {
      calls.push(`add ${name}`);
      const fails = config.type === "stdio" && config.command === "false";
      const state = fails ? { status: "failed", error: "It ended at once." } : { status: "connected" };
      return set({ name, toolPrefix: `${name}_`, ...state });
    },
    connect: async (name) => change(name, "connect", "connected"),
    disconnect: async (name) => change(name, "disconnect", "disabled"),
  };
}
