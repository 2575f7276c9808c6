import { inBlocks } from "./blocks.ts";
import { apart } from "./conversation.ts";
import { eventStreamFrame } from "./event-stream-frame.ts";
import { fields, list, textOf } from "./json.ts";
import type { Frame, ModelTurn, ReplyEncoder, ReplyEnd, ReplyHead, Wire } from "./wire.ts";

const route = /^\/model\/(.+)\/(converse|converse-stream)$/;

/** Amazon Bedrock's converse-stream, as `@ai-sdk/amazon-bedrock` speaks it: binary frames, the model in the path. */
export const converseStream: Wire = {
  id: "converse-stream",
  accepts: (method, pathname) => method === "POST" && route.test(pathname),
  read: readTurn,
  contentType: "application/vnd.amazon.eventstream",
  encode: encodeReply,
  inOnePiece: (_head, text) => ({
    output: { message: { role: "assistant", content: [{ text }] } },
    stopReason: "end_turn",
    usage: usageBlock({ input: 10, output: 5, cached: 0, reasoning: 0 }),
  }),
  // The type is in a header, which nobody reads.
  failure: ({ message }) => ({ message }),
  overflow: {
    status: 400,
    message: "Input is too long for requested model.",
    type: "ValidationException",
  },
};

function encodeReply(head: ReplyHead): ReplyEncoder {
  const blocks = inBlocks({
    begin: () => [event("messageStart", { role: "assistant" })],
    // Only tools announce themselves.
    open: ({ kind, index, name }) =>
      kind === "tool"
        ? [
            event("contentBlockStart", {
              contentBlockIndex: index,
              start: { toolUse: { toolUseId: `tooluse_${head.number}_${index}`, name } },
            }),
          ]
        : [],
    delta({ kind, index }, piece) {
      const delta = (delta: object) => [event("contentBlockDelta", { contentBlockIndex: index, delta })];
      if (kind === "text") return delta({ text: piece });
      if (kind === "reasoning") return delta({ reasoningContent: { text: piece } });
      return delta({ toolUse: { input: piece } });
    },
    close: ({ kind, index }) => [
      ...(kind === "reasoning"
        ? [
            event("contentBlockDelta", {
              contentBlockIndex: index,
              delta: { reasoningContent: { signature: "sealed" } },
            }),
          ]
        : []),
      event("contentBlockStop", { contentBlockIndex: index }),
    ],
  });

  return {
    ...blocks,
    end({ finish, usage, mark }) {
      const stopReason = reasons[finish ?? (blocks.calledTool ? "tool_calls" : "stop")] ?? finish;
      const frames = [...blocks.close(), event("messageStop", { stopReason })];
      // The counts come after the end, and nothing after them.
      const counts = usage && { usage: usageBlock(usage) };
      return mark ? [...frames, event("metadata", { ...counts, metrics: { latencyMs: 1 } })] : frames;
    },
    failure: ({ message }) => [
      ...blocks.close(),
      eventStreamFrame(
        {
          ":exception-type": "internalServerException",
          ":content-type": "application/json",
          ":message-type": "exception",
        },
        { message },
      ),
    ],
  };
}

const event = (type: string, body: unknown): Frame =>
  eventStreamFrame(
    { ":event-type": type, ":content-type": "application/json", ":message-type": "event" },
    body,
  );

const reasons: Readonly<Record<string, string | undefined>> = {
  stop: "end_turn",
  length: "max_tokens",
  tool_calls: "tool_use",
  content_filter: "content_filtered",
};

/** What came from the cache is not part of `inputTokens` here; thoughts are part of `outputTokens`, uncounted. */
function usageBlock({ input, output, cached }: NonNullable<ReplyEnd["usage"]>) {
  return {
    inputTokens: input - cached,
    outputTokens: output,
    totalTokens: input + output,
    cacheReadInputTokens: cached,
    cacheWriteInputTokens: 0,
  };
}

function readTurn(body: unknown, pathname: string): ModelTurn {
  const request = fields(body);
  const [, model = "", method] = route.exec(pathname) ?? [];
  return {
    model: decodeURIComponent(model),
    streamed: method === "converse-stream",
    system: textOf(request.system),
    messages: list(request.messages).flatMap((message) => {
      const { role, content } = fields(message);
      return apart(String(role), list(content), (part) => fields(part).toolResult !== undefined);
    }),
    tools: list(fields(request.toolConfig).tools).map((tool) => String(fields(fields(tool).toolSpec).name)),
  };
}
