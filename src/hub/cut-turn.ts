import { EngineError, type EngineErrorOptions } from "../engine/errors.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import { messagesOfTurn } from "../lifecycle/turns.ts";
import { promptAborted, promptFailed } from "./prompt-error.ts";
import type { SessionStore } from "./session-store.ts";
import { emptyResult, resultOf } from "./turn-result.ts";

/** A turn that is cut short from outside. */
export interface CutTurn {
  readonly sessionId: string;
  /** Absent: it has no name yet. */
  readonly turnId: string | undefined;
}

/** What the mirror has of the turn up to now. `undefined`: nothing. */
export function seenOf(
  store: SessionStore,
  engineId: string,
  { sessionId, turnId }: CutTurn,
): PromptResult | undefined {
  const state = store.get(sessionId);
  if (turnId === undefined || state === undefined) return undefined;
  const messages = messagesOfTurn(state, turnId).map((message) => ({ ...message, complete: false }));
  return resultOf({ type: "turn_ended", sessionId, turnId, status: "aborted", messages }, engineId);
}

/** The engine is gone for good, and a turn with it: out of reach for too long, or its process is known to be dead. */
const DIED_WITH: ReadonlySet<string> = new Set(["ENGINE_UNAVAILABLE", "PROCESS_FAILED"]);

/** What a turn ends with when nothing will come any more. */
export function lostWith(error: Error, turnId: string | undefined, where: EngineErrorOptions): Error {
  if (turnId === undefined || !EngineError.is(error) || !DIED_WITH.has(error.code)) return error;
  const message = `The turn was lost with its engine, which did not come back: ${error.message}`;
  return new EngineError("TURN_LOST", message, { ...where, cause: error });
}

const STATUS_OF: ReadonlyMap<string, PromptResult["status"]> = new Map([
  ["PROMPT_ABORTED", "aborted"],
  ["TURN_LOST", "lost"],
]);

/** What the caller gets of it. `isAborted`: by himself. */
export function cutResult(
  { sessionId, turnId }: CutTurn,
  seen: PromptResult | undefined,
  { cause, isAborted, where }: { cause: unknown; isAborted: boolean; where: EngineErrorOptions },
): PromptResult {
  const error = (isAborted ? promptAborted : promptFailed)(cause, where);
  const status = STATUS_OF.get(error.code) ?? "error";
  return { ...(seen ?? emptyResult(sessionId, turnId, status, error)), status, error };
}
