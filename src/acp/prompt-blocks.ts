import type { ContentBlock } from "@agentclientprotocol/sdk";
import type { PromptRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import { type MessageContent, toContentList } from "../engine/message.ts";

/** What an agent takes in a prompt besides text and links. */
export interface TakenContent {
  readonly image: boolean;
  readonly audio: boolean;
  readonly embeddedContext: boolean;
}

/**
 * A prompt as the agent gets it.
 * @throws EngineError `UNSUPPORTED` for content that the agent does not take
 */
export function promptBlocks(
  { content, command }: Pick<PromptRequest, "content" | "command">,
  taken: TakenContent,
): ContentBlock[] {
  const blocks = toContentList(content).map((one) => blockOf(one, taken));
  if (command === undefined) return blocks;
  // A command is a prompt that begins with its name.
  return [{ type: "text", text: `/${command.name} ${command.arguments}`.trimEnd() }, ...blocks];
}

function blockOf(
  { type, text = "", url, mimeType, name }: MessageContent,
  taken: TakenContent,
): ContentBlock {
  if (type === "text" || url === undefined) return { type: "text", text };
  const data = dataIn(url);
  if (data === undefined) {
    const link = { type: "resource_link", uri: url, name: name ?? nameIn(url) } as const;
    return mimeType === undefined ? link : { ...link, mimeType };
  }
  const kind = mimeType ?? data.mimeType;
  if (kind.startsWith("image/")) {
    if (!taken.image) throw notTaken("images", name);
    return { type: "image", data: data.base64, mimeType: kind };
  }
  if (kind.startsWith("audio/") && taken.audio) return { type: "audio", data: data.base64, mimeType: kind };
  if (!taken.embeddedContext) throw notTaken("files that are not on its disk", name);
  const uri = `attachment:///${encodeURIComponent(name ?? "attachment")}`;
  const isText = kind.startsWith("text/") || /[/+](json|xml|yaml)$/.test(kind);
  const resource = isText
    ? { uri, mimeType: kind, text: Buffer.from(data.base64, "base64").toString() }
    : { uri, mimeType: kind, blob: data.base64 };
  return { type: "resource", resource };
}

function dataIn(url: string): { readonly mimeType: string; readonly base64: string } | undefined {
  const found = /^data:([^,]*?)(;base64)?,/i.exec(url);
  if (found === null) return undefined;
  const [head, mimeType = "", isBase64] = found;
  const rest = url.slice(head.length);
  const base64 = isBase64 === undefined ? Buffer.from(decodeURIComponent(rest)).toString("base64") : rest;
  return { mimeType: mimeType.split(";")[0] || "text/plain", base64 };
}

function nameIn(url: string): string {
  return decodeURIComponent(/([^/?#]+)\/?(?:[?#].*)?$/.exec(url)?.[1] ?? url);
}

function notTaken(what: string, name: string | undefined): EngineError {
  const which = name === undefined ? "" : ` (${name})`;
  return new EngineError("UNSUPPORTED", `This agent takes no ${what}${which} in a prompt.`);
}
