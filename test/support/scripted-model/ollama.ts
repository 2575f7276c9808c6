import { chatCompletions, readChat } from "./chat-completions.ts";
import { data } from "./sse-frames.ts";
import type { ReplyEncoder, ReplyEnd, ReplyHead, Wire } from "./wire.ts";

/**
 * Ollama's `/v1/chat/completions`, which is how OpenCode reaches it. It differs from OpenAI's: reasoning is called
 * `reasoning`, a tool call comes whole, its finish reason stands in a frame before the counts, these have no details, and errors have no code.
 */
export const ollama: Wire = {
  ...chatCompletions,
  id: "ollama",
  accepts: (method, pathname) => method === "POST" && pathname === "/ollama/v1/chat/completions",
  read: readChat,
  encode: encodeReply,
  failure: ({ message }) => ({ error: { message, type: "api_error", param: null, code: null } }),
  // Ollama itself cuts what is too long off, and says nothing.
};

function encodeReply(head: ReplyHead): ReplyEncoder {
  let toolCalls = 0;
  const chunk = (extra: object) =>
    data({
      id: `chatcmpl-${head.number}`,
      object: "chat.completion.chunk",
      created: 1,
      model: head.model,
      system_fingerprint: "fp_ollama",
      ...extra,
    });
  const choice = (delta: object, finish_reason: string | null = null) =>
    chunk({ choices: [{ index: 0, delta: { role: "assistant", content: "", ...delta }, finish_reason }] });

  return {
    text: (content) => [choice({ content })],
    reasoning: (reasoning) => [choice({ reasoning })],
    toolCall(name, pieces) {
      const index = toolCalls++;
      const call = { name, arguments: pieces.join("") };
      const id = `call_${head.number.toString(36).padStart(7, "0")}${index}`;
      return [choice({ tool_calls: [{ id, index, type: "function", function: call }] })];
    },
    end({ finish, usage, mark }) {
      const last = [choice({}, finish ?? (toolCalls > 0 ? "tool_calls" : "stop"))];
      if (usage) last.push(chunk({ choices: [], usage: usageBlock(usage) }));
      return mark ? [...last, "data: [DONE]\n\n"] : last;
    },
    failure: ({ message }) => [data({ error: { message, type: "api_error", param: null, code: null } })],
  };
}

/** It counts neither what came from a cache nor the reasoning. */
function usageBlock({ input, output }: NonNullable<ReplyEnd["usage"]>) {
  return { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
}
