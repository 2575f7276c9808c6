import { diffOfTexts } from "../diff/text-diff.ts";
import type { Attachment, FileDiff, ToolCall, ToolCallStatus } from "../engine/message.ts";
import { attachmentOf, textOf } from "./content.ts";
import type { WireToolCall, WireToolContent } from "./schema.ts";
import { MOST_OUTPUT } from "./terminal-output.ts";
import { shownIn, toolNameIn } from "./vendor-fields.ts";

/** A call as far as it was told, and where more of its output comes from. */
export interface ToldToolCall {
  readonly toolCall: ToolCall;
  /** Terminals of the client in which it runs its command. */
  readonly terminals: readonly string[];
  /** What it has shown, of an agent that tells that as it comes. */
  readonly streamed: string;
  /** What was said of it before it ran: what it is about, and no output. */
  readonly announced: string | undefined;
}

export interface ToolCallContext {
  /** Unix milliseconds; absent: what is told happened some time ago. */
  readonly now?: number | undefined;
  /** Why it failed, where the agent does not say. */
  readonly failure?: string | undefined;
  /** What a terminal has shown so far. */
  terminalOutput(terminalId: string): string | undefined;
}

const STATUS: ReadonlyMap<string, ToolCallStatus> = new Map([
  ["pending", "pending"],
  ["in_progress", "running"],
  ["completed", "success"],
  ["failed", "error"],
]);

/** What is told of a call added to what was: what an update leaves out stays. */
export function mergeToolCall(
  before: ToldToolCall | undefined,
  update: WireToolCall,
  context: ToolCallContext,
): ToldToolCall {
  const known = before?.toolCall;
  const status = STATUS.get(update.status ?? "") ?? known?.status ?? "pending";
  const content = update.content == null ? undefined : readContent(update.content);
  const terminals = content?.terminals ?? before?.terminals ?? [];
  const streamed = ((before?.streamed ?? "") + (shownIn(update._meta) ?? "")).slice(-MOST_OUTPUT);
  const shown = [...terminals.flatMap((id) => context.terminalOutput(id) ?? []), streamed]
    .filter(Boolean)
    .join("\n");
  const isPending = status === "pending";
  const announced = isPending ? (content?.text ?? before?.announced) : before?.announced;
  // What an update leaves out stays: with nothing else at its end, what was said before is all that there is.
  const isAll = status === "success" && update.content == null && known?.output === undefined;
  const told = isPending
    ? undefined
    : (outputIn(update.rawOutput, content) ?? (isAll ? announced : undefined));
  const output = [told ?? (shown === "" ? known?.output : undefined), shown].filter(Boolean).join("\n");
  const isOver = status === "success" || status === "error";
  const diff = status === "error" ? undefined : (content?.diff ?? known?.diff);
  const attachments = content?.attachments ?? known?.attachments;
  const startedAt = known?.startedAt ?? context.now;
  const endedAt = known?.endedAt ?? (isOver ? context.now : undefined);
  const title = update.title ?? known?.title;
  const toolCall: ToolCall = {
    id: update.toolCallId,
    // Policies and people go by what it was called first.
    name: known === undefined || known.name === UNNAMED ? (nameOf(update) ?? UNNAMED) : known.name,
    input: inputIn(update.rawInput) ?? known?.input ?? {},
    status,
    ...(title === undefined ? {} : { title }),
    ...(output === "" && status !== "success" ? {} : { output }),
    ...(status === "error"
      ? { error: output === "" ? (context.failure ?? "The tool failed.") : output }
      : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(diff === undefined ? {} : { diff }),
    ...(attachments === undefined ? {} : { attachments }),
  };
  return { toolCall, terminals, streamed, announced };
}

const UNNAMED = "other";

/** The agent's name of the tool, if it says one; else the kind of tool that it is, for example `"execute"`. */
function nameOf({ name, kind, _meta }: WireToolCall): string | undefined {
  return name ?? toolNameIn(_meta) ?? kind ?? undefined;
}

/** Of the protocol. */
const KINDS: ReadonlySet<string> = new Set([
  "read",
  "edit",
  "delete",
  "move",
  "search",
  "execute",
  "think",
  "fetch",
  "switch_mode",
  UNNAMED,
]);

/** What a tool is called that the agent asks for: a kind is what it says now, a name what it said before. */
export function nameAsked({ name, kind, _meta }: WireToolCall, known: string): string {
  return name ?? toolNameIn(_meta) ?? (KINDS.has(known) ? (kind ?? known) : known);
}

interface ReadContent {
  readonly text: string | undefined;
  readonly diff: readonly FileDiff[] | undefined;
  readonly attachments: readonly Attachment[] | undefined;
  readonly terminals: readonly string[];
}

function readContent(list: readonly WireToolContent[]): ReadContent {
  const texts: string[] = [];
  const diff: FileDiff[] = [];
  const attachments: Attachment[] = [];
  const terminals: string[] = [];
  for (const { type, content, path, oldText, newText, terminalId } of list) {
    if (type === "diff" && path != null) diff.push(diffOfTexts(path, oldText ?? undefined, newText ?? ""));
    else if (type === "terminal" && terminalId != null) terminals.push(terminalId);
    else if (content != null) {
      const text = textOf(content);
      const attachment = text === undefined ? attachmentOf(content) : undefined;
      if (text !== undefined) texts.push(text);
      if (attachment !== undefined) attachments.push(attachment);
    }
  }
  return {
    text: texts.length === 0 ? undefined : texts.join("\n"),
    diff: diff.length === 0 ? undefined : diff,
    attachments: attachments.length === 0 ? undefined : attachments,
    terminals,
  };
}

function inputIn(raw: unknown): Readonly<Record<string, unknown>> | undefined {
  if (raw === undefined || raw === null) return undefined;
  return isRecord(raw) ? raw : { input: raw };
}

/** The tool's own output goes before what the agent makes of it, which may be in Markdown, or for its model. */
function outputIn(raw: unknown, content: ReadContent | undefined): string | undefined {
  if (typeof raw === "string") return raw;
  const output = isRecord(raw) ? raw.output : undefined;
  if (typeof output === "string") return output;
  if (content?.text !== undefined) return content.text;
  // Content that is told takes the place of what was told before, also where it is none.
  const none = content === undefined ? undefined : "";
  if (raw === undefined || raw === null || content?.diff !== undefined) return none;
  for (const key of ["error", "stdout"]) {
    const value = isRecord(raw) ? raw[key] : undefined;
    if (typeof value === "string") return value;
  }
  return JSON.stringify(raw);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
