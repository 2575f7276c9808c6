import * as z from "zod/mini";
import { maybe } from "./optional.ts";

const inputSchema = z.record(z.string(), z.unknown());

export const wireErrorSchema = z.object({
  code: z.string(),
  message: z.string(),
  sessionId: maybe(z.string()),
  retryAfterMs: maybe(z.number()),
  retryable: maybe(z.boolean()),
});

export const messageContentSchema = z.object({
  type: z.enum(["text", "image", "file"]),
  text: maybe(z.string()),
  url: maybe(z.string()),
  mimeType: maybe(z.string()),
  name: maybe(z.string()),
});

export const fileDiffSchema = z.object({
  path: z.string(),
  previousPath: maybe(z.string()),
  status: z.enum(["added", "modified", "deleted", "renamed"]),
  additions: z.number(),
  deletions: z.number(),
  patch: z.string(),
});

export const attachmentSchema = z.object({
  type: z.enum(["image", "file"]),
  url: z.string(),
  mimeType: maybe(z.string()),
  name: maybe(z.string()),
});

export const toolCallSchema = z.object({
  id: z.string(),
  name: z.string(),
  input: inputSchema,
  status: z.enum(["pending", "running", "success", "error"]),
  title: maybe(z.string()),
  output: maybe(z.string()),
  outputPath: maybe(z.string()),
  error: maybe(z.string()),
  startedAt: maybe(z.number()),
  endedAt: maybe(z.number()),
  diff: maybe(z.array(fileDiffSchema)),
  attachments: maybe(z.array(attachmentSchema)),
  mcp: maybe(z.object({ server: z.string(), tool: z.string() })),
  childSessionId: maybe(z.string()),
});

export const toolResultSchema = z.object({
  toolCallId: z.string(),
  output: z.string(),
  isError: maybe(z.boolean()),
});

export const usageSchema = z.object({
  inputTokens: z.number(),
  outputTokens: z.number(),
  reasoningTokens: maybe(z.number()),
  cachedTokens: maybe(z.number()),
  cacheWriteTokens: maybe(z.number()),
  costUsd: maybe(z.number()),
});

export const partSchema = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("text"),
    id: z.string(),
    text: z.string(),
    synthetic: maybe(z.boolean()),
  }),
  z.object({ type: z.literal("reasoning"), id: z.string(), text: z.string() }),
  z.object({ type: z.literal("tool"), id: z.string(), toolCall: toolCallSchema }),
  z.extend(attachmentSchema, { id: z.string() }),
]);

const PART_TYPES: ReadonlySet<unknown> = new Set(["text", "reasoning", "tool", "image", "file"]);

/** The parts that are known here: one of a later kind takes nothing from the message. */
const partsSchema = z.pipe(
  z.transform((list: unknown): unknown => (Array.isArray(list) ? list.filter(isKnownPart) : list)),
  z.array(partSchema),
);

function isKnownPart(part: unknown): boolean {
  const isNew =
    typeof part === "object" &&
    part !== null &&
    "type" in part &&
    typeof part.type === "string" &&
    !PART_TYPES.has(part.type);
  return !isNew;
}

export const messageSchema = z.object({
  id: z.string(),
  sessionId: z.string(),
  role: z.enum(["user", "assistant", "tool"]),
  content: messageContentSchema,
  createdAt: z.number(),
  turnId: maybe(z.string()),
  completedAt: maybe(z.number()),
  toolCalls: maybe(z.array(toolCallSchema)),
  toolResults: maybe(z.array(toolResultSchema)),
  parts: maybe(partsSchema),
  model: maybe(z.string()),
  usage: maybe(usageSchema),
  stopReason: maybe(z.string()),
  error: maybe(wireErrorSchema),
  summary: maybe(z.boolean()),
  complete: maybe(z.boolean()),
});

export type V1Message = z.infer<typeof messageSchema>;
export type V1ToolCall = z.infer<typeof toolCallSchema>;
