import type { DriverMessage } from "../engine/driver-events.ts";
import type { Message, MessageContent, Part, ToolCall, ToolResult } from "../engine/message.ts";

/** A part while it grows. Its text is kept apart: appending to it must not copy the part. */
export interface PartState {
  part: Part;
  text: string;
  /** Nothing more will come. */
  complete: boolean;
  /** `false`: its beginning was missed, so deltas are held until its full text is told. */
  synced: boolean;
  /** `false`: of what it is nothing was told, only that it goes on. It has its place, and is not shown. */
  told: boolean;
}

/** All of a message but what it consists of. */
export type MessageInfo = Omit<DriverMessage, "parts" | "text" | "continues">;

/** A message of the working set. Only `reduceSession` changes it; `messageOf` shows it. */
export interface MessageState {
  info: MessageInfo;
  readonly parts: Map<string, PartState>;
  /** What `messageOf` made, until the next change. */
  shown: Message | undefined;
}

export function createMessageState(info: MessageInfo): MessageState {
  return { info, parts: new Map(), shown: undefined };
}

/** The message as it stands: immutable, and the same object until it changes. */
export function messageOf(state: MessageState): Message {
  state.shown ??= show(state);
  return state.shown;
}

export type TextLike = Extract<Part, { type: "text" | "reasoning" }>;

export function isText(part: Part): part is TextLike {
  return part.type === "text" || part.type === "reasoning";
}

function show({ info, parts }: MessageState): Message {
  const shownParts: Part[] = [];
  const toolCalls: ToolCall[] = [];
  const toolResults: ToolResult[] = [];
  for (const { part, text, told } of parts.values()) {
    if (!told) continue;
    shownParts.push(isText(part) && part.text !== text ? { ...part, text } : part);
    if (part.type !== "tool") continue;
    toolCalls.push(part.toolCall);
    const { id, status, output, error } = part.toolCall;
    if (status === "success") toolResults.push({ toolCallId: id, output: output ?? "" });
    if (status === "error") toolResults.push({ toolCallId: id, output: error ?? "", isError: true });
  }
  return {
    ...info,
    content: contentOf(shownParts),
    parts: shownParts,
    ...(toolCalls.length === 0 ? {} : { toolCalls }),
    ...(toolResults.length === 0 ? {} : { toolResults }),
  };
}

function contentOf(parts: readonly Part[]): MessageContent {
  let text = "";
  for (const part of parts) if (part.type === "text" && !part.synthetic) text += part.text;
  if (text !== "") return { type: "text", text };
  for (const part of parts) {
    if (part.type === "image" || part.type === "file") {
      return { type: part.type, url: part.url, mimeType: part.mimeType };
    }
  }
  return { type: "text", text };
}
