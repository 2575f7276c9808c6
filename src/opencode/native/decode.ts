import type { DriverMessage, DriverPart, DriverSession } from "../../engine/driver-events.ts";
import type { Attachment, StopReason, ToolCall, ToolCallStatus, Usage } from "../../engine/message.ts";
import type { QuestionRequest } from "../../engine/permission.ts";
import type { RetryNotice, SessionRevert } from "../../engine/session.ts";
import type { Todo } from "../../engine/todo.ts";
import { diffOfMetadata } from "./decode-diff.ts";
import { decodeError } from "./errors.ts";
import { providerWords } from "./provider-words.ts";
import type { WireAttachment, WireMessage, WireMessageInfo, WirePart } from "./schema/message.ts";
import type { WireQuestion } from "./schema/requests.ts";
import type { WireSession, WireStatus, WireTodo } from "./schema/session.ts";

/** While it is made. Setting what is there costs a third of spreading it, and this is done for every part. */
type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function decodeSession(wire: WireSession): DriverSession {
  const { id, title, directory, parentID, model, time, metadata, revert } = wire;
  return {
    id,
    title,
    createdAt: time.created,
    updatedAt: time.updated,
    ...(model ? { model: modelName(model.providerID, model.id ?? model.modelID) } : {}),
    ...(directory ? { workingDirectory: directory } : {}),
    ...(parentID ? { parentId: parentID } : {}),
    ...(time.archived ? { archived: true } : {}),
    ...(metadata?.starred === true ? { starred: true } : {}),
    ...(typeof metadata?.systemPrompt === "string" ? { systemPrompt: metadata.systemPrompt } : {}),
    ...(revert ? { revert: decodeRevert(revert) } : {}),
  };
}

function decodeRevert({ messageID, partID, snapshot }: NonNullable<WireSession["revert"]>): SessionRevert {
  // Without a snapshot of the files there was nothing that they could be set to.
  return { messageId: messageID, ...(partID ? { partId: partID } : {}), filesRestored: Boolean(snapshot) };
}

export function decodeMessage({ info, parts }: WireMessage): DriverMessage {
  const message: Writable<DriverMessage> = decodeMessageInfo(info);
  message.parts = decodeParts(parts);
  if (parts.some(continuesTurn)) message.continues = true;
  return message;
}

export function decodeMessageInfo(wire: WireMessageInfo): DriverMessage {
  const { id, sessionID, role, time, parentID, model, finish, error } = wire;
  const isUser = role === "user";
  const provider = model?.providerID ?? wire.providerID;
  const turnId = isUser ? id : parentID;
  const usage = isUser ? undefined : decodeUsage(wire);
  const message: Writable<DriverMessage> = {
    id,
    sessionId: sessionID,
    role: isUser ? "user" : "assistant",
    createdAt: time.created,
  };
  if (turnId) message.turnId = turnId;
  if (time.completed) message.completedAt = time.completed;
  if (provider) message.model = modelName(provider, model?.modelID ?? model?.id ?? wire.modelID ?? undefined);
  if (usage) message.usage = usage;
  if (finish) message.stopReason = decodeStopReason(finish);
  if (error) message.error = decodeError(error, provider ?? undefined);
  if (!isUser && wire.summary === true) message.summary = true;
  return message;
}

/** What the engine tells its model when a command has run as a subagent. */
const AFTER_SUBAGENT = "Summarize the task tool output above";

/** Does this part stand in a message that the engine wrote to itself, to go on with the turn? */
export function continuesTurn({ type, auto, metadata, synthetic, text }: WirePart): boolean {
  if (type === "compaction") return auto === true;
  return (
    metadata?.compaction_continue === true ||
    (synthetic === true && text?.startsWith(AFTER_SUBAGENT) === true)
  );
}

/**
 * The parts of a message as it is kept. Text that was being written when the engine began another step had to be given
 * up: whoever followed it has seen it withdrawn, and the engine keeps nothing of it.
 */
function decodeParts(wires: readonly WirePart[]): readonly DriverPart[] {
  const lastStep = wires.findLastIndex(({ type }) => type === "step-start");
  const parts: DriverPart[] = [];
  for (const [index, wire] of wires.entries()) {
    const part = decodePart(wire);
    if (part === undefined) continue;
    parts.push(part.complete || index > lastStep ? part : { ...part, complete: true });
  }
  return parts;
}

/** `undefined` for parts that are the engine's own bookkeeping (steps, snapshots, patches). */
export function decodePart(wire: WirePart): DriverPart | undefined {
  const { id, type, text = "", time } = wire;
  switch (type) {
    case "text":
    case "reasoning": {
      // What a person wrote has no time; what a model writes has its end only when it is whole.
      const complete = !time || time.end != null;
      if (type === "reasoning") return { part: { type, id, text }, complete };
      return { part: { type, id, text, ...(wire.synthetic ? { synthetic: true } : {}) }, complete };
    }
    case "tool": {
      const toolCall = decodeToolCall(wire);
      return toolCall && { part: { type, id, toolCall }, complete: true };
    }
    case "file":
      return { part: { id, ...decodeAttachment(wire) }, complete: true };
    default:
      return undefined;
  }
}

function decodeAttachment({ mime, url, filename }: WireAttachment): Attachment {
  return {
    type: mime?.startsWith("image/") ? "image" : "file",
    url: url ?? "",
    ...(mime ? { mimeType: mime } : {}),
    ...(filename ? { name: filename } : {}),
  };
}

/** While the engine waits before it asks its model again. */
export function decodeRetry(
  { type, attempt, message, next }: WireStatus,
  now: number,
): RetryNotice | undefined {
  if (type !== "retry") return undefined;
  return { attempt: attempt ?? 1, message: providerWords(message ?? "").message, nextAt: next ?? now };
}

export function decodeQuestion(wire: WireQuestion, createdAt: number): QuestionRequest {
  const { id, sessionID, questions, tool } = wire;
  return {
    questionId: id,
    sessionId: sessionID,
    createdAt,
    questions: questions.map(({ question, header, options = [], multiple }) => ({
      question,
      options: options.map(({ label, description }) => ({ label, ...(description ? { description } : {}) })),
      ...(header ? { header } : {}),
      ...(multiple ? { multiple } : {}),
    })),
    ...(tool ? { messageId: tool.messageID } : {}),
    ...(tool?.callID ? { toolCallId: tool.callID } : {}),
  };
}

export function decodeTodo({ content, status, priority }: WireTodo): Todo {
  return { content, status, priority: priority ?? "medium" };
}

/** `provider/model`. */
export function modelName(provider: string, model: string | undefined): string {
  return model === undefined ? provider : `${provider}/${model}`;
}

function decodeToolCall({ tool, callID, state, id }: WirePart): ToolCall | undefined {
  if (tool === undefined || state === undefined) return undefined;
  const { input, title, error, time, metadata, attachments } = state;
  // While a command runs, what it has printed so far is in the metadata.
  const output = state.output ?? (typeof metadata?.output === "string" ? metadata.output : undefined);
  const diff = diffOfMetadata(metadata);
  const call: Writable<ToolCall> = {
    id: callID ?? id,
    name: tool,
    input: input ?? {},
    status: TOOL_STATUS[state.status],
  };
  if (title) call.title = title;
  if (output != null) call.output = output;
  if (typeof metadata?.outputPath === "string") call.outputPath = metadata.outputPath;
  if (error) call.error = error;
  if (time?.start != null) call.startedAt = time.start;
  if (time?.end != null) call.endedAt = time.end;
  if (diff) call.diff = diff;
  if (attachments?.length) call.attachments = attachments.map(decodeAttachment);
  if (tool === "task" && typeof metadata?.sessionId === "string") call.childSessionId = metadata.sessionId;
  return call;
}

const TOOL_STATUS = {
  pending: "pending",
  running: "running",
  completed: "success",
  error: "error",
} as const satisfies Record<string, ToolCallStatus>;

function decodeUsage({ tokens, cost }: WireMessageInfo): Usage | undefined {
  if (!tokens) return undefined;
  const { input, output, reasoning, cache: { read, write } = {} } = tokens;
  // Of an answer that is not finished, or whose provider tells nothing, all of it is 0.
  if (!input && !output && !reasoning && !read && !write && !cost) return undefined;
  return {
    inputTokens: input,
    outputTokens: output,
    ...(reasoning === undefined ? {} : { reasoningTokens: reasoning }),
    ...(read === undefined ? {} : { cachedTokens: read }),
    ...(write === undefined ? {} : { cacheWriteTokens: write }),
    ...(cost == null ? {} : { costUsd: cost }),
  };
}

function decodeStopReason(finish: string): StopReason {
  return finish.replaceAll("-", "_");
}
