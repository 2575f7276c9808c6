import type { QuestionReply } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import type { QuestionRequest } from "../../engine/permission.ts";
import type { Http } from "../../http.ts";
import { decodeQuestion } from "./decode.ts";
import { lacksRoute } from "./errors.ts";
import { messageDecoder } from "./read-wire.ts";
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

  /** As `list()`, without those whose turn was stopped: the engine keeps them for ever. */
  async waiting(
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<readonly QuestionRequest[] | undefined> {
    const listed = await this.list(directories, signal);
    if (listed === undefined || listed.length === 0) return listed;
    // After the list: what asks is at work before it asks.
    const statuses = await Promise.all(directories.map((one) => this.#sessions.statuses(one, signal)));
    const running = new Map(statuses.flat());
    const unique = new Map(listed.map((request) => [request.questionId, request]));
    return [...unique.values()].filter(({ sessionId }) => running.has(sessionId));
  }

  async reply({ questionId, sessionId, answers, signal }: QuestionReply): Promise<void> {
    // It would be refused as malformed.
    if (!questionId.startsWith("que")) throw notFound(questionId);
    const directories =
      sessionId === undefined
        ? this.#sessions.directories()
        : [await this.#sessions.directoryOf(sessionId, signal)];
    const directory = await this.#findWaiting(questionId, directories, signal);
    const path = `/question/${encodeURIComponent(questionId)}/${answers === undefined ? "reject" : "reply"}`;
    const body = answers && { answers };
    try {
      await this.#http.send("POST", path, { query: directory, body, signal });
    } catch (error) {
      throw EngineError.is(error, "QUESTION_NOT_FOUND") ? notFound(questionId) : error;
    }
  }

  /** Where it waits. The engine takes replies to questions of turns that were stopped as well, and says `true`. */
  async #findWaiting(
    questionId: string,
    directories: readonly (string | undefined)[],
    signal: AbortSignal | undefined,
  ): Promise<{ readonly directory: string | undefined }> {
    for (const directory of directories) {
      const found = (await this.#pending(directory, signal)).find(({ id }) => id === questionId);
      if (found === undefined) continue;
      if (found.tool && (await this.#isOver(found.sessionID, found.tool.messageID, signal))) break;
      return { directory };
    }
    throw notFound(questionId);
  }

  /** Is the message complete, or gone? */
  async #isOver(sessionId: string, messageId: string, signal: AbortSignal | undefined): Promise<boolean> {
    try {
      const path = `${this.#sessions.path(sessionId)}/message/${encodeURIComponent(messageId)}`;
      const { value } = await this.#http.json("GET", path, messageDecoder, { signal });
      return value.info.time.completed != null;
    } catch (error) {
      if (EngineError.is(error, "SESSION_NOT_FOUND")) return true;
      throw error;
    }
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
