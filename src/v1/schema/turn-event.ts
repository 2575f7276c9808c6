import * as z from "zod/mini";
import { fileDiffSchema, messageSchema, toolCallSchema, usageSchema } from "./message.ts";
import { maybe } from "./optional.ts";
import { permissionRequestSchema, questionRequestSchema, retryNoticeSchema } from "./session.ts";

const growth = {
  messageId: z.string(),
  partId: z.string(),
  offset: z.int().check(z.nonnegative()),
  delta: z.string(),
};

const schemas = [
  z.object({ type: z.literal("turn_started"), sessionId: z.string(), messageId: z.string() }),
  z.object({ type: z.literal("text_delta"), ...growth }),
  z.object({ type: z.literal("reasoning_delta"), ...growth }),
  z.object({
    type: z.literal("text_reset"),
    messageId: z.string(),
    partId: z.string(),
    text: z.string(),
  }),
  z.object({ type: z.literal("tool_call_start"), messageId: z.string(), toolCall: toolCallSchema }),
  z.object({ type: z.literal("tool_call_update"), messageId: z.string(), toolCall: toolCallSchema }),
  z.object({
    type: z.literal("tool_call_result"),
    toolCallId: z.string(),
    result: z.string(),
    isError: maybe(z.boolean()),
  }),
  z.extend(permissionRequestSchema, { type: z.literal("permission_requested") }),
  z.extend(questionRequestSchema, { type: z.literal("question_asked") }),
  z.extend(retryNoticeSchema, { type: z.literal("retrying") }),
  z.object({
    type: z.literal("file_diff"),
    sessionId: z.string(),
    messageId: maybe(z.string()),
    diff: z.array(fileDiffSchema),
  }),
  z.object({
    type: z.literal("message_done"),
    message: messageSchema,
    status: z.enum(["completed", "superseded", "rejected"]),
    usage: maybe(usageSchema),
  }),
  z.object({
    type: z.literal("error"),
    error: z.string(),
    code: z.string(),
    status: z.enum(["error", "aborted", "lost"]),
    retryAfterMs: maybe(z.number()),
    retryable: maybe(z.boolean()),
  }),
] as const;

/** What the answer to a prompt tells of its turn. */
export const turnEventSchema = z.discriminatedUnion("type", schemas);
export type V1TurnEvent = z.infer<typeof turnEventSchema>;

/** An event of another type is left out. */
export const turnEventTypes: ReadonlySet<string | undefined> = new Set(
  schemas.flatMap((schema) => schema.shape.type.def.values),
);
