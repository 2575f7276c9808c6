import { callTool, nextStep, pause, say, script } from "../../test/support/scripted-model/script.ts";
import { openBackstage } from "./backstage.ts";

/** Where an example plays: nothing of it touches your files or your OpenCode. */
export interface Stage {
  /** A project with one file, `greet.js`. */
  readonly directory: string;
  /** The file that the prompt changes. */
  readonly file: string;
  read(): Promise<string>;
  readonly model: string;
  readonly prompt: string;
  /** For the engine: a home of its own. */
  readonly env: Readonly<Record<string, string | undefined>>;
  close(): Promise<void>;
}

const BEFORE = 'export function greet(name) {\n  return "Hello, " + name;\n}\n';
const AFTER = BEFORE.replace("\n", '\n  if (!name) throw new TypeError("greet() needs a name");\n');
const REQUEST = "Add input validation to greet.js";

/** What is asked for, and how the scripted model goes about it with the file at this path. */
export interface Scene {
  readonly request: string;
  script(path: string): string;
}

/** Sets the stage with a scripted model, or for a real one when it is named (`anthropic/claude-opus-4-5`). */
export async function setStage(
  realModel: string | undefined,
  scene: Scene = { request: REQUEST, script: scripted },
): Promise<Stage> {
  const backstage = await openBackstage(realModel);
  const workspace = await backstage.project({ "greet.js": BEFORE });
  return {
    directory: workspace.directory,
    file: "greet.js",
    read: () => workspace.read("greet.js"),
    model: backstage.model,
    prompt: backstage.isScripted ? scene.script(workspace.path("greet.js")) : scene.request,
    env: backstage.env,
    close: () => backstage.close(),
  };
}

/** What the scripted model is to answer travels in the prompt. */
function scripted(path: string): string {
  const words = (text: string) =>
    text.split(/(?<=\s)/).flatMap((word) => [say(word, { size: 0 }), pause(25)]);
  return script(
    ...words("I will look at the file, and then make greet() refuse a missing name. "),
    callTool("bash", { command: "cat greet.js", description: "Read greet.js" }),
    nextStep(),
    ...words("There is no check yet. Here is the change: "),
    callTool("edit", { filePath: path, oldString: BEFORE, newString: AFTER }),
    nextStep(),
    ...words("Done: greet() now throws a TypeError when the name is missing."),
    REQUEST,
  );
}
