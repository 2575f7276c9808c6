import type { PromptEvent, ToolCall } from "@quantumreef/engine-client";

export interface FoldedTurn {
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly ToolCall[];
}

/** What somebody who only iterates a prompt knows at the end; written without a look at the package's own fold. */
export function foldPrompt(events: readonly PromptEvent[]): FoldedTurn {
  const parts = new Map<string, { kind: "text" | "reasoning"; text: string }>();
  const toolCalls = new Map<string, ToolCall>();
  for (const event of events) {
    if (event.type === "text_delta" || event.type === "reasoning_delta") {
      const kind = event.type === "text_delta" ? "text" : "reasoning";
      const part = parts.get(event.partId) ?? { kind, text: "" };
      if (part.text.length !== event.offset)
        throw new Error(`A delta at ${event.offset} follows ${part.text.length}.`);
      parts.set(event.partId, { ...part, text: part.text + event.delta });
    } else if (event.type === "text_reset") {
      const part = parts.get(event.partId) ?? { kind: "text" as const, text: "" };
      parts.set(event.partId, { ...part, text: event.text });
    } else if (event.type === "tool_call_start" && toolCalls.has(event.toolCall.id)) {
      throw new Error(`Tool call ${event.toolCall.id} starts twice.`);
    } else if ("toolCall" in event) {
      toolCalls.set(event.toolCall.id, event.toolCall);
    }
  }
  const join = (wanted: string) =>
    [...parts.values()].map(({ kind, text }) => (kind === wanted ? text : "")).join("");
  return { text: join("text"), reasoning: join("reasoning"), toolCalls: [...toolCalls.values()] };
}

export async function collect<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}
