import type { Message, Part, PromptResult } from "@quantumreef/engine-client";

/** What somebody sees of a turn, without what differs from turn to turn: ids, times and the provider's name. */
export function plainTurn(result: PromptResult, provider: string) {
  const { status, text, usage, stopReason, messages, error } = result;
  const message = error?.message.replaceAll(`"${provider}"`, '"PROVIDER"');
  return {
    status,
    text,
    usage,
    stopReason,
    messages: messages.map((each) => plainMessage(each, provider)),
    error: error && { code: error.code, message, retryAfterMs: error.retryAfterMs },
  };
}

export function plainMessage({ role, model, stopReason, parts = [] }: Message, provider: string) {
  return { role, model: model?.replace(provider, "PROVIDER"), stopReason, parts: parts.map(plainPart) };
}

function plainPart(part: Part) {
  if (part.type === "tool") {
    const { name, status, input, output, title, error } = part.toolCall;
    return { type: part.type, name, status, input, output, title, error };
  }
  return part.type === "text" || part.type === "reasoning"
    ? { type: part.type, text: part.text }
    : { type: part.type };
}
