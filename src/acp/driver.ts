import type { EngineDriver } from "../engine/driver.ts";
import { connectAgent } from "./connection.ts";
import { type AcpDriverOptions, readOptions } from "./options.ts";
import { acpSdk } from "./sdk.ts";
import { AcpState } from "./state.ts";

/**
 * An agent that speaks the Agent Client Protocol, as an engine. It is started when the client first needs it, started
 * again when it dies, and ended by the client's `dispose()` with all that it started.
 *
 * @throws EngineError `CONFIG_INVALID` for options that can't be meant; `UNSUPPORTED` without `@agentclientprotocol/sdk`
 *
 * @example
 * ```ts
 * const client = createEngineClient(acpDriver({ command: "opencode", args: ["acp"] }));
 * const session = await client.session.create();
 * const text = await client.session.prompt(session, "Hello").text();
 * await client.dispose();
 * ```
 */
export function acpDriver(options: AcpDriverOptions): EngineDriver {
  acpSdk();
  const settings = readOptions(options);
  const state = new AcpState(settings);
  return {
    id: settings.id,
    name: settings.name,
    capabilities: state.capabilities,
    connect: (connecting) => connectAgent(state, connecting),
    dispose: () => state.host.close(),
  };
}
