import { createEngineClient } from "../create-engine-client.ts";
import { createMockEngine } from "../testing/mock-engine.ts";
import type { Command } from "./command.ts";
import { mockScript, overview } from "./mock-script.ts";
import { readOptions } from "./read-options.ts";
import { serveUntilTold } from "./serve-until-told.ts";
import { readServerOptions, serverOptionHelp, serverOptionTable } from "./server-options.ts";

/** Where `OpenCodeClient` looks. */
const PORT = 4096;

/** `engine-client mock` */
export const mock: Command = {
  name: "mock",
  summary: "serves an engine in memory under the /v1 contract",
  help: `Serves an engine in memory under the /v1 contract, to write and test clients in any language: it needs no
model, no key and no network, and says the same to the same prompt. It echoes, but for these first words:

${overview("  ")}

  --port <number>      where to listen; 0 takes a free one. Default: ${PORT}
${serverOptionHelp}
It prints "Listening on <address>" when it is there. Ctrl-C ends it.
`,
  async run(args, output) {
    const options = readServerOptions(readOptions(args, serverOptionTable), PORT);
    const open = async () => createEngineClient(createMockEngine(mockScript));
    return serveUntilTold(open, options, output);
  },
};
