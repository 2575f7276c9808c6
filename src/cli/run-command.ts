import { EngineError, reasonOf } from "../engine/errors.ts";
import { type Command, type Output, WrongUse } from "./command.ts";
import { doctor } from "./doctor.ts";
import { mock } from "./mock.ts";
import { serve } from "./serve.ts";

const commands: readonly Command[] = [doctor, mock, serve];

/** `npx @quantumreef/engine-client ...`. Resolves with the exit code: 0 all is well, 1 it is not, 2 wrong use. */
export async function runCommand(args: readonly string[], output: Output): Promise<number> {
  const { out, err } = output;
  const [name = "", ...rest] = args;
  if (name === "--help" || name === "-h") {
    out(overview());
    return 0;
  }
  const command = commands.find((candidate) => candidate.name === name);
  if (command === undefined) {
    err(
      `${name === "" ? "Say what to do." : `There is no command ${JSON.stringify(name)}.`}\n\n${overview()}`,
    );
    return 2;
  }
  if (rest.includes("--help") || rest.includes("-h")) {
    out(useOf(command));
    return 0;
  }
  try {
    return await command.run(rest, output);
  } catch (error) {
    if (error instanceof WrongUse) {
      err(`${error.message}\n\n${useOf(command)}`);
      return 2;
    }
    // Of a mistake in here the stack is worth more than the sentence.
    err(EngineError.is(error) || !(error instanceof Error) ? `${reasonOf(error)}\n` : `${error.stack}\n`);
    return 1;
  }
}

function overview(): string {
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(10)}${summary}\n`);
  return `Usage: engine-client <command> [options]

${lines.join("")}
engine-client <command> --help tells the options of one.
Exit code: 0 all is well, 1 it is not, 2 wrong use.
`;
}

function useOf({ name, help }: Command): string {
  return `Usage: engine-client ${name} [options]\n\n${help}`;
}
