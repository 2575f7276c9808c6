import type { EngineConnection } from "../../engine/driver.ts";
import type { QuestionReply } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import { insist } from "../insist.ts";

/** Answers what the model asked, or says that nobody will. `undefined`: the engine can't be answered. */
export function replyQuestion(
  connection: EngineConnection,
  reply: QuestionReply,
  signal: AbortSignal,
): Promise<void> | undefined {
  if (connection.replyQuestion === undefined) return undefined;
  return insist(signal, async (attempt) => {
    try {
      await connection.replyQuestion?.({ ...reply, signal });
    } catch (error) {
      // It no longer waits: an attempt before this one was taken, and only its confirmation was lost.
      if (attempt === 0 || !EngineError.is(error, "QUESTION_NOT_FOUND")) throw error;
    }
  });
}
