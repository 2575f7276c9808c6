import type { DriverMessage, DriverPart, DriverSession } from "../../engine/driver-events.ts";
import type { FileDiff, StopReason, ToolCall, ToolCallStatus, Usage } from "../../engine/message.ts";
import type { PermissionRequest, QuestionRequest } from "../../engine/permission.ts";
import type { RetryNotice } from "../../engine/session.ts";
import { decodeError } from "./errors.ts";
import type {
  WireFileDiff,
  WireMessage,
  WireMessageInfo,
  WirePart,
  WirePermission,
  WireQuestion,
  WireSession,
  WireStatus,
} from "./schema.ts";
import { isFileDiff } from "./shapes.ts";

export function decodeSession(wire: WireSession): DriverSession {
  const { id, title, directory, parentID, model, time } = wire;
  return {
    id,
    title,
    createdAt: time.created,
    updatedAt: time.updated,
    ...(model ? { model: modelName(model.providerID, model.id ?? model.modelID) } : {}),
    ...(directory ? { workingDirectory: directory } : {}),
    ...(parentID ? { parentId: parentID } : {}),
    ...(time.archived ? { archived: true } : {}),
  };
}

export function decodeMessage({ info, parts }: WireMessage): DriverMessage {
  return {
    ...decodeMessageInfo(info),
    parts: decodeParts(parts),
    ...(parts.some(continuesTurn) ? { continues: true } : {}),
  };
}

export function decodeMessageInfo(wire: WireMessageInfo): DriverMessage {
  const { id, sessionID, role, time, parentID, model, finish, error } = wire;
  const isUser = role === "user";
  const provider = model?.providerID ?? wire.providerID;
  const turnId = isUser ? id : parentID;
  const usage = isUser ? undefined : decodeUsage(wire);
  return {
    id,
    sessionId: sessionID,
    role: isUser ? "user" : "assistant",
    createdAt: time.created,
    ...(turnId ? { turnId } : {}),
    ...(time.completed ? { completedAt: time.completed } : {}),
    ...(provider
      ? { model: modelName(provider, model?.modelID ?? model?.id ?? wire.modelID ?? undefined) }
      : {}),
    ...(usage ? { usage } : {}),
    ...(finish ? { stopReason: decodeStopReason(finish) } : {}),
    ...(error ? { error: decodeError(error, provider ?? undefined) } : {}),
    ...(!isUser && wire.summary === true ? { summary: true } : {}),
  };
}

/** Does this part stand in a message that the engine wrote to itself, to shorten the conversation and go on? */
export function continuesTurn({ type, auto, metadata }: WirePart): boolean {
  return type === "compaction" ? auto === true : metadata?.compaction_continue === true;
}

/**
 * The parts of a message as it is kept. Text that was being written when the engine began another step had to be given
 * up: whoever followed it has seen it withdrawn, and the engine keeps nothing of it.
 */
function decodeParts(wires: readonly WirePart[]): readonly DriverPart[] {
  const lastStep = wires.findLastIndex(({ type }) => type === "step-start");
  return wires.flatMap((wire, index) => {
    const part = decodePart(wire);
    if (part === undefined || part.complete || index > lastStep) return part ?? [];
    return { ...part, complete: true };
  });
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
    case "file": {
      const { mime, url, filename } = wire;
      const kind = mime?.startsWith("image/") ? "image" : "file";
      const details = { ...(mime ? { mimeType: mime } : {}), ...(filename ? { name: filename } : {}) };
      return { part: { type: kind, id, url: url ?? "", ...details }, complete: true };
    }
    default:
      return undefined;
  }
}

export function decodePermission(wire: WirePermission, createdAt: number): PermissionRequest {
  const { id, sessionID, permission, patterns, metadata, tool } = wire;
  const { filepath, diff, command } = metadata ?? {};
  const change =
    typeof diff === "string" && typeof filepath === "string" ? diffOfPatch(filepath, diff) : undefined;
  return {
    permissionId: id,
    sessionId: sessionID,
    tool: permission,
    description: describe(permission, typeof command === "string" ? command : undefined, patterns ?? []),
    createdAt,
    ...(patterns ? { patterns } : {}),
    ...(tool ? { messageId: tool.messageID } : {}),
    ...(tool?.callID ? { toolCallId: tool.callID } : {}),
    ...(change ? { diff: [change] } : {}),
  };
}

/** While the engine waits before it asks its model again. */
export function decodeRetry(
  { type, attempt, message, next }: WireStatus,
  now: number,
): RetryNotice | undefined {
  if (type !== "retry") return undefined;
  return { attempt: attempt ?? 1, message: message ?? "", nextAt: next ?? now };
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

export function decodeFileDiff({ file, patch = "", additions, deletions, status }: WireFileDiff): FileDiff {
  const isKnown = status === "added" || status === "deleted" || status === "modified";
  return {
    path: file,
    status: isKnown ? status : statusOfPatch(patch),
    additions: additions ?? countLines(patch, "+"),
    deletions: deletions ?? countLines(patch, "-"),
    patch,
  };
}

/** `provider/model`. */
export function modelName(provider: string, model: string | undefined): string {
  return model === undefined ? provider : `${provider}/${model}`;
}

function decodeToolCall({ tool, callID, state, id }: WirePart): ToolCall | undefined {
  if (tool === undefined || state === undefined) return undefined;
  const { input, title, error, time, metadata } = state;
  // While a command runs, what it has printed so far is in the metadata.
  const output = state.output ?? (typeof metadata?.output === "string" ? metadata.output : undefined);
  const diff = metadata?.filediff;
  return {
    id: callID ?? id,
    name: tool,
    input: input ?? {},
    status: TOOL_STATUS[state.status],
    ...(title ? { title } : {}),
    ...(output == null ? {} : { output }),
    ...(error ? { error } : {}),
    ...(time?.start == null ? {} : { startedAt: time.start }),
    ...(time?.end == null ? {} : { endedAt: time.end }),
    ...(isFileDiff(diff) ? { diff: [decodeFileDiff(diff)] } : {}),
  };
}

const TOOL_STATUS = {
  pending: "pending",
  running: "running",
  completed: "success",
  error: "error",
} as const satisfies Record<string, ToolCallStatus>;

function decodeUsage({ tokens, cost }: WireMessageInfo): Usage | undefined {
  if (!tokens || (tokens.input === 0 && tokens.output === 0)) return undefined;
  return {
    inputTokens: tokens.input,
    outputTokens: tokens.output,
    ...(tokens.reasoning === undefined ? {} : { reasoningTokens: tokens.reasoning }),
    ...(tokens.cache?.read === undefined ? {} : { cachedTokens: tokens.cache.read }),
    ...(cost == null ? {} : { costUsd: cost }),
  };
}

function decodeStopReason(finish: string): StopReason {
  return finish.replaceAll("-", "_");
}

function describe(permission: string, command: string | undefined, patterns: readonly string[]): string {
  const what = patterns.join(", ");
  if (command !== undefined) return `Run \`${command}\``;
  if (permission === "edit") return `Change ${what}`;
  if (permission === "external_directory") return `Reach outside the working directory: ${what}`;
  return what === "" ? `Use ${permission}` : `Use ${permission} on ${what}`;
}

function diffOfPatch(path: string, patch: string): FileDiff {
  const [additions, deletions] = [countLines(patch, "+"), countLines(patch, "-")];
  return { path, status: statusOfPatch(patch), additions, deletions, patch };
}

function statusOfPatch(patch: string): FileDiff["status"] {
  if (/^@@ -0,0 /m.test(patch)) return "added";
  return /^@@ -\S+ \+0,0 /m.test(patch) ? "deleted" : "modified";
}

function countLines(patch: string, mark: "+" | "-"): number {
  const start = patch.search(/^@@/m);
  if (start < 0) return 0;
  return patch
    .slice(start)
    .split("\n")
    .filter((line) => line.startsWith(mark)).length;
}
