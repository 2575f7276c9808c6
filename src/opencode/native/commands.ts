import type { Command } from "../../engine/command.ts";
import type { PromptReceipt, PromptRequest } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { modelName } from "./decode.ts";
import type { PromptBody } from "./prompt-body.ts";
import type { Choice } from "./prompt-choice.ts";
import { commandsSchema } from "./schema/server.ts";
import type { NativeSessions } from "./sessions.ts";

/** Milliseconds for an answer that comes when the turn is over. Node's fetch gives up on it after 300 s. */
const WHOLE_TURN_MS = 290_000;

/** The engine's commands, which depend on the directory. */
export class NativeCommands {
  readonly #http: Http;
  readonly #sessions: NativeSessions;
  readonly #life: AbortSignal;

  /** `life`: aborts when the connection is closed. */
  constructor(http: Http, sessions: NativeSessions, life: AbortSignal) {
    this.#http = http;
    this.#sessions = sessions;
    this.#life = life;
  }

  async list(directory: string | undefined, signal: AbortSignal | undefined): Promise<readonly Command[]> {
    const query = { directory };
    const { value } = await this.#http.json("GET", "/command", commandsSchema, { query, signal });
    return value.map(({ name, description, source, hints, agent, model, subtask }) => ({
      name,
      placeholders: hints ?? [],
      ...(description && { description }),
      ...(source && { source }),
      ...(agent && { agent }),
      ...(model && { model }),
      ...(subtask && { subagent: subtask }),
    }));
  }

  /** @throws EngineError `INVALID_REQUEST` naming those that exist: the engine would only say that it failed */
  async require(name: string, sessionId: string, signal: AbortSignal): Promise<void> {
    const list = await this.list(await this.#sessions.directoryOf(sessionId, signal), signal);
    const names = list.map((command) => command.name);
    if (names.includes(name)) return;
    const message = `There is no command ${JSON.stringify(name)}: there are ${names.join(", ") || "none"}.`;
    throw new EngineError("INVALID_REQUEST", message, { engine: "opencode", sessionId });
  }

  /**
   * Runs a command. Got twice the engine would run it twice: so it is not sent again. Once it is sent the engine is not
   * left any more: what it has not begun yet it could not stop.
   */
  run(
    { name, arguments: given }: NonNullable<PromptRequest["command"]>,
    { sessionId, signal }: PromptRequest,
    { messageID, parts }: PromptBody,
    { model, ...choice }: Choice,
  ): PromptReceipt {
    const body = {
      messageID,
      command: name,
      arguments: given,
      ...(parts.length > 0 && { parts }),
      ...choice,
      ...(model && { model: modelName(model.providerID, model.modelID) }),
    };
    const path = `${this.#sessions.path(sessionId)}/command`;
    signal.throwIfAborted();
    const accepted = this.#http.send("POST", path, { body, signal: this.#life, timeout: WHOLE_TURN_MS });
    return { turnId: messageID, answersLate: true, accepted };
  }
}
