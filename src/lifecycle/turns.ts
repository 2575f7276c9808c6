import type { RestingStatus } from "../engine/driver-events.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { Message } from "../engine/message.ts";
import { type MessageState, messageOf } from "./message-state.ts";
import { dropRequests, restoreStatus, signalSession } from "./session-changes.ts";
import type { SessionSignal } from "./session-machine.ts";
import type { SessionState } from "./session-state.ts";
import { outcomeOf, type TurnOutcome } from "./turn-outcome.ts";
import { cancelTools, hasHole } from "./unfinished-parts.ts";

const SIGNAL_OF = {
  completed: "prompt_completed",
  superseded: "prompt_superseded",
  rejected: "prompt_rejected",
  aborted: "prompt_aborted",
  error: "prompt_failed",
  lost: "prompt_lost",
} as const satisfies Record<TurnOutcome["status"], SessionSignal>;

/** What a session is at rest, by how its newest turn ended. */
export const RESTS_AS = {
  completed: "completed",
  superseded: "completed",
  rejected: "idle",
  aborted: "idle",
  error: "error",
  lost: "error",
} as const satisfies Record<TurnOutcome["status"], RestingStatus>;

/** A prompt opened a turn. What the working set holds of turns that are over goes. */
export function beginTurn(state: SessionState, turnId: string, out: EngineEvent[]): void {
  if (state.openTurns.has(turnId)) return;
  state.openTurns.add(turnId);
  state.expectedTurns.delete(turnId);
  // An engine may have failed at the prompt before it is known to have taken it.
  if (state.complainedAfter !== turnId) state.lastError = undefined;
  state.resting = undefined;
  state.forgotten.clear();
  state.toldDiffs.clear();
  state.answered.clear();
  for (const [id, { info }] of state.messages) {
    // What was said after this prompt waits behind it; it is not over.
    if (info.turnId === turnId) break;
    if (info.turnId === undefined || state.openTurns.has(info.turnId)) continue;
    state.messages.delete(id);
    state.forgottenUntil = Math.max(state.forgottenUntil, info.createdAt);
    state.forgotten.add(id);
  }
  signalSession(state, "prompt_started", out);
}

/** The engine answers another turn: those before it that have their last word are over, although it is not idle. */
export function endAnsweredBefore(state: SessionState, turnId: string, out: EngineEvent[]): void {
  for (const earlier of state.openTurns) {
    if (earlier === turnId) break;
    const outcome = outcomeOf(evidenceOf(state, earlier, turnId));
    if (outcome !== undefined) endTurn(state, earlier, outcome, out);
  }
}

/** If the engine is idle: ends every open turn whose outcome can be told. The others wait for their last word. */
export function settleTurns(
  state: SessionState,
  out: EngineEvent[],
  judge: typeof outcomeOf = outcomeOf,
): void {
  if (state.engineRunning) return;
  // From here on nobody waits for an answer, whether or not the engine still lists the requests.
  dropRequests(state, out);
  const turns = [...state.openTurns];
  const answered = turns.filter((turnId) => messagesOfTurn(state, turnId).length > 0);
  for (const [index, turnId] of turns.entries()) {
    const answeredLater = answered.find((other) => turns.indexOf(other) > index);
    const evidence = evidenceOf(state, turnId, answeredLater);
    // The complaint is about the turn that has messages, if there is one; the others wait for a reading.
    const isBlamed = answered.length === 0 || answered.includes(turnId);
    const outcome = judge(isBlamed ? evidence : { ...evidence, lastError: undefined });
    if (outcome !== undefined) endTurn(state, turnId, outcome, out);
  }
  if (state.openTurns.size > 0) return;
  if (state.resting !== undefined) restoreStatus(state, state.resting, out);
  // It was busy with something that is no turn: nothing was asked, so nothing became of it.
  else if (state.session.status === "running") restoreStatus(state, state.restedAs, out);
}

export function endTurn(state: SessionState, turnId: string, outcome: TurnOutcome, out: EngineEvent[]): void {
  // While a later turn is open the session goes on with that one, however this one ended.
  const isNewest = [...state.openTurns].at(-1) === turnId;
  if (!state.openTurns.delete(turnId)) return;
  if (outcome.status !== "superseded") cancelToolsOf(state, turnId, out);
  const seen = messagesOfTurn(state, turnId);
  const messages =
    outcome.status === "lost" ? seen.map((message) => ({ ...message, complete: false })) : seen;
  const { status, error, supersededBy } = outcome;
  if (isNewest) signalSession(state, SIGNAL_OF[status], out);
  out.push({
    type: "turn_ended",
    sessionId: state.session.id,
    turnId,
    status,
    ...(error ? { error } : {}),
    ...(supersededBy === undefined ? {} : { supersededBy }),
    messages,
  });
}

/** The engine says that it is idle, and a turn still has no last word: somebody must read again. */
export function awaitsLastWord(state: SessionState): boolean {
  return !state.engineRunning && state.openTurns.size > 0;
}

/**
 * How a session rests whose turns nobody followed: it follows from the newest message, if that is an answer. Without a
 * word on how that ended it may go on elsewhere, and nothing can be said.
 */
export function restAsTold(state: SessionState, messages: readonly MessageState[], out: EngineEvent[]): void {
  const last = messages.at(-1);
  if (last === undefined || last.info.role === "user") return;
  const { turnId } = last.info;
  const turn = messages.filter(({ info }) => info.role !== "user" && info.turnId === turnId).map(messageOf);
  const isNoteOfTurn = isNote(messages.find(({ info }) => info.id === turnId));
  const outcome = outcomeOf({
    messages: turn,
    lastError: undefined,
    answeredLater: undefined,
    isNote: isNoteOfTurn,
  });
  if (outcome !== undefined) restoreStatus(state, RESTS_AS[outcome.status], out);
}

export function messagesOfTurn(state: SessionState, turnId: string): readonly Message[] {
  const messages: Message[] = [];
  for (const message of state.messages.values()) {
    if (message.info.role !== "user" && message.info.turnId === turnId) messages.push(messageOf(message));
  }
  return messages;
}

function cancelToolsOf(state: SessionState, turnId: string, out: EngineEvent[]): void {
  const sessionId = state.session.id;
  for (const [messageId, message] of state.messages) {
    if (message.info.turnId !== turnId) continue;
    for (const toolCall of cancelTools(message)) {
      out.push({ type: "tool_call_updated", sessionId, messageId, toolCall });
    }
  }
}

function evidenceOf(state: SessionState, turnId: string, answeredLater: string | undefined) {
  const { lastError, resting } = state;
  const messages = messagesOfTurn(state, turnId);
  const isNoted = isNote(state.messages.get(turnId));
  return {
    messages,
    lastError,
    answeredLater,
    resting,
    isNote: isNoted,
    hasHole: turnHasHole(state, turnId),
  };
}

function turnHasHole(state: SessionState, turnId: string): boolean {
  return [...state.messages.values()].some(
    (message) => message.info.role !== "user" && message.info.turnId === turnId && hasHole(message),
  );
}

/** Nothing in it is a person's. */
function isNote(prompt: MessageState | undefined): boolean {
  const parts = [...(prompt?.parts.values() ?? [])];
  return parts.length > 0 && parts.every(({ part }) => part.type === "text" && part.synthetic);
}
