import { type PromptContent, toContentList } from "../../engine/message.ts";
import { partIds } from "./ids.ts";

interface PromptBody {
  readonly messageID: string;
  readonly parts: readonly Readonly<Record<string, unknown>>[];
}

/** The ids and parts of a prompt. Posting the same body again adds nothing. */
export function promptBody(content: PromptContent, messageID: string): PromptBody {
  const parts = toParts(content);
  const ids = partIds(messageID, parts.length);
  return { messageID, parts: parts.map((part, index) => ({ id: ids[index], ...part })) };
}

/** The parts alone, for messages whose ids the engine makes. */
export function toParts(content: PromptContent): readonly Readonly<Record<string, unknown>>[] {
  return toContentList(content).map(({ type, text, url, mimeType }) => {
    if (type === "text") return { type, text: text ?? "" };
    return {
      type: "file",
      url: url ?? "",
      mime: mimeType ?? (type === "image" ? "image/png" : "text/plain"),
    };
  });
}
