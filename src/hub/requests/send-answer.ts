import { EngineError, type EngineErrorCode } from "../../engine/errors.ts";
import { insist } from "../insist.ts";

/**
 * Answers a request until the engine has it: one whose answer got lost would wait for it for ever. `gone`: the code for
 * one that no longer waits.
 */
export function sendAnswer(
  send: () => Promise<void> | undefined,
  gone: EngineErrorCode,
  signal: AbortSignal,
): Promise<void> {
  return insist(signal, async (attempt) => {
    try {
      await send();
    } catch (error) {
      // An attempt before this one was taken, and only its confirmation was lost.
      if (attempt === 0 || !EngineError.is(error, gone)) throw error;
    }
  });
}
