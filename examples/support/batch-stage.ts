import { say, script, usage } from "../../test/support/scripted-model/script.ts";
import { openBackstage } from "./backstage.ts";

/** Where a batch plays. */
export interface BatchStage {
  /** Git repositories. */
  readonly directories: readonly string[];
  readonly model: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The scripted model has to be told what to answer; a real one knows. */
  prompt(request: string, directory: string): string;
  close(): Promise<void>;
}

const PROJECTS = ["parser", "server", "client", "docs", "tools"];

/** `directories`: your own repositories, for a real model. They are used beside those of the stage otherwise. */
export async function setBatchStage(
  realModel: string | undefined,
  directories: readonly string[],
): Promise<BatchStage> {
  const backstage = await openBackstage(realModel);
  const names = new Map<string, string>();
  if (backstage.isScripted) {
    for (const name of PROJECTS) {
      const project = await backstage.project({ "README.md": `# ${name}\n` });
      names.set(project.directory, name);
    }
  }
  return {
    directories: [...names.keys(), ...directories],
    model: backstage.model,
    env: backstage.env,
    prompt: (request, directory) => {
      const name = names.get(directory);
      if (name === undefined) return request;
      return script(say(`This is the ${name}.`), usage({ input: 100, output: 10 }), request);
    },
    close: () => backstage.close(),
  };
}
