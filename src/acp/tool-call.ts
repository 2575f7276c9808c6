import { diffOfTexts } from "../diff/text-diff.ts";
import type { Attachment, FileDiff, ToolCall, ToolCallStatus } from "../engine/message.ts";
import { attachmentOf, textOf } from "./content.ts";
import type { WireToolCall, WireToolContent } from "./schema.ts";

/** A call as far as it was told, and where more of its output comes from. */
export interface ToldToolCall {
  readonly toolCall: ToolCall;
  /** Terminals of the client in which it runs its command. */
  readonly terminals: readonly string[];
}

export interface ToolCallContext {
  /** Unix milliseconds; absent: what is told happened some time ago. */
  readonly now?: number | undefined;
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
  const shown = terminals.flatMap((id) => context.terminalOutput(id) ?? []).join("\n");
  const told = content?.text ?? outputIn(update.rawOutput);
  const output = [told ?? (shown === "" ? known?.output : undefined), shown].filter(Boolean).join("\n");
  const isOver = status === "success" || status === "error";
  const diff = status === "error" ? undefined : (content?.diff ?? known?.diff);
  const attachments = content?.attachments ?? known?.attachments;
  const startedAt = known?.startedAt ?? context.now;
  const endedAt = known?.endedAt ?? (isOver ? context.now : undefined);
  const title = update.title ?? known?.title;
  const toolCall: ToolCall = {
    id: update.toolCallId,
    name: nameOf(update) ?? known?.name ?? "other",
    input: inputIn(update.rawInput) ?? known?.input ?? {},
    status,
    ...(title === undefined ? {} : { title }),
    ...(output === "" && status !== "success" ? {} : { output }),
    ...(status === "error" ? { error: output === "" ? "The tool failed." : output } : {}),
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(diff === undefined ? {} : { diff }),
    ...(attachments === undefined ? {} : { attachments }),
  };
  return { toolCall, terminals };
}

/** The agent's name of the tool, if it says one; else the kind of tool that it is, for example `"execute"`. */
export function nameOf({ name, kind, _meta }: WireToolCall): string | undefined {
  const claude = _meta?.claudeCode;
  const known: unknown =
    typeof claude === "object" && claude !== null ? Reflect.get(claude, "toolName") : undefined;
  return name ?? (typeof known === "string" ? known : undefined) ?? kind ?? undefined;
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

/** Where an agent tells no content, what it calls its raw output is what there is. */
function outputIn(raw: unknown): string | undefined {
  if (raw === undefined || raw === null) return undefined;
  if (typeof raw === "string") return raw;
  if (isRecord(raw)) {
    for (const key of ["output", "error", "stdout"]) {
      const value = raw[key];
      if (typeof value === "string") return value;
    }
  }
  return JSON.stringify(raw);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
