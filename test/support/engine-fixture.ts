import { type OpenCodeServer, type OpenCodeServerOptions, startOpenCode } from "./opencode-server.ts";
import { type OpenCodeConfig, scriptedConfig } from "./scripted-config.ts";
import {
  type ScriptedModel,
  type ScriptedModelOptions,
  startScriptedModel,
} from "./scripted-model/server.ts";
import { createWorkspace, type Workspace, type WorkspaceOptions } from "./throwaway.ts";

/** How to start a real engine with a scripted model. */
export interface ScriptedEngineOptions {
  /**
   * Merged into the scripted configuration, such as `{ permission: { bash: "ask", edit: "ask" } }`, or made of the
   * model that was started.
   */
  readonly config?: OpenCodeConfig | ((model: ScriptedModel) => OpenCodeConfig);
  /** The engine's default project. Default: a git repository with a `README.md`. */
  readonly workspace?: WorkspaceOptions;
  readonly model?: ScriptedModelOptions;
  readonly server?: Omit<OpenCodeServerOptions, "cwd" | "config">;
}

/** A real engine, the model it talks to, and the project it runs in. */
export interface ScriptedEngine extends AsyncDisposable {
  readonly model: ScriptedModel;
  readonly server: OpenCodeServer;
  readonly workspace: Workspace;
  /** The address of the server. */
  readonly url: string;
  /** Stops and removes all three. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a scripted model, and a real OpenCode server that uses it for every project: the configuration is the
 * global one, so that further folders work too.
 *
 * @throws what any of the three throws; nothing is left then.
 */
export async function startScriptedEngine(options: ScriptedEngineOptions = {}): Promise<ScriptedEngine> {
  const started: AsyncDisposable[] = [];
  const stop = async () => {
    // The server goes first: it would try to reach a model that is gone, and write to a folder that is gone.
    const failures: unknown[] = [];
    for (const part of started.toReversed()) {
      try {
        await part[Symbol.asyncDispose]();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "Not everything could be stopped");
  };
  try {
    const model = await startScriptedModel(options.model);
    started.push(model);
    const workspace = await createWorkspace(options.workspace ?? defaultWorkspace);
    started.push(workspace);
    const extra = typeof options.config === "function" ? options.config(model) : options.config;
    const config = scriptedConfig(model, extra);
    const server = await startOpenCode({ ...options.server, cwd: workspace.directory, config });
    started.push(server);
    return { model, server, workspace, url: server.url, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const defaultWorkspace: WorkspaceOptions = { git: true, files: { "README.md": "# Workspace\n" } };
