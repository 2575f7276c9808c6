import { writeFile } from "node:fs/promises";
import { callTool, nextStep, say, script } from "../../test/support/scripted-model/script.ts";
import { openBackstage } from "./backstage.ts";

/** Where a review plays. */
export interface ReviewStage {
  /** A repository with a change that is not committed yet. */
  readonly directory: string;
  readonly model: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The scripted model has to be told what to answer; a real one knows. */
  prompt(request: string): string;
  close(): Promise<void>;
}

const BEFORE = "export function average(numbers) {\n  return sum(numbers) / numbers.length;\n}\n";
const AFTER =
  "export function average(numbers) {\n  if (numbers.length = 0) return 0;\n  return sum(numbers) / numbers.length;\n}\n";

const FINDING = {
  file: "average.js",
  line: 2,
  severity: "error",
  message: "`numbers.length = 0` assigns: it empties the list that was passed. Compare with `===`.",
};

/** `directory`: your own repository, for a real model. `clean`: the scripted model finds nothing. */
export async function setReviewStage(
  realModel: string | undefined,
  directory: string | undefined,
  clean: boolean,
): Promise<ReviewStage> {
  const backstage = await openBackstage(realModel);
  const own = async () => {
    const project = await backstage.project({ "average.js": BEFORE });
    await writeFile(project.path("average.js"), AFTER);
    return project.directory;
  };
  const findings = JSON.stringify(clean ? [] : [FINDING], null, 2);
  return {
    directory: directory ?? (await own()),
    model: backstage.model,
    env: backstage.env,
    prompt: (request) =>
      backstage.isScripted
        ? script(
            callTool("read", { filePath: "average.js" }),
            nextStep(),
            say(`Here is what I found:\n\n\`\`\`json\n${findings}\n\`\`\`\n`),
            request,
          )
        : request,
    close: () => backstage.close(),
  };
}
