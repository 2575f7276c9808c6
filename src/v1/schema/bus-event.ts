import * as z from "zod/mini";
import { fileDiffSchema, messageSchema, toolCallSchema } from "./message.ts";
import { maybe } from "./optional.ts";
import {
  decisionSchema,
  permissionRequestSchema,
  questionRequestSchema,
  sessionSchema,
  todoSchema,
} from "./session.ts";

const inSession = { sessionId: z.string() };

export const messageDeltaSchema = z.object({
  type: z.literal("message_delta"),
  ...inSession,
  messageId: z.string(),
  partId: z.string(),
  kind: z.enum(["text", "reasoning"]),
  offset: z.int().check(z.nonnegative()),
  delta: z.string(),
});
export type V1MessageDelta = z.infer<typeof messageDeltaSchema>;

/** The least that any frame is. */
export const wireEventSchema = z.looseObject({ type: z.string() });

/** The first frame of the bus. */
export const readySchema = z.object({ type: z.literal("ready"), resumed: z.boolean() });

/** What `GET /v1/events` tells, by type. An event that is not here is passed on as `unknown`. */
export const busEventSchemas = {
  session_created: z.object({ type: z.literal("session_created"), session: sessionSchema }),
  session_updated: z.object({ type: z.literal("session_updated"), session: sessionSchema }),
  session_deleted: z.object({ type: z.literal("session_deleted"), ...inSession }),
  message_created: z.object({ type: z.literal("message_created"), message: messageSchema }),
  message_updated: z.object({ type: z.literal("message_updated"), message: messageSchema }),
  message_removed: z.object({ type: z.literal("message_removed"), ...inSession, messageId: z.string() }),
  message_delta: messageDeltaSchema,
  tool_call_updated: z.object({
    type: z.literal("tool_call_updated"),
    ...inSession,
    messageId: z.string(),
    toolCall: toolCallSchema,
  }),
  permission_requested: z.extend(permissionRequestSchema, { type: z.literal("permission_requested") }),
  permission_resolved: z.object({
    type: z.literal("permission_resolved"),
    permissionId: z.string(),
    ...inSession,
    decision: z.union([decisionSchema, z.literal("dropped")]),
  }),
  question_asked: z.extend(questionRequestSchema, { type: z.literal("question_asked") }),
  question_resolved: z.object({
    type: z.literal("question_resolved"),
    questionId: z.string(),
    ...inSession,
  }),
  file_diff: z.object({
    type: z.literal("file_diff"),
    ...inSession,
    messageId: maybe(z.string()),
    diff: z.array(fileDiffSchema),
  }),
  todo_updated: z.object({
    type: z.literal("todo_updated"),
    ...inSession,
    todos: z.array(todoSchema),
  }),
} as const;

/** Any of them. */
export const busEventSchema = z.discriminatedUnion("type", [
  busEventSchemas.session_created,
  busEventSchemas.session_updated,
  busEventSchemas.session_deleted,
  busEventSchemas.message_created,
  busEventSchemas.message_updated,
  busEventSchemas.message_removed,
  busEventSchemas.message_delta,
  busEventSchemas.tool_call_updated,
  busEventSchemas.permission_requested,
  busEventSchemas.permission_resolved,
  busEventSchemas.question_asked,
  busEventSchemas.question_resolved,
  busEventSchemas.file_diff,
  busEventSchemas.todo_updated,
]);
export type V1BusEvent = z.infer<typeof busEventSchema>;
