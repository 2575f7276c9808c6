import {
  createEngineClient,
  type Diagnostic,
  type EngineDriver,
  type ManagedEngineClient,
} from "@quantumreef/engine-client";
import { type AcpDriverOptions, acpAgents } from "@quantumreef/engine-client/acp";
import { afterAll, beforeAll } from "vitest";
import { openCodeBinary } from "../support/opencode-binary.ts";
import { scriptedConfig } from "../support/scripted-config.ts";
import { type ScriptedModel, startScriptedModel } from "../support/scripted-model/server.ts";
import { type Slot, takeSlot } from "../support/slots.ts";
import { createWorkspace, type Workspace } from "../support/throwaway.ts";
import { type Home, homeEnv, openHome, writeGlobalConfig } from "../support/throwaway-home.ts";
import { processesOf } from "./machine.ts";

export interface RealAcp {
  readonly model: ScriptedModel;
  readonly workspace: Workspace;
  readonly home: string;
  readonly diagnostics: readonly Diagnostic[];
  /** A client with an `opencode acp` of its own. Have one at a time, or dispose it in between. */
  client(options?: Partial<AcpDriverOptions>): ManagedEngineClient;
  /** A driver of such; who asked for it disposes of it. */
  driver(options?: Partial<AcpDriverOptions>): EngineDriver;
  /** The processes of the agent. */
  processes(): readonly number[];
}

/** What the real `opencode acp` needs, with a scripted model, for the tests of a file. */
export function useRealAcp(config: Readonly<Record<string, unknown>> = {}): RealAcp {
  let slot: Slot | undefined;
  let model: ScriptedModel | undefined;
  let workspace: Workspace | undefined;
  let home: Home | undefined;
  const clients: ManagedEngineClient[] = [];
  const diagnostics: Diagnostic[] = [];

  beforeAll(async () => {
    slot = await takeSlot();
    model = await startScriptedModel();
    workspace = await createWorkspace({ git: true, files: { "README.md": "# Workspace\n" } });
    home = await openHome();
    await writeGlobalConfig(home.directory, scriptedConfig(model, config));
  }, 180_000);
  afterAll(async () => {
    await Promise.all(clients.map((client) => client.dispose()));
    for (const pid of home === undefined ? [] : processesOf(home.directory)) process.kill(pid, "SIGKILL");
    slot?.release();
    await model?.close();
    await workspace?.remove();
    await home?.remove();
  }, 60_000);

  const made = <T>(thing: T | undefined): T => {
    if (thing === undefined) throw new Error("It is there only inside tests.");
    return thing;
  };
  const driver = (options?: Partial<AcpDriverOptions>): EngineDriver => {
    const { directory } = made(workspace);
    // Nothing of the developer's own: what this process has and the agent should not is taken out.
    const none = Object.fromEntries(Object.keys(process.env).map((name) => [name, undefined]));
    const env = { ...none, ...homeEnv(made(home).directory) };
    return acpAgents.opencode({ command: openCodeBinary(), cwd: directory, env, ...options });
  };
  return {
    get model() {
      return made(model);
    },
    get workspace() {
      return made(workspace);
    },
    get home() {
      return made(home).directory;
    },
    diagnostics,
    client(options) {
      const client = createEngineClient(driver(options), { onDiagnostic: (told) => diagnostics.push(told) });
      clients.push(client);
      return client;
    },
    driver,
    processes: () => processesOf(made(home).directory),
  };
}
