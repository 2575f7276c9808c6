import { textOfParts } from "./conversation.ts";
import { fields, list, textOf } from "./json.ts";
import { data } from "./sse-frames.ts";
import type { Failure, ModelTurn, ReplyEncoder, ReplyEnd, ReplyHead, Wire } from "./wire.ts";

/** OpenAI's chat completions, as `@ai-sdk/openai-compatible` speaks them. */
export const chatCompletions: Wire = {
  id: "chat-completions",
  accepts: (method, pathname) => method === "POST" && pathname === "/v1/chat/completions",
  read: readChat,
  contentType: "text/event-stream; charset=utf-8",
  encode: encodeReply,
  inOnePiece: (head, content) => ({
    ...envelope(head, "chat.completion"),
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  }),
  failure: failureBody,
  overflow: {
    status: 400,
    message:
      "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. " +
      "Please reduce the length of the messages.",
    type: "invalid_request_error",
    code: "context_length_exceeded",
  },
};

function encodeReply(head: ReplyHead): ReplyEncoder {
  let toolCalls = 0;
  const chunk = (extra: object) => data({ ...envelope(head, "chat.completion.chunk"), ...extra });
  const delta = (delta: object) => chunk({ choices: [{ index: 0, delta, finish_reason: null }] });

  return {
    text: (content) => [delta({ content })],
    reasoning: (text) => [delta({ reasoning_content: text })],
    toolCall(name, [first = "", ...rest]) {
      const index = toolCalls++;
      const id = `call_${idOf(head)}_${index}`;
      return [
        delta({ tool_calls: [{ index, id, type: "function", function: { name, arguments: first } }] }),
        ...rest.map((piece) => delta({ tool_calls: [{ index, function: { arguments: piece } }] })),
      ];
    },
    end({ finish, usage, mark }) {
      const reason = finish ?? (toolCalls > 0 ? "tool_calls" : "stop");
      const last = chunk({ choices: [{ index: 0, delta: {}, finish_reason: reason }], ...usageBlock(usage) });
      return mark ? [last, "data: [DONE]\n\n"] : [last];
    },
    failure: (failure) => [data(failureBody(failure))],
  };
}

const idOf = (head: ReplyHead) => `chatcmpl-${head.number}`;
const envelope = (head: ReplyHead, object: string) => ({
  id: idOf(head),
  object,
  created: 1,
  model: head.model,
});

function failureBody({ message, type, code }: Failure) {
  return { error: { message, type, param: null, code: code ?? null } };
}

function usageBlock(usage: ReplyEnd["usage"]) {
  if (!usage) return {};
  return {
    usage: {
      prompt_tokens: usage.input,
      completion_tokens: usage.output,
      total_tokens: usage.input + usage.output,
      prompt_tokens_details: { cached_tokens: usage.cached },
      completion_tokens_details: { reasoning_tokens: usage.reasoning },
    },
  };
}

export function readChat(body: unknown): ModelTurn {
  const request = fields(body);
  const messages = list(request.messages).map((message) => {
    const { role, content } = fields(message);
    return { role: String(role), text: Array.isArray(content) ? textOfParts(content) : textOf(content) };
  });
  const isSystem = (message: { role: string }) => message.role === "system" || message.role === "developer";
  return {
    model: String(request.model ?? ""),
    streamed: request.stream === true,
    system: messages
      .filter(isSystem)
      .map((message) => message.text)
      .join("\n"),
    messages: messages.filter((message) => !isSystem(message)),
    tools: list(request.tools).map((tool) => String(fields(fields(tool).function).name)),
  };
}
