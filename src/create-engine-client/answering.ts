import { Answers } from "../hub/requests/answers.ts";
import type { DecisionLog } from "../hub/requests/decision-log.ts";
import { replyPermission } from "../hub/requests/reply-permission.ts";
import { replyQuestion } from "../hub/requests/reply-question.ts";
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
      optional.call("permissions", signal, (connection, scope) =>
        replyPermission(connection, { permissionId, sessionId, ...answer }, scope),
      ),
    sendQuestion: ({ questionId, sessionId }, answer, signal) =>
      optional.call("questions", signal, (connection, scope) =>
        replyQuestion(connection, { questionId, sessionId, ...answer }, scope),
      ),
    listPermissions: (signal) =>
      optional.call("permissions", signal, (connection, scope) =>
        connection.listPermissions?.({ signal: scope }),
      ),
  });
}
