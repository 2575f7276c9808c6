import { scriptedConfig } from "../../test/support/scripted-config.ts";
import { startScriptedModel } from "../../test/support/scripted-model/server.ts";
import { createWorkspace, type Workspace } from "../../test/support/throwaway.ts";
import { homeEnv, openHome, writeGlobalConfig } from "../../test/support/throwaway-home.ts";

/** What every example needs: a model, a home for the engine, projects. Nothing of it touches your files or your OpenCode. */
export interface Backstage {
  /** `provider/model`. */
  readonly model: string;
  /** What it answers is told by the prompt. */
  readonly isScripted: boolean;
  /** For the engine. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A git repository with these files, in one commit. */
  project(files: Readonly<Record<string, string>>): Promise<Workspace>;
  /** Removes everything. */
  close(): Promise<void>;
}

/** Opens it with a scripted model, or for a real one when it is named (`anthropic/claude-opus-4-5`). */
export async function openBackstage(realModel: string | undefined): Promise<Backstage> {
  const home = await openHome();
  const model = realModel === undefined ? await startScriptedModel() : undefined;
  if (model !== undefined) await writeGlobalConfig(home.directory, scriptedConfig(model));
  const projects: Workspace[] = [];
  return {
    model: realModel ?? "local/scripted",
    isScripted: model !== undefined,
    // Not the configuration of the person who runs this.
    env: { ...homeEnv(home.directory), OPENCODE_CONFIG: undefined, OPENCODE_CONFIG_CONTENT: undefined },
    async project(files) {
      const project = await createWorkspace({ git: true, files });
      projects.push(project);
      return project;
    },
    async close() {
      await model?.close();
      for (const project of projects) await project.remove();
      await home.remove();
    },
  };
}
