import { once } from "node:events";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { exitSignal } from "../node/exit-signal.ts";
import { type ServeV1Options, serveV1 } from "../server/serve.ts";
import type { Output } from "./command.ts";

/**
 * Serves a client until the process is told to end (Ctrl-C, SIGTERM), and disposes of everything then. A second signal
 * ends it at once. Resolves with the exit code.
 *
 * @throws what `open` and `serveV1` throw; nothing is left then
 */
export async function serveUntilTold(
  open: () => Promise<ManagedEngineClient>,
  options: ServeV1Options,
  { out, err }: Output,
): Promise<number> {
  // Before there is anything: a signal must not leave half of it behind.
  const leaving = exitSignal();
  try {
    const client = await open();
    try {
      if (!leaving.signal.aborted) await serve(client);
    } finally {
      await client.dispose();
    }
    return 0;
  } finally {
    leaving.close();
  }

  async function serve(client: ManagedEngineClient): Promise<void> {
    const server = await serveV1(client, {
      onDiagnostic: ({ level, message }) => err(`${level}: ${message}\n`),
      ...options,
    });
    try {
      out(`Listening on ${server.url}\n`);
      if (!leaving.signal.aborted) await once(leaving.signal, "abort");
    } finally {
      await server.close();
    }
  }
}
