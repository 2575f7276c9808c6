import { isText } from "../../engine/bytes.ts";
import { EngineError } from "../../engine/errors.ts";
import { type DriverContent, type MessageContent, toContentList } from "../../engine/message.ts";
import { partIds } from "./ids.ts";

type WirePartInput = Readonly<Record<string, unknown>>;

export interface PromptBody {
  readonly messageID: string;
  readonly parts: readonly WirePartInput[];
}

/** The ids and parts of a prompt. Posting the same body again adds nothing. */
export function promptBody(content: DriverContent, messageID: string): PromptBody {
  const parts = toParts(content);
  const ids = partIds(messageID, parts.length);
  return { messageID, parts: parts.map((part, index) => ({ id: ids[index], ...part })) };
}

/** The parts alone, for messages whose ids the engine makes. */
export function toParts(content: DriverContent): readonly WirePartInput[] {
  return toContentList(content).map((part) => {
    const { type, text = "", url = "", mimeType = "", name } = part;
    if (type === "text") return { type, text };
    return { type: "file", ...(name && { filename: name }), ...attachment(part, url, mimeType) };
  });
}

/** What is passed on as it is, if the model reads it. Anything else has to be text: the engine knows no other kind. */
const MEDIA = /^(?:image\/(?!svg)|audio\/|video\/|application\/pdf$)/;

/** @throws EngineError `INVALID_REQUEST` for data that is neither text nor anything that models read */
function attachment({ name }: MessageContent, url: string, mimeType: string) {
  // Of what is on its disk the engine finds out itself; and what is not there would be no answer at all, if it were
  // announced as an image.
  if (/^file:/i.test(url)) return { url, mime: "text/plain" };
  if (MEDIA.test(mimeType)) return { url, mime: mimeType };
  const [head = "", data = ""] = splitOnce(url, ",");
  const isBase64 = /;base64$/i.test(head);
  if (!mimeType.startsWith("text/") && isBase64 && !holdsText(data)) {
    const what = name === undefined ? "An attachment" : `The attachment ${JSON.stringify(name)}`;
    const message = `${what} of the kind ${mimeType} is neither text nor an image, a PDF, audio or video: no model reads it.`;
    throw new EngineError("INVALID_REQUEST", message, { engine: "opencode" });
  }
  return { url: `data:text/plain${isBase64 ? ";base64" : ""},${data}`, mime: "text/plain" };
}

function splitOnce(text: string, separator: string): readonly string[] {
  const at = text.indexOf(separator);
  return [text.slice(0, at), text.slice(at + 1)];
}

function holdsText(base64: string): boolean {
  try {
    return isText(Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)));
  } catch {
    return false;
  }
}
