import { type Block, inBlocks } from "./blocks.ts";
import { apart } from "./conversation.ts";
import { fields, list, textOf } from "./json.ts";
import { named } from "./sse-frames.ts";
import type { Failure, ModelTurn, ReplyEncoder, ReplyEnd, ReplyHead, Wire } from "./wire.ts";

/** Anthropic's messages, as `@ai-sdk/anthropic` speaks them. */
export const messages: Wire = {
  id: "messages",
  accepts: (method, pathname) => method === "POST" && pathname === "/v1/messages",
  read: readTurn,
  contentType: "text/event-stream; charset=utf-8",
  encode: encodeReply,
  inOnePiece: (head, text) => ({
    ...envelope(head),
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    usage: usageBlock({ input: 10, output: 5, cached: 0, reasoning: 0 }),
  }),
  failure,
  overflow: {
    status: 400,
    message: "prompt is too long: 9000 tokens > 8192 maximum",
    type: "invalid_request_error",
  },
};

function encodeReply(head: ReplyHead): ReplyEncoder {
  const delta = ({ index }: Block, delta: object) => named({ type: "content_block_delta", index, delta });
  const opening = ({ index, kind, name }: Block) => {
    if (kind === "text") return { type: "text", text: "" };
    if (kind === "reasoning") return { type: "thinking", thinking: "", signature: "" };
    return { type: "tool_use", id: `toolu_${head.number}_${index}`, name, input: {} };
  };
  const blocks = inBlocks({
    // The counts that are known at the end replace these.
    begin: () => [
      named({
        type: "message_start",
        message: {
          ...envelope(head),
          content: [],
          stop_reason: null,
          usage: { input_tokens: 0, output_tokens: 0 },
        },
      }),
    ],
    open: (block) => [
      named({ type: "content_block_start", index: block.index, content_block: opening(block) }),
    ],
    delta(block, piece) {
      if (block.kind === "text") return [delta(block, { type: "text_delta", text: piece })];
      if (block.kind === "reasoning") return [delta(block, { type: "thinking_delta", thinking: piece })];
      return [delta(block, { type: "input_json_delta", partial_json: piece })];
    },
    close: (block) => [
      ...(block.kind === "reasoning" ? [delta(block, { type: "signature_delta", signature: "sealed" })] : []),
      named({ type: "content_block_stop", index: block.index }),
    ],
  });

  return {
    ...blocks,
    end({ finish, usage, mark }) {
      const stop_reason = reasons[finish ?? (blocks.calledTool ? "tool_calls" : "stop")] ?? finish;
      const frames = [
        ...blocks.close(),
        named({
          type: "message_delta",
          delta: { stop_reason, stop_sequence: null },
          usage: usage ? usageBlock(usage) : { output_tokens: 0 },
        }),
      ];
      return mark ? [...frames, named({ type: "message_stop" })] : frames;
    },
    failure: (failed) => [...blocks.close(), named(failure(failed))],
  };
}

const reasons: Readonly<Record<string, string | undefined>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "refusal",
};

const envelope = (head: ReplyHead) => ({
  id: `msg_${head.number}`,
  type: "message",
  role: "assistant",
  model: head.model,
});

function failure({ message, type }: Failure) {
  return { type: "error", error: { type, message } };
}

/** What came from the cache is not part of `input_tokens` here; thoughts are part of `output_tokens`, uncounted. */
function usageBlock({ input, output, cached }: NonNullable<ReplyEnd["usage"]>) {
  return {
    input_tokens: input - cached,
    cache_read_input_tokens: cached,
    cache_creation_input_tokens: 0,
    output_tokens: output,
  };
}

function readTurn(body: unknown): ModelTurn {
  const request = fields(body);
  return {
    model: String(request.model ?? ""),
    streamed: request.stream === true,
    system: textOf(request.system),
    messages: list(request.messages).flatMap((message) => {
      const { role, content } = fields(message);
      const parts = typeof content === "string" ? [{ type: "text", text: content }] : list(content);
      return apart(String(role), parts, (part) => fields(part).type === "tool_result");
    }),
    tools: list(request.tools).map((tool) => String(fields(tool).name)),
  };
}
