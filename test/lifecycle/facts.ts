import type { DriverEvent, DriverMessage, DriverPart } from "../../src/engine/driver-events.ts";
import type { SessionSnapshot } from "../../src/engine/driver-requests.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { ToolCallStatus } from "../../src/engine/message.ts";
import { messageOf } from "../../src/lifecycle/message-state.ts";
import { reduceSession } from "../../src/lifecycle/reduce-session.ts";
import { loseTouch, restoreSession } from "../../src/lifecycle/restore-session.ts";
import { createSessionState } from "../../src/lifecycle/session-state.ts";

const sessionId = "ses_1";

export const session = { id: sessionId, title: "A session", createdAt: 1, updatedAt: 1 };

export const created: DriverEvent = { type: "session_created", session };
export const busy: DriverEvent = { type: "session_status", sessionId, running: true };
export const idle: DriverEvent = { type: "session_status", sessionId, running: false };
export const started = (turnId: string): DriverEvent => ({ type: "turn_started", sessionId, turnId });

export const retrying = (attempt: number): DriverEvent => ({
  type: "session_status",
  sessionId,
  running: true,
  retry: { attempt, message: "slow down", nextAt: 1_000 * attempt },
});

export const complains = (code: string): DriverEvent => ({
  type: "session_error",
  sessionId,
  error: { code, message: `It said ${code}.` },
});

/** The n-th message of the session: ids and times are made of it. */
export const user = (turnId: string, n: number): DriverMessage => ({
  id: turnId,
  sessionId,
  role: "user",
  createdAt: n,
  turnId,
});

/** An assistant's message that answers `turnId`. */
export const answer = (id: string, turnId: string, n: number, more: Partial<DriverMessage> = {}) => ({
  id,
  sessionId,
  role: "assistant" as const,
  createdAt: n,
  turnId,
  ...more,
});

/** How a message looks when it is done; without a reason it is one that was stopped. */
export const done = (stopReason?: string): Partial<DriverMessage> => ({
  completedAt: 1_000,
  ...(stopReason === undefined ? {} : { stopReason }),
});

export const failed = (code: string): Partial<DriverMessage> => ({
  completedAt: 1_000,
  error: { code, message: `It said ${code}.` },
});

export const told = (message: DriverMessage): DriverEvent => ({ type: "message_updated", message });

export const text = (id: string, value: string, complete: boolean): DriverPart => ({
  part: { type: "text", id, text: value },
  complete,
});

export const tool = (id: string, status: ToolCallStatus, more: object = {}): DriverPart => ({
  part: { type: "tool", id: `part of ${id}`, toolCall: { id, name: "bash", input: {}, status, ...more } },
  complete: true,
});

export const part = (messageId: string, driverPart: DriverPart): DriverEvent => ({
  type: "part_updated",
  sessionId,
  messageId,
  ...driverPart,
});

export const delta = (
  messageId: string,
  partId: string,
  value: string,
  offset?: number,
  kind?: "text" | "reasoning",
): DriverEvent => ({
  type: "part_delta",
  sessionId,
  messageId,
  partId,
  delta: value,
  ...(offset === undefined ? {} : { offset }),
  ...(kind === undefined ? {} : { kind }),
});

export const step = (messageId: string): DriverEvent => ({ type: "step_started", sessionId, messageId });

const request = (permissionId: string) => ({
  permissionId,
  sessionId,
  description: "Run `ls`",
  tool: "bash",
  createdAt: 1,
});
export const asks = (permissionId: string): DriverEvent => ({
  type: "permission_requested",
  request: request(permissionId),
});
export const questions = (questionId: string): DriverEvent => ({
  type: "question_asked",
  request: { questionId, sessionId, questions: [], createdAt: 1 },
});

export const snapshot = (
  running: boolean,
  messages: readonly DriverMessage[] = [],
  permissionIds: readonly string[] = [],
): SessionSnapshot => ({ session, running, messages, permissions: permissionIds.map(request) });

/** One session that is told facts, and what it made of them. */
export function listener() {
  const state = createSessionState("test", sessionId);
  const events: EngineEvent[] = [];
  return {
    state,
    events,
    tell: (...facts: readonly DriverEvent[]) => {
      for (const fact of facts) events.push(...reduceSession(state, fact));
    },
    read: (read: SessionSnapshot, final = false) => {
      events.push(...restoreSession(state, read, final));
    },
    loseTouch: () => loseTouch(state),
    message: (id: string) => {
      const message = state.messages.get(id);
      return message && messageOf(message);
    },
    /** How the turns ended, in that order. */
    ends: () =>
      events.flatMap((event) => (event.type === "turn_ended" ? [`${event.turnId} ${event.status}`] : [])),
    count: (type: EngineEvent["type"]) => events.filter((event) => event.type === type).length,
    /** What the session showed of itself, one word per change. */
    course: () =>
      events.flatMap((event) =>
        event.type === "session_updated" ? [event.session.activity ?? event.session.status] : [],
      ),
    deltas: () => events.flatMap((event) => (event.type === "message_delta" ? [event.delta] : [])),
  };
}
