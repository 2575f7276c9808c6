import type { MessageContent, PromptContent } from "../../engine/message.ts";
import { mintMessageId, mintPartIds } from "./ids.ts";

interface PromptBody {
  readonly messageID: string;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
}

/** The ids and parts of a prompt. Posting the same body again adds nothing. */
export function promptBody(content: PromptContent, newest: string | undefined): PromptBody {
  const messageID = mintMessageId(newest);
  const parts = toParts(content);
  const ids = mintPartIds(messageID, parts.length);
  return { messageID, parts: parts.map((part, index) => ({ id: ids[index], ...part })) };
}

/** The parts alone, for messages whose ids the engine makes. */
export function toParts(content: PromptContent): readonly Readonly<Record<string, unknown>>[] {
  if (typeof content === "string") return [{ type: "text", text: content }];
  const list: readonly MessageContent[] = "type" in content ? [content] : content;
  return list.map(({ type, text, url, mimeType }) => {
    if (type === "text") return { type, text: text ?? "" };
    return {
      type: "file",
      url: url ?? "",
      mime: mimeType ?? (type === "image" ? "image/png" : "text/plain"),
    };
  });
}
