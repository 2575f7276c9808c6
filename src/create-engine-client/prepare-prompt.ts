import type { CommandOptions } from "../engine/call-options.ts";
import type { EngineCapability } from "../engine/capabilities.ts";
import type { PromptOpts } from "../engine/engine-client.ts";
import { EngineError } from "../engine/errors.ts";
import type { EngineEvent } from "../engine/events.ts";
import { type DriverContent, toContentList } from "../engine/message.ts";
import type { Policies } from "../engine/policy.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import type { Session } from "../engine/session.ts";
import type { Fanout } from "../hub/fanout.ts";
import type { Link } from "../hub/link.ts";
import type { PromptRunRequest } from "../hub/prompt-run.ts";
import type { PreparedRequest } from "../hub/prompt-sending.ts";
import type { Registry } from "../hub/registry.ts";
import { type ReadPolicies, readPolicies } from "../hub/requests/read-policy.ts";
import { type ContentContext, readContent, readParts } from "./read-content.ts";

export interface PreparationContext {
  readonly link: Link;
  readonly registry: Registry;
  readonly fanout: Fanout;
  /** The client's own. */
  readonly policies: ReadPolicies;
  unsupported(capability: EngineCapability): EngineError;
  readSession(sessionId: string, options: { readonly signal?: AbortSignal | undefined }): Promise<Session>;
}

export type SentOptions = Pick<
  PromptOpts,
  "model" | "systemPrompt" | "agent" | "variant" | "maxTokens" | "temperature" | "messageId"
> &
  Pick<PreparedRequest, "toolsOff">;

/** What this client gave a session when it made it. */
interface Given {
  /** Not every engine keeps it. */
  readonly systemPrompt: string | undefined;
  readonly policies: ReadPolicies;
}

/** What becomes of a prompt before it is sent. */
export class PromptPreparation {
  readonly #context: PreparationContext;
  /** By session, until it is deleted. */
  readonly #given = new Map<string, Given>();

  constructor(context: PreparationContext) {
    this.#context = context;
  }

  sessionCreated({ id }: Pick<Session, "id">, given: Given): void {
    if (given.systemPrompt === undefined && Object.keys(given.policies).length === 0) return;
    this.#given.set(id, given);
    const end = () => {
      this.#given.delete(id);
      leave();
    };
    const next = (event: EngineEvent) => {
      if (event.type === "session_deleted" && event.sessionId === id) end();
    };
    const leave = this.#context.fanout.add({ next }, id);
  }

  /** Who decides in a prompt without a person: as the prompt says, else its session, else the client. */
  policies(sessionId: string, own: Policies): ReadPolicies {
    return { ...this.#context.policies, ...this.#given.get(sessionId)?.policies, ...readPolicies(own) };
  }

  /** `appended`: what the model is told behind the content. */
  request(
    sessionId: string,
    content: PromptContent,
    options: SentOptions,
    appended?: () => string,
  ): PromptRunRequest {
    return {
      sessionId,
      prepare: async (signal) => ({
        ...options,
        ...this.#systemPrompt(sessionId, options.systemPrompt),
        sessionId,
        content: append(await this.content(sessionId, content, signal), appended?.()),
      }),
    };
  }

  /** @throws EngineError `UNSUPPORTED` (later, when it is prepared) */
  command(
    sessionId: string,
    command: NonNullable<PreparedRequest["command"]>,
    { attachments = [], ...chosen }: Pick<CommandOptions, "attachments" | "model" | "agent" | "variant">,
  ): PromptRunRequest {
    const { link, unsupported } = this.#context;
    return {
      sessionId,
      prepare: async (signal) => {
        await link.connection();
        if (!link.capabilities.commands) throw unsupported("commands");
        const content = await readParts(attachments, this.#contentContext(sessionId, signal));
        if (content.some(({ type }) => type === "text")) {
          const message = "A command takes files and images as attachments, and text only as its arguments.";
          throw new EngineError("INVALID_REQUEST", message, { sessionId });
        }
        return { sessionId, command, content, ...chosen, toolsOff: [] };
      },
    };
  }

  #systemPrompt(sessionId: string, own: string | undefined) {
    if (own !== undefined) return { systemPrompt: own, systemPromptOf: "prompt" } as const;
    const kept =
      this.#given.get(sessionId)?.systemPrompt ?? this.#context.registry.get(sessionId)?.systemPrompt;
    return kept === undefined ? {} : ({ systemPrompt: kept, systemPromptOf: "session" } as const);
  }

  /** @throws EngineError as `readContent` */
  async content(
    sessionId: string,
    content: PromptContent,
    signal: AbortSignal | undefined,
  ): Promise<DriverContent> {
    // What it can do is known only once it is connected.
    await this.#context.link.connection();
    return readContent(content, this.#contentContext(sessionId, signal));
  }

  #contentContext(sessionId: string, signal: AbortSignal | undefined): ContentContext {
    const { link, registry, readSession } = this.#context;
    return {
      signal,
      takesUrls: link.capabilities.urlAttachments,
      workingDirectory: async () =>
        (registry.get(sessionId) ?? (await readSession(sessionId, { signal }))).workingDirectory,
    };
  }
}

function append(content: DriverContent, text: string | undefined): DriverContent {
  return text === undefined ? content : [...toContentList(content), { type: "text", text }];
}
