import type { EngineEvent } from "../engine/events.ts";
import type { RetryNotice, Session, SessionActivity } from "../engine/session.ts";
import { type SessionSignal, sessionMachine } from "./session-machine.ts";
import { type SessionState, sameFields } from "./session-state.ts";

/** Puts another session in its place, and says so if it differs. */
export function changeSession(state: SessionState, session: Session, out: EngineEvent[]): void {
  const { status } = state.session;
  if (sameFields(state.session, session)) return;
  if (session.status === "running" && status !== "running") state.restedAs = status;
  state.session = session;
  if (state.known) out.push({ type: "session_updated", session });
}

/** Moves the session's machine. A signal that the state does not take is stale, and changes nothing. */
export function signalSession(state: SessionState, signal: SessionSignal, out: EngineEvent[]): void {
  const { status } = state.session;
  const result = sessionMachine.tryTransition(status, signal);
  if (result.ok && result.state !== status)
    changeSession(state, withStatus(state.session, result.state), out);
}

/** Sets the status that the engine's own records tell, whatever it was. */
export function restoreStatus(state: SessionState, status: Session["status"], out: EngineEvent[]): void {
  if (status !== state.session.status) changeSession(state, withStatus(state.session, status), out);
}

export interface ActivityDetails {
  readonly retry?: RetryNotice | undefined;
  /** The engine says itself that it runs. Default: as it was. */
  readonly isVerified?: boolean | undefined;
}

/** What the running engine is doing; while it waits for a person, that comes first. */
export function setActivity(
  state: SessionState,
  activity: SessionActivity,
  out: EngineEvent[],
  { retry, isVerified = state.session.verified !== false }: ActivityDetails = {},
): void {
  if (!state.engineRunning) return;
  const shown =
    state.permissions.size > 0
      ? "awaiting_permission"
      : state.questions.size > 0
        ? "awaiting_answer"
        : activity;
  const { session } = state;
  const notice = shown === "retrying" ? retry : undefined;
  const isSame = session.status === "running" && session.activity === shown && notice === undefined;
  if (isSame && isVerified === (session.verified !== false)) return;
  const { state: status } = sessionMachine.tryTransition(session.status, "prompt_started");
  const { retry: _retry, verified: _verified, ...rest } = session;
  const details = {
    ...(notice ? { retry: notice } : {}),
    ...(isVerified ? {} : { verified: false as const }),
  };
  changeSession(state, { ...rest, status, activity: shown, ...details }, out);
}

/** Nobody can answer these any more: the turn that asked is over. */
export function dropRequests(state: SessionState, out: EngineEvent[]): void {
  const sessionId = state.session.id;
  for (const permissionId of state.permissions.keys()) {
    out.push({ type: "permission_resolved", permissionId, sessionId, decision: "dropped" });
  }
  for (const questionId of state.questions.keys())
    out.push({ type: "question_resolved", questionId, sessionId });
  state.permissions.clear();
  state.questions.clear();
}

function withStatus(session: Session, status: Session["status"]): Session {
  if (status === "running") return { ...session, status };
  const { activity: _activity, retry: _retry, verified: _verified, ...rest } = session;
  return { ...rest, status };
}
