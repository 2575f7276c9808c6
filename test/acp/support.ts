import { fileURLToPath } from "node:url";
import {
  createEngineClient,
  type Diagnostic,
  type EngineClientOptions,
  type ManagedEngineClient,
  type PromptEvent,
} from "@quantumreef/engine-client";
import { type AcpDriverOptions, acpDriver } from "@quantumreef/engine-client/acp";
import { onTestFinished } from "vitest";
import { createFolder, removeFolder } from "../support/throwaway.ts";
import type { Behaviour } from "./script.ts";

const program = fileURLToPath(new URL("fake-agent.ts", import.meta.url));

export interface FakeOptions extends Partial<AcpDriverOptions> {
  readonly client?: EngineClientOptions;
}

/** A client of a fake agent, which is gone when the test is over. */
export async function useFake(behaviour: Behaviour = {}, { client: own, env, ...options }: FakeOptions = {}) {
  const cwd = options.cwd ?? (await createFolder("acp"));
  const diagnostics: Diagnostic[] = [];
  const driver = acpDriver({
    command: process.execPath,
    args: [program],
    cwd,
    env: { ...env, FAKE_AGENT: JSON.stringify(behaviour) },
    ...options,
  });
  // A machine with a lot to do starts a process slowly.
  const client = createEngineClient(driver, {
    connectTimeout: 60_000,
    onDiagnostic: (told) => diagnostics.push(told),
    ...own,
  });
  onTestFinished(async () => {
    await client.dispose();
    await removeFolder(cwd);
  });
  return { client, cwd, diagnostics, codes: () => diagnostics.map(({ code }) => code) };
}

/** Runs a prompt to its end; every permission is answered by `reply`. */
export async function run(
  client: ManagedEngineClient,
  session: { readonly id: string },
  text: string,
  reply: "allow" | "deny" | "allow_session" = "allow",
) {
  const call = client.session.prompt(session, text);
  const events: PromptEvent[] = [];
  for await (const event of call) {
    events.push(event);
    if (event.type === "permission_requested") await client.permissions.reply(event, reply);
  }
  return { events, result: await call.settled() };
}
