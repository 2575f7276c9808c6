import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { Message } from "../engine/message.ts";
import type { PromptCall } from "../engine/prompt-call.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import type { CommandBody, PromptBody } from "../v1/schema/request.ts";
import { Recent } from "./recent.ts";
import { Turn } from "./turn.ts";

/** The prompts, commands and messages that were sent here. A `messageId` that was sent before makes nothing anew. */
export class Prompts {
  readonly #client: ManagedEngineClient;
  readonly #turns = new Recent<Turn>(({ log }) => log.isOver);
  readonly #stored = new Recent<Promise<Message>>(() => true);

  constructor(client: ManagedEngineClient) {
    this.#client = client;
  }

  /** The turn that this prompt opens, or has opened before. */
  send(sessionId: string, body: PromptBody): Turn {
    const { messageId, model, agent, variant, systemPrompt, maxTokens, temperature, toolsOff = [] } = body;
    const tools = Object.fromEntries(toolsOff.map((name) => [name, false as const]));
    const options = { messageId, model, agent, variant, systemPrompt, maxTokens, temperature, tools };
    return this.#once(sessionId, messageId, () =>
      this.#client.session.prompt(sessionId, contentOf(body), options),
    );
  }

  /** The turn that this command opens, or has opened before. */
  run(sessionId: string, body: CommandBody): Turn {
    const { name, arguments: args, messageId, model, agent, variant, attachments } = body;
    const options = { model, agent, variant, attachments };
    return this.#once(sessionId, messageId, () =>
      this.#client.session.command(sessionId, name, args, options),
    );
  }

  #once(sessionId: string, messageId: string | undefined, open: () => PromptCall): Turn {
    const known = messageId === undefined ? undefined : this.#turns.get(keyOf(sessionId, messageId));
    if (known !== undefined) return known;
    const turn = new Turn(sessionId, open());
    if (messageId !== undefined) this.#turns.set(keyOf(sessionId, messageId), turn);
    turn.accepted.then(
      // The id that the answer tells is good for asking again, too.
      (turnId) => this.#turns.set(keyOf(sessionId, turnId), turn),
      // One that was refused may be sent again.
      () => this.#turns.delete(keyOf(sessionId, messageId ?? "")),
    );
    return turn;
  }

  /** Stores a message; the model does not run. */
  store(sessionId: string, body: PromptBody): Promise<Message> {
    const { messageId } = body;
    const known = messageId === undefined ? undefined : this.#stored.get(keyOf(sessionId, messageId));
    if (known !== undefined) return known;
    const stored = this.#client.message.create(sessionId, contentOf(body));
    if (messageId === undefined) return stored;
    const key = keyOf(sessionId, messageId);
    this.#stored.set(key, stored);
    stored.catch(() => this.#stored.delete(key));
    return stored;
  }
}

function contentOf(body: PromptBody): PromptContent {
  return "prompt" in body ? body.prompt : body.content;
}

function keyOf(sessionId: string, messageId: string): string {
  return JSON.stringify([sessionId, messageId]);
}
