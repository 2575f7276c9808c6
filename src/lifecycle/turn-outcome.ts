import type { RestingStatus } from "../engine/driver-events.ts";
import type { EngineErrorInfo } from "../engine/errors.ts";
import type { TurnStatus } from "../engine/events.ts";
import type { Message } from "../engine/message.ts";

export interface TurnOutcome {
  readonly status: TurnStatus;
  readonly error?: EngineErrorInfo | undefined;
  readonly supersededBy?: string | undefined;
}

export interface TurnEvidence {
  /** The assistant's messages of the turn, oldest first. */
  readonly messages: readonly Message[];
  /** What the engine complained of since the turn began. */
  readonly lastError: EngineErrorInfo | undefined;
  /** A later turn of the session that the engine answered. */
  readonly answeredLater: string | undefined;
  /** How the session rests after its newest turn, by the engine's own account, if it gives one. */
  readonly resting?: RestingStatus | undefined;
}

/**
 * How a turn ended, seen from an idle engine. Engines do not say it in one field; it follows from the turn's last
 * message. `undefined`: can't be told yet (an engine may say "idle" before its last word on the message).
 */
export function outcomeOf(evidence: TurnEvidence): TurnOutcome | undefined {
  const { messages, lastError, answeredLater, resting } = evidence;
  const last = messages.at(-1);
  if (last === undefined) {
    if (answeredLater !== undefined) return { status: "superseded", supersededBy: answeredLater };
    return lastError && failedWith(lastError);
  }
  if (last.error !== undefined) return failedWith(last.error);
  if (last.completedAt === undefined) return undefined;
  const { stopReason } = last;
  if (stopReason !== undefined && stopReason !== "tool_calls") return { status: "completed" };
  if (answeredLater === undefined && resting !== undefined) return outcomeToldBy(resting, evidence);
  // The model wanted to go on after its tools, and nobody asked it: a denial ended the turn, or another prompt did.
  if (stopReason !== undefined && hasFailedTool(last)) return { status: "rejected" };
  if (answeredLater !== undefined) return { status: "superseded", supersededBy: answeredLater };
  // Complete, but neither an answer nor an error: stopped while it waited to try again.
  return { status: stopReason === undefined ? "aborted" : "completed" };
}

/**
 * How a turn ended whose records were read again while the engine is idle: a complaint that came with it counts as
 * its end. `final`: it was read often enough, and a turn that is still unexplained died with its engine.
 */
export function outcomeAfterReading(evidence: TurnEvidence, final: boolean): TurnOutcome | undefined {
  const outcome = outcomeOf(evidence);
  if (outcome !== undefined) return outcome;
  const { lastError, answeredLater, resting } = evidence;
  if (lastError !== undefined) return failedWith(lastError);
  if (!final) return undefined;
  if (answeredLater === undefined && resting !== undefined) return outcomeToldBy(resting, evidence);
  const message =
    "The engine is idle, but it never said how this turn ended; it may have been restarted. Send the prompt again.";
  return { status: "lost", error: { code: "TURN_LOST", message } };
}

/** By an engine that says how its sessions rest: idle is what a session becomes whose turn somebody ended. */
function outcomeToldBy(resting: RestingStatus, { messages, lastError }: TurnEvidence): TurnOutcome {
  if (resting === "completed") return { status: "completed" };
  if (resting === "error") return lastError ? failedWith(lastError) : { status: "error" };
  return { status: hasFailedTool(messages.at(-1)) ? "rejected" : "aborted" };
}

function hasFailedTool(message: Message | undefined): boolean {
  return message?.toolCalls?.some((call) => call.status === "error") === true;
}

function failedWith(error: EngineErrorInfo): TurnOutcome {
  return { status: error.code === "PROMPT_ABORTED" ? "aborted" : "error", error };
}
