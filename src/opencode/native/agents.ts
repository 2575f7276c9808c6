import type { Agent } from "../../engine/agent.ts";
import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { modelName } from "./decode.ts";
import { agentsSchema, configSchema, type WireAgent } from "./schema/catalogue.ts";

/** The agents of a directory. Those that the engine keeps for itself (titles, summaries) are left out. */
export async function listAgents(
  http: Http,
  directory: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly Agent[]> {
  const call = { query: { directory }, signal };
  const [{ value: agents }, { value: config }] = await Promise.all([
    http.json("GET", "/agent", agentsSchema, call),
    http.json("GET", "/config", configSchema, call),
  ]);
  const offered = agents.filter(({ hidden }) => !hidden);
  const standard = config.default_agent ?? "build";
  return offered.map((wire) => decodeAgent(wire, standard));
}

/**
 * The engine takes any name, forgets the prompt's, and says so only in its events.
 * @throws EngineError `INVALID_REQUEST` naming those that exist
 */
export function resolveAgent(name: string, agents: readonly Agent[]): Agent {
  const found = agents.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const names = agents.map(({ id }) => id).join(", ");
  const message = `There is no agent ${JSON.stringify(name)}: there are ${names}.`;
  throw new EngineError("INVALID_REQUEST", message, { engine: "opencode" });
}

function decodeAgent({ name, description, mode, model }: WireAgent, standard: string): Agent {
  return {
    id: name,
    role: mode === "primary" || mode === "subagent" ? mode : "both",
    isDefault: name === standard,
    ...(description && { description }),
    ...(model && { model: modelName(model.providerID, model.modelID) }),
  };
}
