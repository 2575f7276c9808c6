import type { AttachmentPart, FileDiff, Message, Part, ToolCall, Usage } from "../engine/message.ts";
import type { Session } from "../engine/session.ts";
import { usageOf } from "../engine/usage.ts";
import { code, fence, folded, inline, quote } from "./markup.ts";

/** A session for people to read: blocks, one below the other. */
export function writeMarkdown(session: Session, messages: readonly Message[]): string {
  const blocks = [`# ${inline(session.title) || "Untitled"}`, facts(session, messages)];
  return `${[...blocks, ...messages.flatMap(blocksOf)].join("\n\n")}\n`;
}

function facts(session: Session, messages: readonly Message[]): string {
  const { id, engineId, model, workingDirectory, status } = session;
  const usage = usageOf(messages);
  const lines = [
    `Session: ${code(id)} (${inline(status)})`,
    `Engine: ${code(engineId)}`,
    model === undefined ? "" : `Model: ${code(model)}`,
    workingDirectory === undefined ? "" : `Directory: ${code(workingDirectory)}`,
    `Time: ${time(session.createdAt)} to ${time(session.updatedAt)}`,
    usage === undefined ? "" : `Usage: ${describeUsage(usage)}`,
  ];
  return lines
    .filter((line) => line !== "")
    .map((line) => `- ${line}`)
    .join("\n");
}

function blocksOf(message: Message): readonly string[] {
  const { error, complete } = message;
  return [
    `## ${headingOf(message)}`,
    details(message),
    ...partsOf(message).flatMap((part) => blocksOfPart(part, message.role)),
    ...(error === undefined ? [] : [`**Error** ${code(error.code)}: ${inline(error.message)}`]),
    ...(complete === false ? ["**Incomplete**: this is only what was seen of it."] : []),
  ];
}

function headingOf({ role, summary }: Message): string {
  if (summary) return "Summary";
  return { user: "User", assistant: "Assistant", tool: "Tool" }[role];
}

/** When it was said, by which model, at what cost. */
function details({ createdAt, model, usage }: Message): string {
  return [
    time(createdAt),
    ...(model === undefined ? [] : [code(model)]),
    ...(usage === undefined ? [] : [describeUsage(usage)]),
  ].join(", ");
}

/** Of a message without parts: what is known of it otherwise. */
function partsOf({ id, parts, content, toolCalls = [], toolResults = [] }: Message): readonly Part[] {
  if (parts !== undefined) return parts;
  const { type, text = "", url = "", mimeType } = content;
  const said: Part = type === "text" ? { type, id, text } : { type, id, url, mimeType };
  const results = new Map(toolResults.map((result) => [result.toolCallId, result]));
  const calls = toolCalls.map((call) => {
    const { output, isError } = results.get(call.id) ?? {};
    results.delete(call.id);
    return isError ? { error: output, ...call } : { output, ...call };
  });
  // Results of calls that another message made.
  for (const { toolCallId, output, isError } of results.values()) {
    const outcome = isError
      ? ({ status: "error", error: output } as const)
      : ({ status: "success", output } as const);
    calls.push({ id: toolCallId, name: toolCallId, input: {}, ...outcome });
  }
  return [said, ...calls.map((toolCall): Part => ({ type: "tool", id: toolCall.id, toolCall }))];
}

function blocksOfPart(part: Part, role: Message["role"]): readonly string[] {
  switch (part.type) {
    case "text":
      if (part.text === "") return [];
      if (part.synthetic) return [folded("Added by the engine", part.text)];
      // A tool's words are no prose.
      return [role === "tool" ? fence(part.text) : quote(part.text)];
    case "reasoning":
      return part.text === "" ? [] : [folded("Reasoning", part.text)];
    case "tool":
      return blocksOfTool(part.toolCall);
    case "image":
    case "file":
      return [describeAttachment(part)];
    default:
      // A later kind, which this release does not know.
      return [];
  }
}

function blocksOfTool({
  name,
  title,
  status,
  input,
  output,
  error,
  diff = [],
  ...times
}: ToolCall): string[] {
  const { startedAt, endedAt } = times;
  const took =
    startedAt === undefined || endedAt === undefined
      ? ""
      : `, ${((endedAt - startedAt) / 1_000).toFixed(1)} s`;
  return [
    `### Tool: ${inline(name)}`,
    `**${inline(status)}**${took}${title === undefined ? "" : `: ${inline(title)}`}`,
    ...(Object.keys(input).length === 0 ? [] : ["Input:", fence(JSON.stringify(input, null, 2), "json")]),
    ...(output === undefined || output === "" ? [] : ["Output:", fence(output)]),
    ...(error === undefined ? [] : ["Error:", fence(error)]),
    ...diff.flatMap(blocksOfDiff),
  ];
}

function blocksOfDiff({ path, status, additions, deletions, patch }: FileDiff): readonly string[] {
  return [`File ${code(path)}, ${inline(status)}, +${additions} -${deletions}:`, fence(patch, "diff")];
}

function describeAttachment({ type, name, mimeType, url }: AttachmentPart): string {
  const kind = type === "image" ? "Image" : "File";
  const what = [name, mimeType].flatMap((fact) => (fact === undefined ? [] : code(fact))).join(", ");
  // The contents of a file are for the JSON form.
  const where = url.startsWith("data:") ? `in the message, ${url.length} characters` : code(url);
  return `**${kind}** ${what === "" ? "" : `${what}: `}${where}`;
}

function describeUsage(usage: Usage): string {
  const { inputTokens, outputTokens, reasoningTokens, cachedTokens, cacheWriteTokens, costUsd } = usage;
  return [
    `${inputTokens} tokens in`,
    `${outputTokens} out`,
    ...(reasoningTokens ? [`${reasoningTokens} reasoning`] : []),
    ...(cachedTokens ? [`${cachedTokens} from the cache`] : []),
    ...(cacheWriteTokens ? [`${cacheWriteTokens} into the cache`] : []),
    ...(costUsd === undefined ? [] : [`$${costUsd.toFixed(5)}`]),
  ].join(", ");
}

function time(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime())
    ? "at no known time"
    : date.toISOString().replace("T", " ").replace("Z", " UTC");
}
