import { type Diagnostic, OpenCodeClient, type OpenCodeClientOptions } from "@quantumreef/engine-client";
import { afterAll, beforeAll } from "vitest";
import {
  type ScriptedEngine,
  type ScriptedEngineOptions,
  startScriptedEngine,
} from "../support/engine-fixture.ts";

export interface RealEngine {
  readonly engine: ScriptedEngine;
  /** A client of the server; disposed after the tests of the file. */
  client(options?: OpenCodeClientOptions): OpenCodeClient;
  /** What the clients had to say besides. */
  readonly diagnostics: readonly Diagnostic[];
}

/** One real server with a scripted model for the tests of a file. Read its fields inside tests. */
export function useRealEngine(options: ScriptedEngineOptions = {}): RealEngine {
  let engine: ScriptedEngine | undefined;
  const clients: OpenCodeClient[] = [];
  const diagnostics: Diagnostic[] = [];

  beforeAll(async () => {
    engine = await startScriptedEngine(options);
  }, 180_000);
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.dispose()));
    await engine?.stop();
  }, 60_000);

  const running = (): ScriptedEngine => {
    if (engine === undefined) throw new Error("The engine runs only inside tests.");
    return engine;
  };
  return {
    get engine() {
      return running();
    },
    client(clientOptions) {
      const client = new OpenCodeClient({
        baseUrl: running().url,
        workingDirectory: running().workspace.directory,
        onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
        ...clientOptions,
      });
      clients.push(client);
      return client;
    },
    diagnostics,
  };
}
