import { EngineError } from "../engine/errors.ts";
import type { TurnEndedEvent } from "../engine/events.ts";
import type { Message } from "../engine/message.ts";
import type { PromptFailure, PromptResult } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { usageOf } from "../engine/usage.ts";

/** The turn as its caller gets it. */
export function resultOf(event: TurnEndedEvent, engine: string): PromptResult {
  const { status, sessionId, turnId, messages } = event;
  const message = messages.at(-1);
  const usage = usageOf(messages);
  const error = errorOf(event, engine);
  return {
    status,
    sessionId,
    turnId,
    messages,
    text: messages.map(textOf).join(""),
    toolCalls: messages.flatMap(({ toolCalls }) => toolCalls ?? []),
    ...(message === undefined ? {} : { message }),
    ...(message?.stopReason === undefined ? {} : { stopReason: message.stopReason }),
    ...(usage === undefined ? {} : { usage }),
    ...(error === undefined ? {} : { error }),
  };
}

/** A turn that never reached the engine, or was let go of: there is nothing of it but the reason. */
export function emptyResult(
  sessionId: string,
  turnId: string | undefined,
  status: PromptResult["status"],
  error: EngineError,
): PromptResult {
  return { status, sessionId, ...(turnId ? { turnId } : {}), messages: [], text: "", toolCalls: [], error };
}

/** The event that ends the iteration. */
export function finalEvent(result: PromptResult): PromptEvent {
  const { status, error, message, usage } = result;
  if (error !== undefined && (status === "error" || status === "aborted" || status === "lost")) {
    return { type: "error", error: error.message, code: error.code, status, cause: error };
  }
  const done = status === "superseded" || status === "rejected" ? status : "completed";
  return {
    type: "message_done",
    message: message ?? silence(result),
    status: done,
    ...(usage === undefined ? {} : { usage }),
  };
}

/** The error that `text()` and `result()` reject with: it carries what was seen. */
export function failureOf(result: PromptResult): PromptFailure | undefined {
  return result.error && asFailure(result.error, result);
}

export function asFailure(error: EngineError, result: PromptResult): PromptFailure {
  const failure = Object.assign(error, { result });
  // Who prints the error wants the reason, not the whole turn.
  Object.defineProperty(failure, "result", { enumerable: false });
  return failure;
}

function errorOf({ status, error, sessionId }: TurnEndedEvent, engine: string): EngineError | undefined {
  const options = { engine, sessionId };
  if (error !== undefined) return EngineError.from(error, options);
  switch (status) {
    case "aborted":
      return new EngineError("PROMPT_ABORTED", "Somebody aborted this turn before it was done.", options);
    case "rejected":
      return new EngineError(
        "PERMISSION_DENIED",
        "A denied permission (or a dismissed question) ended this turn. Deny with a message to let the model go on.",
        options,
      );
    case "error":
      return new EngineError("UNKNOWN", "The turn failed, and the engine does not say why.", options);
    case "lost":
      return new EngineError("TURN_LOST", "The turn died with its engine. Send the prompt again.", options);
    default:
      return undefined;
  }
}

function textOf({ parts, content, summary }: Message): string {
  if (summary) return "";
  if (parts === undefined) return content.text ?? "";
  return parts.map((part) => (part.type === "text" ? part.text : "")).join("");
}

function silence({ sessionId, turnId = "" }: PromptResult): Message {
  const content = { type: "text", text: "" } as const;
  return { id: turnId, sessionId, role: "assistant", content, createdAt: 0, turnId, complete: false };
}
