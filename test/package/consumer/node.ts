// A consumer of the Node entry.
import { createOpenCode, type OpenCode } from "@quantumreef/engine-client/node";

export async function run(): Promise<void> {
  const client: OpenCode = await createOpenCode({ port: 4096, autoStart: false });
  try {
    const created = await client.session.create();
    for await (const event of client.session.prompt(created, "Add input validation")) {
      if (event.type === "text_delta") process.stdout.write(event.delta);
      if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
    }
    process.stdout.write(`${client.process.mode} ${client.process.url}\n`);
  } finally {
    await client.dispose();
  }
}
