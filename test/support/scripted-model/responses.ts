import { type Block, inBlocks } from "./blocks.ts";
import { fields, list, textOf } from "./json.ts";
import { data, named } from "./sse-frames.ts";
import type {
  Failure,
  Frame,
  ModelTurn,
  ReplyEncoder,
  ReplyEnd,
  ReplyHead,
  TurnMessage,
  Wire,
} from "./wire.ts";

/** OpenAI's responses, as `@ai-sdk/openai` speaks them. */
export const responses: Wire = {
  id: "responses",
  accepts: (method, pathname) => method === "POST" && pathname === "/v1/responses",
  read: readTurn,
  contentType: "text/event-stream; charset=utf-8",
  encode: encodeReply,
  inOnePiece: (head, text) => ({
    ...envelope(head, "completed"),
    output: [message(`msg_${head.number}`, text)],
    usage: usageBlock({ input: 10, output: 5, cached: 0, reasoning: 0 }),
  }),
  failure: ({ message, type, code }) => ({ error: { message, type, param: null, code: code ?? null } }),
  overflow: {
    status: 400,
    message: "Your input exceeds the context window of this model. Please adjust your input and try again.",
    type: "invalid_request_error",
    code: "context_length_exceeded",
  },
};

function encodeReply(head: ReplyHead): ReplyEncoder {
  let sequence = 0;
  const event = (type: string, extra: object): Frame =>
    named({ type, sequence_number: sequence++, ...extra });
  const idOf = ({ index, kind }: Block) => `${prefixes[kind]}_${head.number}_${index}`;
  const item = (block: Block): object => {
    const id = idOf(block);
    if (block.kind === "text") return message(id, block.whole);
    if (block.kind === "reasoning") {
      return {
        id,
        type: "reasoning",
        summary: [{ type: "summary_text", text: block.whole }],
        encrypted_content: "sealed",
      };
    }
    const call_id = `call_${head.number}_${block.index}`;
    return {
      id,
      type: "function_call",
      status: "completed",
      call_id,
      name: block.name,
      arguments: block.whole,
    };
  };
  const place = (block: Block) => ({ item_id: idOf(block), output_index: block.index });
  const blocks = inBlocks({
    begin: () => [event("response.created", { response: envelope(head, "in_progress") })],
    open: (block) => [
      event("response.output_item.added", { output_index: block.index, item: item(block) }),
      ...(block.kind === "reasoning"
        ? [event("response.reasoning_summary_part.added", { ...place(block), summary_index: 0 })]
        : []),
    ],
    delta: (block, delta) => [event(deltas[block.kind], { ...place(block), ...indexes[block.kind], delta })],
    close: (block) => [
      ...(block.kind === "reasoning"
        ? [event("response.reasoning_summary_part.done", { ...place(block), summary_index: 0 })]
        : []),
      event("response.output_item.done", { output_index: block.index, item: item(block) }),
    ],
  });

  return {
    ...blocks,
    end({ finish, usage, mark }) {
      const closed = blocks.close();
      if (!mark) return closed;
      const reason = incomplete[finish ?? ""];
      const status = reason === undefined ? "completed" : "incomplete";
      const incomplete_details = reason === undefined ? null : { reason };
      const response = {
        ...envelope(head, status),
        incomplete_details,
        ...(usage && { usage: usageBlock(usage) }),
      };
      return [...closed, event(`response.${status}`, { response })];
    },
    failure: ({ message, code }: Failure) => [
      ...blocks.close(),
      data({ type: "error", sequence_number: sequence++, code: code ?? null, message, param: null }),
    ],
  };
}

const prefixes = { text: "msg", reasoning: "rs", tool: "fc" };
const deltas = {
  text: "response.output_text.delta",
  reasoning: "response.reasoning_summary_text.delta",
  tool: "response.function_call_arguments.delta",
};
const indexes = { text: { content_index: 0 }, reasoning: { summary_index: 0 }, tool: {} };
const incomplete: Readonly<Record<string, string | undefined>> = {
  length: "max_output_tokens",
  content_filter: "content_filter",
};

const envelope = (head: ReplyHead, status: string) => ({
  id: `resp_${head.number}`,
  object: "response",
  created_at: 1,
  model: head.model,
  status,
});

const message = (id: string, text: string) => ({
  id,
  type: "message",
  status: "completed",
  role: "assistant",
  content: [{ type: "output_text", text, annotations: [] }],
});

function usageBlock(usage: NonNullable<ReplyEnd["usage"]>) {
  return {
    input_tokens: usage.input,
    input_tokens_details: { cached_tokens: usage.cached },
    output_tokens: usage.output,
    output_tokens_details: { reasoning_tokens: usage.reasoning },
    total_tokens: usage.input + usage.output,
  };
}

function readTurn(body: unknown): ModelTurn {
  const request = fields(body);
  const input = list(request.input).map(fields);
  const isSystem = ({ role }: Readonly<Record<string, unknown>>) => role === "system" || role === "developer";
  const system = input.filter(isSystem).map(({ content }) => textOf(content));
  if (typeof request.instructions === "string") system.unshift(request.instructions);
  return {
    model: String(request.model ?? ""),
    streamed: request.stream === true,
    system: system.join("\n"),
    messages: grouped(input.filter((item) => !isSystem(item))),
    tools: list(request.tools).map((tool) => String(fields(tool).name)),
  };
}

/** What the model said comes as one item for each text, reasoning and call; what follows each other is one message. */
function grouped(items: readonly Readonly<Record<string, unknown>>[]): TurnMessage[] {
  const messages: TurnMessage[] = [];
  for (const item of items) {
    const role = roleOf(item);
    const text = textOf(item.content);
    const last = messages.at(-1);
    if (role === "assistant" && last?.role === "assistant") {
      messages[messages.length - 1] = { role, text: last.text + text };
    } else messages.push({ role, text });
  }
  return messages;
}

function roleOf({ role, type }: Readonly<Record<string, unknown>>): string {
  if (typeof role === "string") return role;
  return type === "function_call_output" ? "tool" : "assistant";
}
