import type { ClientApp } from "@agentclientprotocol/sdk";
import { readFileFor, writeFileFor } from "./file-requests.ts";
import type { AcpSettings } from "./options.ts";
import { acpSdk, refusal } from "./sdk.ts";
import type { Terminals } from "./terminals.ts";

export interface LocalRequestsContext {
  readonly settings: Pick<AcpSettings, "fileAccess" | "terminals">;
  readonly owner: { directoryOf(sessionId: string): string | undefined };
  readonly terminals: Terminals;
}

/** What an agent wants done on this machine. What it may not is no method here, as the client has told it. */
export function registerLocalRequests(
  app: ClientApp,
  { settings, owner, terminals }: LocalRequestsContext,
): void {
  const { fs, terminal } = acpSdk().methods.client;
  const folder = ({ sessionId }: { readonly sessionId: string }): string => {
    const directory = owner.directoryOf(sessionId);
    if (directory === undefined) throw refusal("notFound", `There is no session ${sessionId}.`);
    return directory;
  };
  if (settings.fileAccess !== "none")
    app.onRequest(fs.readTextFile, ({ params }) => readFileFor(folder(params), params));
  if (settings.fileAccess === "read-write")
    app.onRequest(fs.writeTextFile, ({ params }) => writeFileFor(folder(params), params));
  if (!settings.terminals) return;
  app
    .onRequest(terminal.create, ({ params }) => terminals.create(folder(params), params))
    .onRequest(terminal.output, ({ params }) => terminals.output(params.sessionId, params.terminalId))
    .onRequest(terminal.waitForExit, ({ params }) =>
      terminals.waitForExit(params.sessionId, params.terminalId),
    )
    .onRequest(terminal.kill, async ({ params }) => {
      await terminals.kill(params.sessionId, params.terminalId);
      return {};
    })
    .onRequest(terminal.release, async ({ params }) => {
      await terminals.release(params.sessionId, params.terminalId);
      return {};
    });
}
