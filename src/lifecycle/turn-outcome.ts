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
  /** The prompt is the engine's note of what a person did without the model: ran a command, say. */
  readonly isNote?: boolean | undefined;
  /** A gap has swallowed text of which the whole has not been told since: it has to be read before the turn ends. */
  readonly hasHole?: boolean | undefined;
}

/**
 * How a turn ended, seen from an idle engine. Engines do not say it in one field; it follows from the turn's last
 * message. `undefined`: can't be told yet (an engine may say "idle" before its last word on the message).
 */
export function outcomeOf(evidence: TurnEvidence): TurnOutcome | undefined {
  const { lastError, answeredLater, resting } = evidence;
  if (evidence.hasHole) return undefined;
  const last = lastOf(evidence);
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
  // No model was asked, so none says why it stopped.
  if (stopReason !== undefined || evidence.isNote) return { status: "completed" };
  // Complete, but neither an answer nor an error: the complaint is its end, or it was stopped while it waited to try
  // again.
  return lastError ? failedWith(lastError) : { status: "aborted" };
}

/** The message that tells how a turn ended. A summary that was made on the way does not, unless it failed. */
function lastOf({ messages }: TurnEvidence): Message | undefined {
  return messages.findLast(({ summary, error }) => !summary || error !== undefined) ?? messages.at(-1);
}

/**
 * How a turn ended whose records were read again while the engine is idle: a complaint that came with it counts as
 * its end. `final`: it was read often enough, and a turn that is still unexplained died with its engine.
 */
export function outcomeAfterReading(evidence: TurnEvidence, final: boolean): TurnOutcome | undefined {
  // At the last reading the engine has no more to tell of it.
  const outcome = outcomeOf(final ? { ...evidence, hasHole: false } : evidence);
  if (outcome !== undefined) return outcome;
  const { messages, lastError, answeredLater, resting } = evidence;
  // An engine complains, and is idle, before its last word on the message: that is worth another look.
  if (lastError !== undefined && (final || messages.length === 0)) return failedWith(lastError);
  if (!final) return undefined;
  if (answeredLater === undefined && resting !== undefined) return outcomeToldBy(resting, evidence);
  const message =
    "The engine is idle, but it never said how this turn ended; it may have been restarted. Send the prompt again.";
  return { status: "lost", error: { code: "TURN_LOST", message } };
}

/** By an engine that says how its sessions rest: idle is what a session becomes whose turn somebody ended. */
function outcomeToldBy(resting: RestingStatus, evidence: TurnEvidence): TurnOutcome {
  const { lastError } = evidence;
  if (resting === "completed") return { status: "completed" };
  if (resting === "error") return lastError ? failedWith(lastError) : { status: "error" };
  return { status: hasFailedTool(lastOf(evidence)) ? "rejected" : "aborted" };
}

function hasFailedTool(message: Message | undefined): boolean {
  return message?.toolCalls?.some((call) => call.status === "error") === true;
}

function failedWith(error: EngineErrorInfo): TurnOutcome {
  return { status: error.code === "PROMPT_ABORTED" ? "aborted" : "error", error };
}
