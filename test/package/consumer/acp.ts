// A consumer of the entry for agents of the Agent Client Protocol, who has its SDK or not.
import { createEngineClient, type EngineDriver, type ManagedEngineClient } from "@quantumreef/engine-client";
import { type AcpDriverOptions, acpAgents, acpDriver, knownAgents } from "@quantumreef/engine-client/acp";

const options: AcpDriverOptions = { command: "my-agent", args: ["--acp"], fileAccess: "read" };

export function connect(isOwn: boolean): ManagedEngineClient {
  const driver: EngineDriver = isOwn
    ? acpDriver(options)
    : acpAgents.gemini({ authMethod: "gemini-api-key" });
  return createEngineClient(driver);
}

export const installs: readonly string[] = knownAgents.map(({ name, install }) => `${name}: ${install}`);
