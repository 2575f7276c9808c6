// Every line that is marked must not compile; a directive without an error under it is an error itself.
import { EngineError, OpenCodeClient, sessionMachine } from "@quantumreef/engine-client";

// @ts-expect-error a number is no address
export const client = new OpenCodeClient({ baseUrl: 4096 });
// @ts-expect-error an idle session has no turn to complete
export const next = sessionMachine.transition("idle", "prompt_completed");
// @ts-expect-error there is no such decision
export const replied = new OpenCodeClient().permissions.reply("per_1", "perhaps");
// @ts-expect-error a message is needed
export const error = new EngineError("UNKNOWN");
