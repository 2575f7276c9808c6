import { Answers } from "../hub/requests/answers.ts";
import type { DecisionLog } from "../hub/requests/decision-log.ts";
import { sendAnswer } from "../hub/requests/send-answer.ts";
import type { SessionGrantsContext } from "../hub/requests/session-grants.ts";
import type { OptionalCalls } from "./optional.ts";

export interface AnsweringContext extends SessionGrantsContext {
  readonly log: DecisionLog;
  readonly optional: OptionalCalls;
  background(work: Promise<unknown>): void;
}

/** How the requests of an engine are answered. */
export function createAnswers({ optional, ...context }: AnsweringContext): Answers {
  return new Answers({
    ...context,
    sendPermission: ({ permissionId, sessionId }, answer, signal) =>
      optional.call("permissions", signal, (connection, scope) => {
        if (connection.replyPermission === undefined) return undefined;
        const reply = { permissionId, sessionId, ...answer, signal: scope };
        return sendAnswer(() => connection.replyPermission?.(reply), "PERMISSION_NOT_FOUND", scope);
      }),
    sendQuestion: ({ questionId, sessionId }, answer, signal) =>
      optional.call("questions", signal, (connection, scope) => {
        if (connection.replyQuestion === undefined) return undefined;
        const reply = { questionId, sessionId, ...answer, signal: scope };
        return sendAnswer(() => connection.replyQuestion?.(reply), "QUESTION_NOT_FOUND", scope);
      }),
    listPermissions: (signal) =>
      optional.call("permissions", signal, (connection, scope) =>
        connection.listPermissions?.({ signal: scope }),
      ),
  });
}
