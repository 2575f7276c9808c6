import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { OptionalCalls } from "./optional.ts";

type CatalogueCalls = Pick<ManagedEngineClient, "models" | "providers" | "agents" | "commands">;

/** What there is to choose from. */
export function createCatalogueCalls(optional: OptionalCalls): CatalogueCalls {
  return {
    models: {
      list: ({ signal, workingDirectory } = {}) =>
        optional.call("models", signal, (connection, scope) =>
          connection.listModels?.({ signal: scope, workingDirectory }),
        ),
    },
    providers: {
      list: ({ signal, workingDirectory } = {}) =>
        optional.call("providers", signal, (connection, scope) =>
          connection.listProviders?.({ signal: scope, workingDirectory }),
        ),
    },
    agents: {
      list: ({ signal, workingDirectory } = {}) =>
        optional.call("agents", signal, (connection, scope) =>
          connection.listAgents?.({ signal: scope, workingDirectory }),
        ),
    },
    commands: {
      list: ({ signal, workingDirectory } = {}) =>
        optional.call("commands", signal, (connection, scope) =>
          connection.listCommands?.({ signal: scope, workingDirectory }),
        ),
    },
  };
}
