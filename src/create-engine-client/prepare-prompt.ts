import type { PromptOpts } from "../engine/engine-client.ts";
import { type DriverContent, toContentList } from "../engine/message.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import type { Session } from "../engine/session.ts";
import type { Link } from "../hub/link.ts";
import type { PromptRunRequest } from "../hub/prompt-run.ts";
import type { Registry } from "../hub/registry.ts";
import { readContent } from "./read-content.ts";

export interface PreparationContext {
  readonly link: Link;
  readonly registry: Registry;
  readSession(sessionId: string, options: { readonly signal?: AbortSignal | undefined }): Promise<Session>;
}

export type SentOptions = Pick<
  PromptOpts,
  "model" | "systemPrompt" | "maxTokens" | "temperature" | "messageId"
>;

/** What becomes of a prompt before it is sent. */
export class PromptPreparation {
  readonly #context: PreparationContext;
  /** What this client gave its sessions: not every engine keeps it. */
  readonly #systemPrompts = new Map<string, string>();

  constructor(context: PreparationContext) {
    this.#context = context;
  }

  sessionCreated({ id }: Pick<Session, "id">, systemPrompt: string | undefined): void {
    if (systemPrompt !== undefined) this.#systemPrompts.set(id, systemPrompt);
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

  #systemPrompt(sessionId: string, own: string | undefined) {
    if (own !== undefined) return { systemPrompt: own, systemPromptOf: "prompt" } as const;
    const kept = this.#systemPrompts.get(sessionId) ?? this.#context.registry.get(sessionId)?.systemPrompt;
    return kept === undefined ? {} : ({ systemPrompt: kept, systemPromptOf: "session" } as const);
  }

  /** @throws EngineError as `readContent` */
  async content(
    sessionId: string,
    content: PromptContent,
    signal: AbortSignal | undefined,
  ): Promise<DriverContent> {
    const { link, registry, readSession } = this.#context;
    // What it can do is known only once it is connected.
    await link.connection();
    return readContent(content, {
      signal,
      takesUrls: link.capabilities.urlAttachments,
      workingDirectory: async () =>
        (registry.get(sessionId) ?? (await readSession(sessionId, { signal }))).workingDirectory,
    });
  }
}

function append(content: DriverContent, text: string | undefined): DriverContent {
  return text === undefined ? content : [...toContentList(content), { type: "text", text }];
}
