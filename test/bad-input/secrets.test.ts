import { inspect } from "node:util";
import { expect, it } from "vitest";
import { type DiagnosticHandler, OpenCodeClient } from "../../src/index.ts";
import { failure } from "./failure.ts";
import { operationNames, operations } from "./operations.ts";
import { startRawServer, startServer, unusedUrl } from "./server.ts";

const secret = /hunter2|aHVudGVyM|b3BlbmNvZGU6aHVudGVyMg|tokentoken/;

/** Two ways to have a secret. */
const clients = {
  "a password in baseUrl": (url: string, onDiagnostic: DiagnosticHandler) =>
    new OpenCodeClient({ baseUrl: url.replace("//", "//opencode:hunter2@"), onDiagnostic }),
  "a token in the headers": (baseUrl: string, onDiagnostic: DiagnosticHandler) =>
    new OpenCodeClient({ baseUrl, headers: () => ({ authorization: "Bearer tokentoken" }), onDiagnostic }),
};

/** Three servers that one can't talk to: one repeats what it was told, one resets, one is not there. */
const servers = {
  "a server that repeats it": () =>
    startServer(({ headers }, response) => response.writeHead(500).end(JSON.stringify(headers))),
  "a reset": () => startRawServer((socket) => socket.once("data", () => socket.resetAndDestroy())),
  nobody: async () => ({ url: await unusedUrl(), async [Symbol.asyncDispose]() {} }),
};

const everything = (value: unknown) =>
  [String(value), JSON.stringify(value), inspect(value, { depth: 20, showHidden: true })].join("\n");

for (const [how, createClient] of Object.entries(clients)) {
  for (const [who, start] of Object.entries(servers)) {
    it.each(operationNames)(`${how} and ${who}: nothing is told by %s`, async (operation) => {
      await using server = await start();
      const diagnostics: unknown[] = [];
      const client = createClient(server.url, (diagnostic) => diagnostics.push(diagnostic));
      const error = await failure(operations[operation](client));
      const told = [error, error.stack, client, client.events.status, await client.health(), diagnostics];
      expect(told.map(everything).join("\n")).not.toMatch(secret);
      await client.dispose();
    });
  }
}
