// Runs the examples of v1.md, and writes what they answer below them: `node docs/generate-v1-answers.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { createFolder, removeFolder } from "../test/support/throwaway.ts";
import { type Example, examplesIn, withAnswers } from "./support/examples.ts";
import { printAnswer } from "./support/print-answer.ts";
import { runShell } from "./support/run-shell.ts";
import { startV1Server } from "./support/v1-server.ts";

export const page = new URL("./v1.md", import.meta.url);

export const readPage = (): string => readFileSync(page, "utf8").replaceAll("\r\n", "\n");

/** What the examples print: one after the other, with one server, in one folder. Throws where one fails. */
export async function run(examples: readonly Example[]): Promise<readonly string[]> {
  await using server = await startV1Server();
  const folder = await createFolder("v1-examples");
  // Nothing else of this environment: neither a proxy nor somebody's settings of curl.
  const env: Record<string, string> = { PATH: process.env.PATH ?? "", HOME: folder, BASE: server.url };
  const printed: string[] = [];
  try {
    for (const { script, idGoesTo } of examples) {
      const answer = await runShell(script, { cwd: folder, env });
      if (idGoesTo !== undefined) env[idGoesTo] = JSON.parse(answer).id;
      printed.push(answer);
    }
  } finally {
    await removeFolder(folder);
  }
  return printed;
}

/** The page with the answers that the server gives now. */
export const generated = async (): Promise<string> => {
  const text = readPage();
  const printed = await run(examplesIn(text));
  return withAnswers(text, printed.map(printAnswer));
};

if (import.meta.main) writeFileSync(page, await generated());
