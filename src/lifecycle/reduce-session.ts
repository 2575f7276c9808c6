import type { DriverEvent } from "../engine/driver-events.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { FileDiff } from "../engine/message.ts";
import { reduceMessage } from "./reduce-message.ts";
import { changeSession, dropRequests, setActivity } from "./session-changes.ts";
import { type SessionState, sameFields, withTold } from "./session-state.ts";
import { beginTurn, endTurn, settleTurns } from "./turns.ts";

/**
 * The one fold: takes what the engine told of a session into its state, in place, and returns what changed.
 * Deterministic and total: any event in any state is taken, and one that tells nothing new changes nothing.
 * The registry and prompt streams run on it.
 */
export function reduceSession(state: SessionState, event: DriverEvent): readonly EngineEvent[] {
  const out: EngineEvent[] = [];
  switch (event.type) {
    case "session_created":
    case "session_updated": {
      const isNew = !state.known;
      state.known = true;
      if (isNew && event.type === "session_created") {
        state.session = withTold(state.session, event.session);
        out.push({ type: "session_created", session: state.session });
      } else {
        changeSession(state, withTold(state.session, event.session), out);
      }
      break;
    }
    case "session_deleted":
      dropRequests(state, out);
      for (const turnId of state.openTurns) {
        const message = "The session was deleted while this turn ran.";
        const error = { code: "SESSION_NOT_FOUND", message, sessionId: state.session.id };
        endTurn(state, turnId, { status: "error", error }, out);
      }
      out.push({ type: "session_deleted", sessionId: state.session.id });
      break;
    case "session_status":
      state.engineRunning = event.running;
      state.resting = event.resting;
      if (event.running) {
        const activity = event.retry ? "retrying" : (event.activity ?? "thinking");
        setActivity(state, activity, out, { retry: event.retry, isVerified: event.verified !== false });
      } else settleTurns(state, out);
      break;
    case "session_error":
      state.lastError = event.error;
      state.complainedAfter = state.newestMessageId;
      break;
    case "turn_started":
      beginTurn(state, event.turnId, out);
      break;
    case "turn_ended":
      endTurn(state, event.turnId, event, out);
      break;
    case "permission_requested": {
      const { request } = event;
      if (state.permissions.has(request.permissionId) || state.answered.has(request.permissionId)) break;
      state.permissions.set(request.permissionId, request);
      out.push({ type: "permission_requested", ...request });
      setActivity(state, "awaiting_permission", out);
      break;
    }
    case "permission_resolved":
      state.answered.add(event.permissionId);
      if (!state.permissions.delete(event.permissionId)) break;
      out.push(event);
      setActivity(state, "tool", out);
      break;
    case "question_asked": {
      const { request } = event;
      if (state.questions.has(request.questionId) || state.answered.has(request.questionId)) break;
      state.questions.set(request.questionId, request);
      out.push({ type: "question_asked", ...request });
      setActivity(state, "awaiting_answer", out);
      break;
    }
    case "question_resolved":
      state.answered.add(event.questionId);
      if (!state.questions.delete(event.questionId)) break;
      out.push(event);
      setActivity(state, "tool", out);
      break;
    case "file_diff": {
      // Engines tell a turn's diff again and again while it stands.
      const told = state.toldDiffs.get(event.messageId);
      if (told !== undefined && sameDiff(told, event.diff)) break;
      state.toldDiffs.set(event.messageId, event.diff);
      out.push(event);
      break;
    }
    case "todo_updated":
    case "unknown":
      out.push(event);
      break;
    case "gap":
    case "listening":
      // Of the wire, not of a session: who reads it reads again.
      break;
    default:
      reduceMessage(state, event, out);
  }
  return out;
}

function sameDiff(a: readonly FileDiff[], b: readonly FileDiff[]): boolean {
  return a.length === b.length && a.every((file, index) => sameFields(file, b[index] ?? {}));
}
