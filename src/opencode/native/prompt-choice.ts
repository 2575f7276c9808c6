import type { PromptRequest } from "../../engine/driver-requests.ts";
import type { Http } from "../../http.ts";
import { listAgents, resolveAgent } from "./agents.ts";
import { modelName } from "./decode.ts";
import type { ModelRef, NativeModels } from "./models.ts";
import type { NativeSessions } from "./sessions.ts";

export interface ChoiceOptions {
  readonly http: Http;
  /** For new sessions; must exist. */
  readonly model?: string | undefined;
  /** For new sessions, if the engine has it. */
  readonly preferredModel?: string | undefined;
  /** For new sessions, if the engine has it and its configuration names none. */
  readonly fallbackModel?: string | undefined;
}

/** As a prompt's body says it. Nothing: what the session has, or the engine. */
export interface Choice {
  readonly model?: ModelRef;
  readonly agent?: string;
  readonly variant?: string;
}

/** What answers a prompt: the model, its variant, the agent. */
export class PromptChoice {
  readonly #options: ChoiceOptions;
  readonly #sessions: NativeSessions;
  readonly #models: NativeModels;

  constructor(options: ChoiceOptions, sessions: NativeSessions, models: NativeModels) {
    this.#options = options;
    this.#sessions = sessions;
    this.#models = models;
  }

  /**
   * The model of a new session: the one asked for, the client's, the preferred one if it exists, the engine's where its
   * configuration names one, the fallback if it exists, else (`undefined`) the engine's own choice.
   */
  async modelOfSession(
    asked: string | undefined,
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ModelRef | undefined> {
    const { model, preferredModel, fallbackModel } = this.#options;
    const name = asked ?? model;
    if (name !== undefined) return this.#models.resolve(name, directory, signal);
    const preferred = preferredModel && (await this.#models.find(preferredModel, directory, signal));
    if (preferred || fallbackModel === undefined) return preferred || undefined;
    return this.#models.findUnlessConfigured(fallbackModel, directory, signal);
  }

  /** @throws EngineError `INVALID_REQUEST` for a model, a variant or an agent that does not exist */
  async ofPrompt(request: PromptRequest): Promise<Choice> {
    const { agent, variant } = request;
    const [model] = await Promise.all([this.#modelOfPrompt(request), this.#check(request)]);
    return { ...(model && { model }), ...(agent && { agent }), ...(variant && { variant }) };
  }

  /** `undefined`: the session's own, or the engine's. */
  async #modelOfPrompt({ sessionId, model: asked, newestMessageId, signal }: PromptRequest) {
    const name = asked ?? this.#options.model;
    // A session that has begun goes on with its model.
    if (name === undefined || (asked === undefined && newestMessageId !== undefined)) return undefined;
    if (asked === undefined) {
      const [{ model }, newest] = await Promise.all([
        this.#sessions.get(sessionId, signal),
        this.#sessions.newestMessageId(sessionId, signal),
      ]);
      if (model || newest !== undefined) return undefined;
    }
    return this.#models.resolve(name, await this.#sessions.directoryOf(sessionId, signal), signal);
  }

  /** The engine passes over an agent and a variant that it does not know. */
  async #check({ sessionId, model: asked, agent: name, variant, signal }: PromptRequest): Promise<void> {
    if (name === undefined && variant === undefined) return;
    const directory = await this.#sessions.directoryOf(sessionId, signal);
    const agent =
      name === undefined
        ? undefined
        : resolveAgent(name, await listAgents(this.#options.http, directory, signal));
    if (variant === undefined) return;
    const { model: own } = await this.#sessions.get(sessionId, signal);
    const ofSession = own ? modelName(own.providerID, own.id ?? own.modelID) : undefined;
    const model = asked ?? agent?.model ?? ofSession ?? this.#options.model;
    await this.#models.checkVariant(variant, model, directory, signal);
  }
}
