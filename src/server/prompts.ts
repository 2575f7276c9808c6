import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { Message } from "../engine/message.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import type { PromptBody } from "../v1/schema/request.ts";
import { Recent } from "./recent.ts";
import { Turn } from "./turn.ts";

/** The prompts and messages that were sent here. A `messageId` that was sent before makes nothing anew. */
export class Prompts {
  readonly #client: ManagedEngineClient;
  readonly #turns = new Recent<Turn>(({ log }) => log.isOver);
  readonly #stored = new Recent<Promise<Message>>(() => true);

  constructor(client: ManagedEngineClient) {
    this.#client = client;
  }

  /** The turn that this prompt opens, or has opened before. */
  send(sessionId: string, body: PromptBody): Turn {
    const { messageId, model, systemPrompt, maxTokens, temperature } = body;
    const known = messageId === undefined ? undefined : this.#turns.get(keyOf(sessionId, messageId));
    if (known !== undefined) return known;
    const options = { messageId, model, systemPrompt, maxTokens, temperature };
    const turn = new Turn(sessionId, this.#client.session.prompt(sessionId, contentOf(body), options));
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
