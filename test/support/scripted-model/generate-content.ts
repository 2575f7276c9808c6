import { apart } from "./conversation.ts";
import { fields, list, textOf } from "./json.ts";
import { data } from "./sse-frames.ts";
import type { Failure, Frame, ModelTurn, ReplyEncoder, ReplyEnd, ReplyHead, Wire } from "./wire.ts";

const route = /^\/v1beta\/models\/(.+):(generateContent|streamGenerateContent)$/;

/** Google's generateContent, as `@ai-sdk/google` speaks it. The model is in the path, and tool calls have no ids. */
export const generateContent: Wire = {
  id: "generate-content",
  accepts: (method, pathname) => method === "POST" && route.test(pathname),
  read: readTurn,
  contentType: "text/event-stream; charset=utf-8",
  encode: encodeReply,
  inOnePiece: (head, text) => ({
    ...envelope(head),
    candidates: [candidate([{ text }], "STOP")],
    usageMetadata: usageBlock({ input: 10, output: 5, cached: 0, reasoning: 0 }),
  }),
  failure,
  overflow: {
    status: 400,
    message: "The input token count (9000) exceeds the maximum number of tokens allowed (8192).",
    type: "INVALID_ARGUMENT",
  },
};

function encodeReply(head: ReplyHead): ReplyEncoder {
  const chunk = (extra: object): Frame => data({ ...envelope(head), ...extra });
  const parts = (...said: object[]): Frame => chunk({ candidates: [candidate(said)] });
  return {
    text: (text) => [parts({ text })],
    reasoning: (text) => [parts({ text, thought: true })],
    /** @throws SyntaxError for arguments that are no JSON: this wire has objects. */
    toolCall: (name, pieces) => [parts({ functionCall: { name, args: JSON.parse(pieces.join("")) } })],
    end: ({ finish, usage, mark }) => {
      // There is no end mark: the last chunk is the one with the reason.
      if (!mark) return [];
      const reason = reasons[finish ?? "stop"] ?? "OTHER";
      const usageMetadata = usage && usageBlock(usage);
      return [
        chunk({ candidates: [candidate([{ text: "" }], reason)], ...(usageMetadata && { usageMetadata }) }),
      ];
    },
    failure: (failed) => [data(failure(failed))],
  };
}

const reasons: Readonly<Record<string, string | undefined>> = {
  stop: "STOP",
  tool_calls: "STOP",
  length: "MAX_TOKENS",
  content_filter: "SAFETY",
};

const candidate = (parts: readonly object[], finishReason?: string) => ({
  index: 0,
  content: { role: "model", parts },
  ...(finishReason && { finishReason }),
});

const envelope = (head: ReplyHead) => ({ responseId: `resp_${head.number}`, modelVersion: head.model });

function failure({ message, type, status }: Failure) {
  return { error: { code: status, message, status: type } };
}

/** Thoughts are counted apart from the answer. */
function usageBlock({ input, output, cached, reasoning }: NonNullable<ReplyEnd["usage"]>) {
  return {
    promptTokenCount: input,
    cachedContentTokenCount: cached,
    candidatesTokenCount: output - reasoning,
    thoughtsTokenCount: reasoning,
    totalTokenCount: input + output,
  };
}

function readTurn(body: unknown, pathname: string): ModelTurn {
  const request = fields(body);
  const [, model = "", method] = route.exec(pathname) ?? [];
  return {
    model: decodeURIComponent(model),
    streamed: method === "streamGenerateContent",
    system: textOf(fields(request.systemInstruction).parts),
    messages: list(request.contents).flatMap((content) => {
      const { role, parts } = fields(content);
      const said = role === "model" ? "assistant" : String(role);
      return apart(said, list(parts), (part) => fields(part).functionResponse !== undefined);
    }),
    tools: list(request.tools).flatMap((tool) =>
      list(fields(tool).functionDeclarations).map((declared) => String(fields(declared).name)),
    ),
  };
}
