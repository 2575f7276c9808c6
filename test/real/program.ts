/**
 * A program of its own that uses `createOpenCode` with the options it is given as JSON, tells what it got as a line, and
 * then does what it is told, a line each: `prompt TEXT` (tells the answer), `dispose`.
 */
import { createInterface } from "node:readline";
import { createOpenCode } from "@quantumreef/engine-client/node";

const client = await createOpenCode(JSON.parse(process.argv[2] ?? "{}"));
const tell = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);
const { mode, pid, url, version } = client.process;
tell({ mode, pid, url, version });
for await (const line of createInterface({ input: process.stdin })) {
  if (line === "dispose") {
    await client.dispose();
    // What it is told would keep it alive, and nothing else must.
    process.stdin.destroy();
    break;
  }
  const session = await client.session.create();
  const call = client.session.prompt(session, line.slice("prompt ".length));
  for await (const event of call) {
    if (event.type === "tool_call_update") tell({ output: event.toolCall.output ?? "" });
  }
  tell({ text: (await call.settled()).text });
}
