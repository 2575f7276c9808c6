import type { EngineEvent } from "../../src/engine/events.ts";
import type { Message, Part } from "../../src/engine/message.ts";

/** A message as one who only listens has it: what was told whole, and the parts as they are by now. */
export interface HeardMessage {
  readonly info: Readonly<Record<string, unknown>>;
  readonly parts: readonly Part[];
}

/**
 * Keeps messages by the public events alone, as a user interface would. It throws where the events contradict
 * themselves: a delta that does not follow what is there, or news of a message that was never told.
 */
export function foldMessages(events: readonly EngineEvent[]): ReadonlyMap<string, HeardMessage> {
  const heard = new Map<string, HeardMessage>();
  const change = (messageId: string, next: (parts: readonly Part[]) => readonly Part[]) => {
    const message = heard.get(messageId);
    if (message === undefined) throw new Error(`News of ${messageId}, which was never told`);
    heard.set(messageId, { ...message, parts: next(message.parts) });
  };

  for (const event of events) {
    switch (event.type) {
      case "message_created":
      case "message_updated":
        heard.set(event.message.id, hear(event.message));
        break;
      case "message_delta":
        change(event.messageId, (parts) => {
          const { partId, kind, offset, delta } = event;
          const known = parts.find(({ id, type }) => id === partId && type === kind);
          const text = known !== undefined && "text" in known ? known.text : "";
          if (text.length !== offset) throw new Error(`${partId}: ${offset} after ${text.length}`);
          const next: Part = { ...known, type: kind, id: partId, text: text + delta };
          return known === undefined ? [...parts, next] : parts.map((part) => (part === known ? next : part));
        });
        break;
      case "tool_call_updated":
        change(event.messageId, (parts) => {
          const { toolCall } = event;
          const isIt = (part: Part) => part.type === "tool" && part.toolCall.id === toolCall.id;
          const next: Part = { type: "tool", id: toolCall.id, toolCall };
          return parts.some(isIt) ? parts.map((part) => (isIt(part) ? next : part)) : [...parts, next];
        });
        break;
      default:
        break;
    }
  }
  return heard;
}

/** What is derived of the parts is left out; tool parts go by the id of their call, for that is what events name. */
export function hear({
  parts = [],
  content: _,
  toolCalls: __,
  toolResults: ___,
  ...info
}: Message): HeardMessage {
  return {
    info,
    parts: parts.map((part) => (part.type === "tool" ? { ...part, id: part.toolCall.id } : part)),
  };
}
