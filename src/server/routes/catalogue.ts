import type { DirectoryOptions } from "../../engine/call-options.ts";
import { EngineError } from "../../engine/errors.ts";
import type { McpOptions } from "../../engine/mcp.ts";
import type { catalogueOperations } from "../../v1/schema/catalogue-operations.ts";
import { directoryQuerySchema } from "../../v1/schema/query.ts";
import { mcpServerBodySchema } from "../../v1/schema/request.ts";
import { bodyOf, queryOf } from "../schema/read.ts";
import type { Exchange, RouteHandler, RoutesContext } from "./exchange.ts";

/** What there is to choose from, and the MCP servers. */
export function catalogueRoutes({
  client,
}: RoutesContext): Readonly<Record<keyof typeof catalogueOperations, RouteHandler>> {
  const { models, providers, agents, commands, mcp } = client;

  const list =
    (read: (options: DirectoryOptions) => Promise<readonly unknown[]>): RouteHandler =>
    async ({ url, signal }) =>
      Response.json(await read({ ...queryOf(url, directoryQuerySchema), signal }));

  /** Answers with all servers as they stand then. Of one that does not run that says why. */
  const change =
    (work: (exchange: Exchange, options: McpOptions) => Promise<unknown>): RouteHandler =>
    async (exchange) => {
      const options = { ...queryOf(exchange.url, directoryQuerySchema), signal: exchange.signal };
      await work(exchange, options).catch((error: unknown) => {
        if (!EngineError.is(error, "MCP_FAILED") && !EngineError.is(error, "AUTH_REQUIRED")) throw error;
      });
      return Response.json(await mcp.status(options));
    };

  return {
    listModels: list((options) => models.list(options)),
    listProviders: list((options) => providers.list(options)),
    listAgents: list((options) => agents.list(options)),
    listCommands: list((options) => commands.list(options)),
    listMcpServers: list((options) => mcp.status(options)),
    addMcpServer: change(async ({ request }, options) => {
      const { name, config } = await bodyOf(request, mcpServerBodySchema);
      await mcp.add(name, config, options);
    }),
    connectMcpServer: change(({ id }, options) => mcp.connect(id, options)),
    disconnectMcpServer: change(({ id }, options) => mcp.disconnect(id, options)),
  };
}
