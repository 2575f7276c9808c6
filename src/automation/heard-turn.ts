import type { EngineErrorInfo } from "../engine/errors.ts";
import type { TurnStatus } from "../engine/events.ts";
import type { Message, ToolCall } from "../engine/message.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import type { MessageEvent } from "../engine/prompt-events.ts";
import { resultOf } from "../hub/turn-result.ts";

/** A turn put together from its events alone. */
export class HeardTurn {
  readonly #sessionId: string;
  readonly #toolCalls = new Map<string, ToolCall>();
  #text = "";
  #message: Message | undefined;
  /** Until its last event it is lost: no word says how it ended. */
  #status: TurnStatus = "lost";
  #error: EngineErrorInfo | undefined;

  constructor(sessionId: string) {
    this.#sessionId = sessionId;
  }

  take(event: MessageEvent): void {
    switch (event.type) {
      case "text_delta":
        this.#text += event.delta;
        break;
      case "tool_call_start":
      case "tool_call_update":
        this.#toolCalls.set(event.toolCall.id, event.toolCall);
        break;
      case "tool_call_result": {
        const call = this.#toolCalls.get(event.toolCallId);
        const output = typeof event.result === "string" ? event.result : JSON.stringify(event.result);
        if (call !== undefined) this.#toolCalls.set(call.id, { ...call, status: "success", output });
        break;
      }
      case "message_done":
        this.#message = event.message;
        this.#status = "completed";
        break;
      case "error":
        this.#error = { code: event.code ?? "UNKNOWN", message: event.error };
        this.#status = event.code === "PROMPT_ABORTED" ? "aborted" : "error";
        break;
    }
  }

  result(engine: string): PromptResult {
    const [message, sessionId] = [this.#message, this.#sessionId];
    const result = resultOf(
      {
        type: "turn_ended",
        sessionId,
        turnId: message?.turnId ?? "",
        status: this.#status,
        error: this.#error,
        messages: message === undefined ? [] : [message],
      },
      engine,
    );
    return { ...result, text: this.#text || result.text, toolCalls: [...this.#toolCalls.values()] };
  }
}
