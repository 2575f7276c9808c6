import type { EngineEvent } from "./events.ts";
import type { Message, MessageContent } from "./message.ts";
import type { PermissionDecision } from "./permission.ts";
import type { Policies } from "./policy.ts";
import type { MessageEvent } from "./prompt-events.ts";
import type { IfRunning, PromptTimeouts, PromptTools } from "./prompt-options.ts";
import type { CreateSessionOpts, Session } from "./session.ts";

export interface HealthStatus {
  readonly ok: boolean;
  /** How long the answer took, in milliseconds. */
  readonly latencyMs: number;
  /** Why it is not well, in one sentence. */
  readonly error?: string | undefined;
}

export interface PromptOpts extends Policies {
  /** `provider/model`, or a model's bare name. Default: the session's model. */
  readonly model?: string | undefined;
  /** Added to the engine's own system prompt, in place of the session's. Default: the session's; `""` for neither. */
  readonly systemPrompt?: string | undefined;
  /** One of `agents.list()`, for this prompt. Default: the engine's default agent. `UNSUPPORTED` where it has none. */
  readonly agent?: string | undefined;
  /** One of the model's `variants`, such as `"high"`, for this prompt. Default: none. `UNSUPPORTED` where it has none. */
  readonly variant?: string | undefined;
  /** The most tokens that one answer may have. Default: the engine's. Where it takes none: diagnostic `option_ignored`. */
  readonly maxTokens?: number | undefined;
  /** Default: the engine's. Where it takes none: diagnostic `option_ignored`. */
  readonly temperature?: number | undefined;
  /** Names the user message, and with it the turn, where the engine lets its clients do so. Default: made up. */
  readonly messageId?: string | undefined;
  /** What to do when the session is at work. Default: `"queue"`. */
  readonly ifRunning?: IfRunning | undefined;
  /** Deadlines in milliseconds. Default: those that {@link PromptTimeouts} names. */
  readonly timeouts?: PromptTimeouts | undefined;
  /**
   * Tools that the model is not offered in this turn, `{ bash: false }`; its subagents aren't, either. The next prompt has
   * them again. Not together with `ifRunning: "steer"`. Default: none is off.
   */
  readonly tools?: PromptTools | undefined;
  /** Stops the engine when it aborts. */
  readonly signal?: AbortSignal | undefined;
}

/** Ends a subscription; calling it again does nothing. */
export type Unsubscribe = () => void;

/**
 * What every client of an AI coding engine can do: the published core. Methods are written as methods, and every
 * optional takes `undefined`, so that hand-written clients compile under `strict` and
 * `exactOptionalPropertyTypes`. Clients made by `createEngineClient` are the richer {@link ManagedEngineClient}.
 *
 * @example
 * ```ts
 * async function summarise(client: EngineClient, directory: string) {
 *   const session = await client.session.create({ workingDirectory: directory });
 *   let text = "";
 *   for await (const event of await client.session.prompt(session.id, "Summarise the diff")) {
 *     if (event.type === "text_delta") text += event.delta;
 *   }
 *   return text;
 * }
 * ```
 */
export interface EngineClient {
  /** Id of the engine, for example `"opencode"`. */
  readonly id: string;
  readonly name: string;
  /** Version of the engine. */
  readonly version: string;
  /** Resolves within 5 s, never rejects. */
  health(): Promise<HealthStatus>;
  /** Ends the client and leaves nothing behind. Does not stop what runs on an engine that it did not start. */
  dispose(): Promise<void>;
  readonly session: {
    /** `updatedAt` descending. */
    list(): Promise<readonly Session[]>;
    create(opts?: CreateSessionOpts): Promise<Session>;
    get(id: string): Promise<Session>;
    /** Oldest first. */
    messages(id: string): Promise<readonly Message[]>;
    prompt(
      id: string,
      prompt: string,
      opts?: PromptOpts,
    ): Promise<AsyncIterable<MessageEvent>> | AsyncIterable<MessageEvent>;
    /** Stops what runs: pending tool calls are cancelled, the status becomes `idle`. */
    abort(id: string): Promise<void>;
    summarize(id: string): Promise<string>;
  };
  readonly message: {
    /** Stores a user message without running the model. */
    create(sessionId: string, content: MessageContent): Promise<Message>;
  };
  readonly events: {
    subscribe(handler: (event: EngineEvent) => void): Unsubscribe;
  };
  readonly permissions: {
    reply(permissionId: string, decision: PermissionDecision): Promise<void>;
  };
}
