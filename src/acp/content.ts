import type { Attachment } from "../engine/message.ts";
import type { WireContent } from "./schema.ts";

/** The text of a block of content; `undefined`: it is something else. */
export function textOf(content: WireContent): string | undefined {
  if (content.type === "text") return content.text ?? "";
  if (content.type === "resource") return content.resource?.text ?? undefined;
  return undefined;
}

/** What is no text, as what stands in a message. `undefined`: there is nothing to show. */
export function attachmentOf(content: WireContent): Attachment | undefined {
  const { type, data, resource } = content;
  const mimeType = content.mimeType ?? resource?.mimeType ?? undefined;
  const blob = data ?? resource?.blob;
  const kind = type === "image" || mimeType?.startsWith("image/") ? "image" : "file";
  const name = content.name ?? undefined;
  const more = { ...(mimeType === undefined ? {} : { mimeType }), ...(name === undefined ? {} : { name }) };
  if (blob != null)
    return { type: kind, url: `data:${mimeType ?? "application/octet-stream"};base64,${blob}`, ...more };
  const url = content.uri ?? resource?.uri;
  return url == null ? undefined : { type: kind, url, ...more };
}
