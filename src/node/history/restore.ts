import type { DriverMessage, DriverSession } from "../../engine/driver-events.ts";
import type { Session } from "../../engine/session.ts";
import { restoreMessages } from "../../lifecycle/restore-messages.ts";
import { createSessionState, withTold } from "../../lifecycle/session-state.ts";
import { restAsTold } from "../../lifecycle/turns.ts";

/** A session as a client gives it that meets it at rest: how its newest turn ended says how it rests. */
export function restoreStored(
  engineId: string,
  told: DriverSession,
  lastWord: readonly DriverMessage[],
): Session {
  const state = createSessionState(engineId, told.id);
  restAsTold(state, restoreMessages(lastWord), []);
  return withTold(state.session, told);
}
