import { kindOf, toDataUrl, UNKNOWN_KIND } from "../engine/bytes.ts";
import { EngineError } from "../engine/errors.ts";
import type { DriverContent, MessageContent } from "../engine/message.ts";
import type { LineRange, PromptContent } from "../engine/prompt-content.ts";
import { download } from "../http/download.ts";
import { toFileUrl, withLines } from "./file-url.ts";

/** What has to be known to read a prompt's content. */
export interface ContentContext {
  /** The session's; asked for only where a path is relative. */
  workingDirectory(): Promise<string | undefined>;
  /** The engine fetches from `http:` addresses itself. */
  readonly takesUrls: boolean;
  readonly signal?: AbortSignal | undefined;
}

interface Details {
  readonly type?: MessageContent["type"] | undefined;
  readonly mimeType?: string | undefined;
  readonly name?: string | undefined;
  readonly lines?: LineRange | undefined;
}

/**
 * Makes text and addresses of what a caller gave. Nothing of the client's disk is read: paths are the engine's.
 * @throws EngineError `INVALID_REQUEST` for what is no content, says nothing, or can't be had
 */
export async function readContent(content: PromptContent, context: ContentContext): Promise<DriverContent> {
  const list = await readParts(content, context);
  if (list.every(({ text = "", url }) => url === undefined && text.trim() === "")) {
    throw new EngineError("INVALID_REQUEST", "The prompt is empty. Give it a text, or something attached.");
  }
  return typeof content === "string" ? content : list;
}

/** As `readContent`, where there may be nothing. */
export function readParts(
  content: PromptContent,
  context: ContentContext,
): Promise<readonly MessageContent[]> {
  const parts: readonly unknown[] = Array.isArray(content) ? content : [content];
  return Promise.all(parts.map((part) => readPart(part, context)));
}

/** Of anything: code without types can pass it. */
async function readPart(part: unknown, context: ContentContext): Promise<MessageContent> {
  if (typeof part === "string") return { type: "text", text: part };
  if (part instanceof URL) return fromUrl(part.href, {}, context);
  if (isData(part)) return fromData(part, {});
  if (typeof part !== "object" || part === null) throw noContent();
  if (isMessageContent(part)) {
    if (part.type === "text") return part;
    if (part.url === undefined) throw noContent();
    return fromUrl(part.url, part, context);
  }
  const details = detailsOf(part);
  if ("data" in part && isData(part.data)) return fromData(part.data, details);
  if ("path" in part && typeof part.path === "string") {
    const { path } = part;
    const isRelative = !/^(?:[\\/]|[a-z]:[\\/])/i.test(path);
    const url = toFileUrl(path, isRelative ? await context.workingDirectory() : undefined);
    return fromUrl(url, details, context);
  }
  if ("url" in part && (typeof part.url === "string" || part.url instanceof URL)) {
    return fromUrl(String(part.url), details, context);
  }
  throw noContent();
}

async function fromUrl(given: string, details: Details, context: ContentContext): Promise<MessageContent> {
  const [, scheme = ""] = /^([a-z][a-z0-9+.-]+):/i.exec(given) ?? [];
  switch (scheme.toLowerCase()) {
    case "data": {
      const mimeType =
        details.mimeType ?? (/^data:([^;,]*)/i.exec(given)?.[1]?.toLowerCase() || "text/plain");
      return attached(given, mimeType, details);
    }
    case "file": {
      const url = details.lines === undefined ? given : withLines(given, details.lines);
      return attached(url, details.mimeType, { name: nameIn(given), ...defined(details) });
    }
    case "http":
    case "https": {
      if (context.takesUrls) return attached(given, details.mimeType, details);
      const { bytes, mimeType } = await download(given, context.signal);
      const named = { name: nameIn(given), ...defined(details) };
      return fromBytes(bytes, details.mimeType ?? mimeType, named);
    }
    default: {
      const shown = JSON.stringify(given.slice(0, 80));
      const message = `An attachment can't be at ${shown}: give a data:, file:, http: or https: address, a file of the engine as { path }, or { data }.`;
      throw new EngineError("INVALID_REQUEST", message);
    }
  }
}

async function fromData(data: Blob | Uint8Array | ArrayBuffer, details: Details): Promise<MessageContent> {
  if (!(data instanceof Blob)) {
    return fromBytes(data instanceof Uint8Array ? data : new Uint8Array(data), details.mimeType, details);
  }
  const name = "name" in data && typeof data.name === "string" ? data.name : undefined;
  const bytes = new Uint8Array(await data.arrayBuffer());
  return fromBytes(bytes, details.mimeType ?? data.type, { name, ...defined(details) });
}

function fromBytes(bytes: Uint8Array, told: string | undefined, details: Details): MessageContent {
  const isTold = told !== undefined && told !== "" && told !== UNKNOWN_KIND;
  const mimeType = isTold ? told : kindOf(bytes);
  return attached(toDataUrl(bytes, mimeType), mimeType, details);
}

function attached(url: string, mimeType: string | undefined, { type, name }: Details): MessageContent {
  const kind = type ?? (mimeType?.startsWith("image/") ? "image" : "file");
  return { type: kind, url, ...(mimeType && { mimeType }), ...(name && { name }) };
}

function nameIn(url: string): string | undefined {
  const last = new URL(url).pathname.split("/").at(-1) ?? "";
  try {
    return decodeURIComponent(last) || undefined;
  } catch {
    return last;
  }
}

function detailsOf(part: object): Details {
  const { mimeType, name, lines }: { mimeType?: unknown; name?: unknown; lines?: unknown } = part;
  return {
    mimeType: typeof mimeType === "string" ? mimeType : undefined,
    name: typeof name === "string" ? name : undefined,
    lines: lines === undefined ? undefined : toRange(lines),
  };
}

function toRange(lines: unknown): LineRange {
  const [first, last]: readonly unknown[] = Array.isArray(lines) ? lines : [];
  return [Number(first), last === undefined ? undefined : Number(last)];
}

function defined({ name, type }: Details): Details {
  return { ...(name && { name }), ...(type && { type }) };
}

function isData(value: unknown): value is Blob | Uint8Array | ArrayBuffer {
  return value instanceof Blob || value instanceof Uint8Array || value instanceof ArrayBuffer;
}

function isMessageContent(value: object): value is MessageContent {
  return "type" in value && (value.type === "text" || value.type === "image" || value.type === "file");
}

function noContent(): EngineError {
  const message =
    "A prompt is made of strings, { path }, { url }, { data } and { type, text?, url?, mimeType? }; this is none of them.";
  return new EngineError("INVALID_REQUEST", message);
}
