import type { SessionStore } from "../session-store.ts";
import type { Request } from "./request-desk.ts";

/** Was it asked in this turn? Or does the engine not say in which, and no other is open? */
export function isAskedIn(
  turn: { readonly sessionId: string; readonly turnId: string },
  { messageId = "", sessionId }: Request,
  store: SessionStore,
): boolean {
  const state = store.get(turn.sessionId);
  // A subagent's, which the turn has started that is being answered: the oldest.
  if (sessionId !== turn.sessionId) return state?.openTurns.values().next().value === turn.turnId;
  const asking = state?.messages.get(messageId)?.info.turnId;
  return asking === undefined ? (state?.openTurns.size ?? 0) <= 1 : asking === turn.turnId;
}
