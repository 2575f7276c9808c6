import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { QuestionRequest } from "../engine/permission.ts";
import { type QuestionAnswer, type QuestionRef, toAnswerList } from "../engine/question.ts";
import type { SessionStore } from "../hub/session-store.ts";
import type { RequestCallsContext } from "./permission-calls.ts";

/** What the model asks people. */
export function createQuestionCalls({
  store,
  optional,
  answers: desk,
  log,
}: RequestCallsContext): ManagedEngineClient["questions"] {
  const reply = (
    question: QuestionRef,
    answers: readonly QuestionAnswer[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const given: Exclude<QuestionRef, string> =
      typeof question === "string" ? { questionId: question } : question;
    const { questionId } = given;
    const { sessionId, questions } = known(store, questionId) ?? given;
    const chosen = answers && toAnswerList(answers, questions);
    return desk.question({ questionId, sessionId }, { answers: chosen }, { by: "person" }, signal);
  };
  return {
    list: ({ signal } = {}) =>
      optional.call("questions", signal, (connection, scope) =>
        connection.listQuestions?.({ signal: scope }),
      ),
    reply: async (question, answers, { signal } = {}) => reply(question, answers, signal),
    reject: async (question, { signal } = {}) => reply(question, undefined, signal),
    decisions: () => log.list("question"),
  };
}

/** The request as the mirror knows it. */
function known(store: SessionStore, questionId: string): QuestionRequest | undefined {
  for (const { questions } of store.active()) {
    const request = questions.get(questionId);
    if (request !== undefined) return request;
  }
  return undefined;
}
