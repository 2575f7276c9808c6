import type { ToolCall } from "../../src/engine/message.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";

/** What the events of a prompt add up to. */
export interface FoldedPrompt {
  /** By part, in the order in which the parts were first heard of. */
  readonly texts: ReadonlyMap<string, { readonly kind: "text" | "reasoning"; readonly text: string }>;
  /** In the order in which they started. */
  readonly toolCalls: readonly ToolCall[];
  readonly resets: readonly string[];
}

/**
 * Reads a prompt as its documentation says and believes nothing else. It throws where the events contradict
 * themselves: a delta that does not follow what was told, a call that starts or ends twice or was never begun.
 */
export function foldPrompt(events: readonly PromptEvent[]): FoldedPrompt {
  const texts = new Map<string, { kind: "text" | "reasoning"; text: string }>();
  const toolCalls = new Map<string, ToolCall>();
  const over = new Set<string>();
  const resets: string[] = [];

  const needStarted = (id: string, what: string) => {
    if (!toolCalls.has(id)) throw new Error(`${what} of the tool call ${id}, which never started`);
    if (over.has(id)) throw new Error(`${what} of the tool call ${id}, which is over`);
  };

  for (const event of events) {
    switch (event.type) {
      case "text_delta":
      case "reasoning_delta": {
        const kind = event.type === "text_delta" ? "text" : "reasoning";
        const known = texts.get(event.partId) ?? { kind, text: "" };
        if (known.kind !== kind) throw new Error(`${event.partId} is ${known.kind}, and now ${kind}`);
        if (known.text.length !== event.offset)
          throw new Error(`${event.partId}: a delta at ${event.offset} after ${known.text.length}`);
        if (event.delta === "") throw new Error(`${event.partId}: an empty delta`);
        texts.set(event.partId, { kind, text: known.text + event.delta });
        break;
      }
      case "text_reset": {
        const known = texts.get(event.partId);
        if (known === undefined) throw new Error(`${event.partId}: a reset of what was never told`);
        texts.set(event.partId, { ...known, text: event.text });
        resets.push(event.text);
        break;
      }
      case "tool_call_start":
        if (toolCalls.has(event.toolCall.id)) throw new Error(`${event.toolCall.id} starts twice`);
        toolCalls.set(event.toolCall.id, event.toolCall);
        break;
      case "tool_call_update":
        needStarted(event.toolCall.id, "An update");
        toolCalls.set(event.toolCall.id, event.toolCall);
        break;
      case "tool_call_result":
        needStarted(event.toolCallId, "The result");
        toolCalls.set(event.toolCallId, event.toolCall);
        over.add(event.toolCallId);
        break;
      default:
        break;
    }
  }
  return { texts, toolCalls: [...toolCalls.values()], resets };
}
