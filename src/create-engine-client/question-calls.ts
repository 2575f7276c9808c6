import { EngineError } from "../engine/errors.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { QuestionRequest } from "../engine/permission.ts";
import type { QuestionAnswer, QuestionRef } from "../engine/question.ts";
import { replyQuestion } from "../hub/reply-question.ts";
import type { SessionStore } from "../hub/session-store.ts";
import type { OptionalCalls } from "./optional.ts";

/** What the model asks people. */
export function createQuestionCalls(
  store: SessionStore,
  optional: OptionalCalls,
): ManagedEngineClient["questions"] {
  const reply = (
    question: QuestionRef,
    answers: readonly QuestionAnswer[] | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    const given: Exclude<QuestionRef, string> =
      typeof question === "string" ? { questionId: question } : question;
    const { questionId } = given;
    const { sessionId, questions } = known(store, questionId) ?? given;
    const chosen = answers && readAnswers(answers, questions);
    return optional.call("questions", signal, (connection, scope) =>
      replyQuestion(connection, { questionId, sessionId, answers: chosen }, scope),
    );
  };
  return {
    list: ({ signal } = {}) =>
      optional.call("questions", signal, (connection, scope) =>
        connection.listQuestions?.({ signal: scope }),
      ),
    reply: async (question, answers, { signal } = {}) => reply(question, answers, signal),
    reject: async (question, { signal } = {}) => reply(question, undefined, signal),
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

/** @throws EngineError `INVALID_REQUEST` for answers that do not fit: the engine would take them, and mix them up */
function readAnswers(
  answers: readonly QuestionAnswer[],
  questions: QuestionRequest["questions"] | undefined,
): readonly (readonly string[])[] {
  const list: unknown = answers;
  if (!Array.isArray(list)) {
    throw new EngineError("INVALID_REQUEST", "Answers are a list: one answer for each question.");
  }
  const read = answers.map((answer) => (typeof answer === "string" ? [answer] : answer));
  if (questions === undefined) return read;
  if (read.length !== questions.length) {
    const message = `There are ${questions.length} questions and ${read.length} answers; give one answer for each, in their order.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  for (const [index, { question, multiple = false }] of questions.entries()) {
    if (multiple || (read[index]?.length ?? 0) <= 1) continue;
    const message = `The question ${JSON.stringify(question)} takes one answer, not several.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  return read;
}
