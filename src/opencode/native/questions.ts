import { EngineError } from "../../engine/errors.ts";
import type { QuestionRequest } from "../../engine/permission.ts";
import type { Http } from "../../http.ts";
import { decodeQuestion } from "./decode.ts";
import { lacksRoute } from "./errors.ts";
import { questionsSchema } from "./schema.ts";

/** What the model asks people. The engine keeps it by directory. */
export class NativeQuestions {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
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
