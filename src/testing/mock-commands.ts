import type { Command } from "../engine/command.ts";
import type { PromptRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";

/** @throws EngineError `INVALID_REQUEST` for a command that the mock does not have */
export function refuseUnknownCommand({ command }: PromptRequest, commands: readonly Command[] = []): void {
  if (command === undefined || commands.some(({ name }) => name === command.name)) return;
  throw new EngineError("INVALID_REQUEST", `There is no command ${JSON.stringify(command.name)}.`);
}
