import { createOpenCode } from "../node/create-open-code.ts";
import type { Command } from "./command.ts";
import { readOptions } from "./read-options.ts";
import { serveUntilTold } from "./serve-until-told.ts";
import { readServerOptions, serverOptionHelp, serverOptionTable } from "./server-options.ts";

/** Beside OpenCode's own, 4096. */
const PORT = 4097;

/** `engine-client serve` */
export const serve: Command = {
  name: "serve",
  summary: "serves OpenCode under the /v1 contract",
  help: `Finds OpenCode on this machine, or starts it, and serves it under the /v1 contract: for programs in other
languages. How OpenCode is found, started and configured is said by the variables of createOpenCode().

  --port <number>      where to listen; 0 takes a free one. Default: ${PORT}
  --directory <folder> where sessions are created that do not say otherwise. Default: this one
${serverOptionHelp}
It prints "Listening on <address>" when it is there. Ctrl-C ends it, and with it the OpenCode that it started.
`,
  async run(args, output) {
    const { directory, ...values } = readOptions(args, {
      ...serverOptionTable,
      directory: { type: "string" },
    });
    const options = readServerOptions(values, PORT);
    const open = () =>
      createOpenCode({
        workingDirectory: directory,
        onDiagnostic: ({ level, message }) => output.err(`${level}: ${message}\n`),
      });
    return serveUntilTold(open, options, output);
  },
};
