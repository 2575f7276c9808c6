import { EngineError } from "./errors.ts";
import type { QuestionRequest } from "./permission.ts";

/** A request's id, or the request or event itself. */
export type QuestionRef =
  | string
  | {
      readonly questionId: string;
      readonly sessionId?: string | undefined;
      readonly questions?: QuestionRequest["questions"] | undefined;
    };

/** The answer to one question: what is chosen (an option's label), or the person's own words; several where allowed. */
export type QuestionAnswer = string | readonly string[];

/** @throws EngineError `INVALID_REQUEST` for answers that do not fit: the engine would take them, and mix them up */
export function toAnswerList(
  answers: readonly QuestionAnswer[],
  questions: QuestionRequest["questions"] | undefined,
): readonly (readonly string[])[] {
  const list: unknown = answers;
  if (!Array.isArray(list) || !list.every(isAnswer)) {
    const message = "Answers are a list: for each question a string, or a list of strings.";
    throw new EngineError("INVALID_REQUEST", message);
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

function isAnswer(value: unknown): value is QuestionAnswer {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
  return texts.every((text) => typeof text === "string");
}
