import type { QuestionReply } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import type { QuestionRequest } from "../../engine/permission.ts";
import type { Http } from "../../http.ts";
import { decodeQuestion } from "./decode.ts";
import { lacksRoute } from "./errors.ts";
import { PendingRequests } from "./pending-requests.ts";
import { questionsSchema, type WireQuestion } from "./schema/requests.ts";
import type { NativeSessions } from "./sessions.ts";

/** What the model asks people. */
export class NativeQuestions {
  readonly #http: Http;
  readonly #pending: PendingRequests<WireQuestion>;

  constructor(http: Http, sessions: NativeSessions) {
    this.#http = http;
    this.#pending = new PendingRequests(http, sessions, "/question", questionsSchema);
  }

  /** `undefined`: the engine can't list them. */
  async list(
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<readonly QuestionRequest[] | undefined> {
    const now = Date.now();
    try {
      const waiting = await this.#pending.waiting(directories, signal);
      return waiting?.map((question) => decodeQuestion(question, now));
    } catch (error) {
      if (lacksRoute(error)) return undefined;
      throw error;
    }
  }

  async reply({ questionId, sessionId, answers, signal }: QuestionReply): Promise<void> {
    // It would be refused as malformed.
    if (!questionId.startsWith("que")) throw notFound(questionId);
    const found = await this.#pending.find(questionId, sessionId, signal);
    if (found === undefined) throw notFound(questionId);
    const path = `/question/${encodeURIComponent(questionId)}/${answers === undefined ? "reject" : "reply"}`;
    const body = answers && { answers };
    const query = { directory: found.directory };
    try {
      await this.#http.send("POST", path, { query, body, signal });
    } catch (error) {
      throw EngineError.is(error, "QUESTION_NOT_FOUND") ? notFound(questionId) : error;
    }
  }
}

function notFound(questionId: string): EngineError {
  return new EngineError(
    "QUESTION_NOT_FOUND",
    `No question ${questionId} waits for an answer: it was answered already, or its turn is over.`,
    { engine: "opencode" },
  );
}
