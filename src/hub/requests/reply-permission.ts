import type { EngineConnection } from "../../engine/driver.ts";
import type { PermissionReply } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import { insist } from "../insist.ts";

/**
 * Answers a permission request: an engine whose answer got lost would wait for it for ever. `undefined`: the engine
 * can't be answered.
 */
export function replyPermission(
  connection: EngineConnection,
  reply: PermissionReply,
  signal: AbortSignal,
): Promise<void> | undefined {
  if (connection.replyPermission === undefined) return undefined;
  return insist(signal, async (attempt) => {
    try {
      await connection.replyPermission?.({ ...reply, signal });
    } catch (error) {
      // It no longer waits: an attempt before this one was taken, and only its confirmation was lost.
      if (attempt === 0 || !EngineError.is(error, "PERMISSION_NOT_FOUND")) throw error;
    }
  });
}
