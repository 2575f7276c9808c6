import type { QuestionReply } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import type { QuestionRequest } from "../../engine/permission.ts";
import type { Http } from "../../http.ts";
import { decodeQuestion } from "./decode.ts";
import { lacksRoute } from "./errors.ts";
import { questionsSchema } from "./schema.ts";
import type { NativeSessions } from "./sessions.ts";

/** What the model asks people. The engine keeps it by directory: with the wrong one a list is empty and a reply is 404. */
export class NativeQuestions {
  readonly #http: Http;
  readonly #sessions: NativeSessions;

  constructor(http: Http, sessions: NativeSessions) {
    this.#http = http;
    this.#sessions = sessions;
  }

  /** `undefined`: this release can't list them. */
  async list(
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<readonly QuestionRequest[] | undefined> {
    const now = Date.now();
    try {
      const lists = await Promise.all(directories.map((directory) => this.#pending(directory, signal)));
      return lists.flat().map((question) => decodeQuestion(question, now));
    } catch (error) {
      if (lacksRoute(error)) return undefined;
      throw error;
    }
  }

  async reply({ questionId, sessionId, answers, signal }: QuestionReply): Promise<void> {
    // It would be refused as malformed.
    if (!questionId.startsWith("que")) throw notFound(questionId);
    const directory =
      sessionId === undefined
        ? await this.#directoryOf(questionId, signal)
        : await this.#sessions.directoryOf(sessionId, signal);
    const path = `/question/${encodeURIComponent(questionId)}/${answers === undefined ? "reject" : "reply"}`;
    const body = answers && { answers };
    try {
      await this.#http.send("POST", path, { query: { directory }, body, signal });
    } catch (error) {
      throw EngineError.is(error, "QUESTION_NOT_FOUND") ? notFound(questionId) : error;
    }
  }

  async #directoryOf(questionId: string, signal: AbortSignal | undefined): Promise<string | undefined> {
    for (const directory of this.#sessions.directories()) {
      const pending = await this.#pending(directory, signal);
      if (pending.some(({ id }) => id === questionId)) return directory;
    }
    throw notFound(questionId);
  }

  async #pending(directory: string | undefined, signal: AbortSignal | undefined) {
    try {
      const query = { directory };
      return (await this.#http.json("GET", "/question", questionsSchema, { query, signal })).value;
    } catch (error) {
      // A directory whose configuration is broken has none; `/session/status` tells of it.
      if (EngineError.is(error, "CONFIG_INVALID")) return [];
      throw error;
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
