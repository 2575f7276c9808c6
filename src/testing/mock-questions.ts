import type { EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { QuestionRequest } from "../engine/permission.ts";

type Answers = readonly (readonly string[])[] | undefined;

/** What the mock's brain has asked and nobody has answered. */
export class MockQuestions {
  readonly #waiting = new Map<string, { request: QuestionRequest; answer: (answers: Answers) => void }>();
  readonly #emit: (event: DriverEvent) => void;
  readonly #calls: string[];

  constructor(emit: (event: DriverEvent) => void, calls: string[]) {
    this.#emit = emit;
    this.#calls = calls;
  }

  readonly ask = (request: QuestionRequest): Promise<Answers> => {
    const { promise, resolve } = Promise.withResolvers<Answers>();
    this.#waiting.set(request.questionId, { request, answer: resolve });
    this.#emit({ type: "question_asked", request });
    return promise;
  };

  of(sessionId: string): readonly QuestionRequest[] {
    return this.#list().filter((request) => request.sessionId === sessionId);
  }

  /** The turn is over: what it asked no longer waits. */
  drop(messageId: string): void {
    for (const request of this.#list()) {
      if (request.messageId === messageId) this.#waiting.delete(request.questionId);
    }
  }

  methods(): Required<Pick<EngineConnection, "listQuestions" | "replyQuestion">> {
    return {
      listQuestions: async () => this.#list(),
      replyQuestion: async ({ questionId, answers }) => {
        this.#calls.push(`${answers === undefined ? "reject" : "answer"} ${questionId}`);
        const waiting = this.#waiting.get(questionId);
        if (waiting === undefined) {
          const message = `No question ${questionId} waits for an answer.`;
          throw new EngineError("QUESTION_NOT_FOUND", message, { engine: "mock" });
        }
        this.#waiting.delete(questionId);
        this.#emit({ type: "question_resolved", questionId, sessionId: waiting.request.sessionId });
        waiting.answer(answers);
      },
    };
  }

  #list(): readonly QuestionRequest[] {
    return [...this.#waiting.values()].map(({ request }) => request);
  }
}
