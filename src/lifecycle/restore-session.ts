import type { DriverMessage } from "../engine/driver-events.ts";
import type { SessionSnapshot } from "../engine/driver-requests.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { MessageState } from "./message-state.ts";
import { putMessage } from "./reduce-message.ts";
import { reduceSession } from "./reduce-session.ts";
import { restoreMessages } from "./restore-messages.ts";
import { setActivity } from "./session-changes.ts";
import { type SessionState, withTold } from "./session-state.ts";
import { outcomeAfterReading } from "./turn-outcome.ts";
import { beginTurn, endAnsweredBefore, restAsTold, settleTurns } from "./turns.ts";
import { loseSync } from "./unfinished-parts.ts";

/**
 * Brings a session to what was read of it, after a gap or when it is met for the first time, and returns what
 * changed. `final`: the engine's records have the last word, and a turn that they do not explain is lost.
 */
export function restoreSession(
  state: SessionState,
  snapshot: SessionSnapshot,
  final: boolean,
): readonly EngineEvent[] {
  const out: EngineEvent[] = [];
  const { session, running, permissions, questions, retry } = snapshot;
  const history = snapshot.messages && restoreMessages(snapshot.messages);
  const messages = history && withTurns(snapshot.messages ?? [], history);
  const wasFollowed = state.openTurns.size > 0 || state.messages.size > 0;
  // Meeting a session is no event of the engine: nothing happened to it.
  const isMet = !state.known;
  if (isMet) state.session = withTold(state.session, session);
  state.known = true;
  out.push(...reduceSession(state, { type: "session_updated", session }));

  state.engineRunning = running;
  state.resting = snapshot.resting;
  state.newestMessageId = messages?.at(-1)?.id ?? state.newestMessageId;
  for (const message of ofInterest(state, messages ?? [], running)) {
    // It began, and perhaps ended as well, while nobody listened.
    if (message.role !== "user" && state.expectedTurns.has(message.turnId ?? ""))
      beginTurn(state, message.turnId ?? "", out);
    putMessage(state, message, "snapshot", out);
  }
  // Engines go on listing the requests of aborted turns: of an idle session there are none.
  takeRequests(state, running ? permissions : [], running ? questions : [], out);
  if (running) {
    const answering = messages?.findLast(({ role }) => role !== "user")?.turnId;
    if (answering !== undefined && state.openTurns.has(answering)) endAnsweredBefore(state, answering, out);
    const { activity = "thinking" } = state.session;
    const now = activity.startsWith("awaiting") ? "tool" : activity;
    setActivity(state, retry ? "retrying" : now, out, { retry, isVerified: snapshot.verified !== false });
  } else {
    settleTurns(state, out, (evidence) => outcomeAfterReading(evidence, final));
    const isTold = snapshot.resting !== undefined || history === undefined;
    if (!wasFollowed && !isTold) restAsTold(state, history, isMet ? [] : out);
  }
  return out;
}

/** What waits for a person now: what is new is asked, and what is gone was answered or dropped. */
function takeRequests(
  state: SessionState,
  permissions: SessionSnapshot["permissions"],
  questions: SessionSnapshot["questions"],
  out: EngineEvent[],
): void {
  for (const request of permissions)
    out.push(...reduceSession(state, { type: "permission_requested", request }));
  const open = new Set(permissions.map(({ permissionId }) => permissionId));
  for (const { permissionId, sessionId } of [...state.permissions.values()]) {
    if (open.has(permissionId)) continue;
    const resolved = { type: "permission_resolved", permissionId, sessionId, decision: "dropped" } as const;
    out.push(...reduceSession(state, resolved));
  }
  if (questions === undefined) return;
  for (const request of questions) out.push(...reduceSession(state, { type: "question_asked", request }));
  const asked = new Set(questions.map(({ questionId }) => questionId));
  for (const { questionId, sessionId } of [...state.questions.values()]) {
    if (asked.has(questionId)) continue;
    out.push(...reduceSession(state, { type: "question_resolved", questionId, sessionId }));
  }
}

/** The same messages, each with the turn that it belongs to. */
function withTurns(
  messages: readonly DriverMessage[],
  restored: readonly MessageState[],
): readonly DriverMessage[] {
  const turnIds = new Map(restored.map(({ info: { id, turnId } }) => [id, turnId]));
  return messages.map(({ continues: _, ...message }) => ({ ...message, turnId: turnIds.get(message.id) }));
}

/** Messages of the turns that are open or expected, and of the one that runs: what is over is history and is read when asked for. */
function ofInterest(
  state: SessionState,
  messages: readonly DriverMessage[],
  running: boolean,
): readonly DriverMessage[] {
  const newest = running ? messages.at(-1)?.turnId : undefined;
  return messages.filter(
    ({ turnId }) =>
      turnId !== undefined &&
      (turnId === newest || state.openTurns.has(turnId) || state.expectedTurns.has(turnId)),
  );
}

/** The connection dropped: text that is being written may have a hole in it from now on. */
export function loseTouch(state: SessionState): void {
  for (const message of state.messages.values()) loseSync(message);
}
