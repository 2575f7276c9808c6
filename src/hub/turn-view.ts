import type { EngineEvent, TurnEndedEvent } from "../engine/events.ts";
import type { Message, Part, ToolCall } from "../engine/message.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";

/**
 * One turn, seen from the stream of engine events: what of it is new since last time. It compares with what it has
 * shown, so that folding the prompt's events gives the final messages whatever was missed or told twice.
 */
export class TurnView {
  readonly sessionId: string;
  readonly turnId: string;
  readonly #messageIds = new Set<string>();
  /** The text shown of each part. */
  readonly #texts = new Map<string, string>();
  readonly #messageOfPart = new Map<string, string>();
  /** The tool calls shown, as they were shown. */
  readonly #tools = new Map<string, ToolCall>();
  #retryAt: number | undefined;

  constructor(sessionId: string, turnId: string) {
    this.sessionId = sessionId;
    this.turnId = turnId;
  }

  /** What a reader of the turn has to be told of this event. */
  take(event: EngineEvent): PromptEvent[] {
    switch (event.type) {
      case "message_created":
      case "message_updated":
        return this.#belongs(event.message) ? this.#takeMessage(event.message) : [];
      case "message_delta": {
        if (!this.#messageIds.has(event.messageId)) return [];
        const { kind, messageId, partId, offset, delta } = event;
        const shown = this.#texts.get(partId) ?? "";
        // Not what follows: the whole part is told again before the turn ends.
        if (shown.length !== offset) return [];
        this.#show(messageId, partId, shown + delta);
        return [
          { type: kind === "text" ? "text_delta" : "reasoning_delta", delta, messageId, partId, offset },
        ];
      }
      case "tool_call_updated":
        return this.#messageIds.has(event.messageId) ? this.#takeTool(event.messageId, event.toolCall) : [];
      case "permission_requested":
      case "question_asked":
        return [event];
      case "file_diff":
        return event.messageId === undefined || event.messageId === this.turnId ? [event] : [];
      case "session_updated": {
        const { retry } = event.session;
        const isNew = retry !== undefined && retry.nextAt !== this.#retryAt;
        this.#retryAt = retry?.nextAt;
        return isNew ? [{ type: "retrying", ...retry }] : [];
      }
      case "turn_ended":
        return event.turnId === this.turnId ? this.#reconcile(event) : [];
      default:
        return [];
    }
  }

  #belongs(message: Message): boolean {
    if (message.role === "user" || message.summary || message.turnId !== this.turnId) return false;
    this.#messageIds.add(message.id);
    return true;
  }

  #takeMessage(message: Message): PromptEvent[] {
    if (message.summary) return [];
    return (message.parts ?? []).flatMap((part) => this.#takePart(message.id, part));
  }

  #takePart(messageId: string, part: Part): PromptEvent[] {
    if (part.type === "tool") return this.#takeTool(messageId, part.toolCall);
    if (part.type !== "text" && part.type !== "reasoning") return [];
    const { id: partId, text } = part;
    const shown = this.#texts.get(partId) ?? "";
    if (text === shown) return [];
    this.#show(messageId, partId, text);
    if (!text.startsWith(shown)) return [{ type: "text_reset", messageId, partId, text }];
    const type = part.type === "text" ? "text_delta" : "reasoning_delta";
    return [{ type, delta: text.slice(shown.length), messageId, partId, offset: shown.length }];
  }

  #takeTool(messageId: string, toolCall: ToolCall): PromptEvent[] {
    const shown = this.#tools.get(toolCall.id);
    if (shown === toolCall) return [];
    this.#tools.set(toolCall.id, toolCall);
    const events: PromptEvent[] = [];
    const over = toolCall.status === "success" || toolCall.status === "error";
    if (shown === undefined) events.push({ type: "tool_call_start", messageId, toolCall });
    else if (!over) events.push({ type: "tool_call_update", messageId, toolCall });
    if (over) {
      const isError = toolCall.status === "error";
      const result = (isError ? toolCall.error : toolCall.output) ?? "";
      const toolCallId = toolCall.id;
      events.push({ type: "tool_call_result", messageId, toolCallId, result, isError, toolCall });
    }
    return events;
  }

  /** Whatever went by unseen is told now, and what is gone is taken back: nothing is left open when the turn is over. */
  #reconcile({ messages }: TurnEndedEvent): PromptEvent[] {
    const kept = new Set(messages.flatMap(({ parts = [] }) => parts.map(({ id }) => id)));
    const gone = [...this.#texts].filter(([partId, text]) => text !== "" && !kept.has(partId));
    const takenBack = gone.map(([partId]): PromptEvent => {
      const messageId = this.#messageOfPart.get(partId) ?? "";
      return { type: "text_reset", messageId, partId, text: "" };
    });
    return [...takenBack, ...messages.flatMap((message) => this.#takeMessage(message))];
  }

  #show(messageId: string, partId: string, text: string): void {
    if (!this.#texts.has(partId)) this.#messageOfPart.set(partId, messageId);
    this.#texts.set(partId, text);
  }
}
