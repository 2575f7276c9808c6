import { EngineError } from "../../engine/errors.ts";
import type { Decoder, Http } from "../../http.ts";
import { lacksRoute } from "./errors.ts";
import { messageDecoder } from "./read-wire.ts";
import type { NativeSessions } from "./sessions.ts";

type Directories = readonly (string | undefined)[];

/** What is alike in everything that waits for a person. */
interface WireRequest {
  readonly id: string;
  readonly sessionID: string;
  readonly tool?: { readonly messageID: string } | null | undefined;
}

/**
 * What waits for a person: permission requests, or questions. The engine keeps them by directory: with the wrong one a
 * list is empty and a reply is 404. And it keeps those of turns that were stopped, for ever: it takes a late answer to
 * one of them, says `true`, and still makes the edit that was asked for. So whether a request waits is found out here.
 */
export class PendingRequests<Wire extends WireRequest> {
  readonly #http: Http;
  readonly #sessions: NativeSessions;
  readonly #path: string;
  readonly #decoder: Decoder<readonly Wire[]>;

  constructor(http: Http, sessions: NativeSessions, path: string, decoder: Decoder<readonly Wire[]>) {
    this.#http = http;
    this.#sessions = sessions;
    this.#path = path;
    this.#decoder = decoder;
  }

  /** Those whose turn runs. `undefined`: the engine can't list them. */
  async waiting(
    directories: Directories,
    signal: AbortSignal | undefined,
  ): Promise<readonly Wire[] | undefined> {
    const told = await Promise.all(directories.map((directory) => this.#listed(directory, signal)));
    const lists = told.filter((list) => list !== undefined);
    if (lists.length < told.length) return undefined;
    const listed = [...new Map(lists.flat().map((request) => [request.id, request])).values()];
    if (listed.length === 0) return listed;
    // After the list: what asks is at work before it asks.
    const statuses = await Promise.all(directories.map((one) => this.#sessions.statuses(one, signal)));
    const running = new Map(statuses.flat());
    const asked = listed.filter(({ sessionID }) => running.has(sessionID));
    // Another turn may run there by now.
    const over = await Promise.all(asked.map((request) => this.#isOver(request, signal)));
    return asked.filter((_, index) => !over[index]);
  }

  /**
   * `undefined`: it was answered, its turn is over, or there never was such a request. Without `request` nothing more is
   * known of it than that its session is at work.
   */
  async find(
    id: string,
    sessionId: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly request?: Wire; readonly directory: string | undefined } | undefined> {
    const directories =
      sessionId === undefined
        ? this.#sessions.directories()
        : [await this.#sessions.directoryOf(sessionId, signal)];
    for (const directory of directories) {
      const listed = await this.#listed(directory, signal);
      if (listed === undefined && sessionId !== undefined)
        return (await this.#isAtRest(sessionId, directory, signal)) ? undefined : { directory };
      const request = listed?.find((one) => one.id === id);
      if (request === undefined) continue;
      // 1.1.65 leaves the message of a turn that was stopped meanwhile without an end.
      const isOver =
        (await this.#isAtRest(request.sessionID, directory, signal)) || (await this.#isOver(request, signal));
      return isOver ? undefined : { request, directory };
    }
    return undefined;
  }

  /** Is the message that asks complete, or gone? */
  async #isOver({ sessionID, tool }: WireRequest, signal: AbortSignal | undefined): Promise<boolean> {
    if (!tool) return false;
    try {
      const path = `${this.#sessions.path(sessionID)}/message/${encodeURIComponent(tool.messageID)}`;
      const { value } = await this.#http.json("GET", path, messageDecoder, { signal });
      return value.info.time.completed != null;
    } catch (error) {
      if (EngineError.is(error, "SESSION_NOT_FOUND")) return true;
      // The engine can't read that message itself, and so can't say.
      if (EngineError.is(error, "INVALID_REQUEST") || lacksRoute(error)) return false;
      throw error;
    }
  }

  async #isAtRest(
    sessionId: string,
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    return !(await this.#sessions.statuses(directory, signal)).some(([id]) => id === sessionId);
  }

  /** `undefined`: the engine itself can't: it fails at writing down one that has a field without a value. */
  async #listed(
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly Wire[] | undefined> {
    try {
      return (await this.#http.json("GET", this.#path, this.#decoder, { query: { directory }, signal }))
        .value;
    } catch (error) {
      // A directory whose configuration is broken has none; `/session/status` tells of it.
      if (EngineError.is(error, "CONFIG_INVALID")) return [];
      if (EngineError.is(error, "INVALID_REQUEST") && error.status === 400) return undefined;
      throw error;
    }
  }
}
