import * as z from "zod/mini";
import { fileDiffSchema } from "./message.ts";
import { maybe } from "./optional.ts";

export const retryNoticeSchema = z.object({
  attempt: z.number(),
  message: z.string(),
  nextAt: z.number(),
});

export const sessionSchema = z.object({
  id: z.string(),
  title: z.string(),
  engineId: z.string(),
  createdAt: z.number(),
  updatedAt: z.number(),
  status: z.enum(["idle", "running", "completed", "error"]),
  activity: maybe(
    z.enum(["thinking", "responding", "tool", "awaiting_permission", "awaiting_answer", "retrying"]),
  ),
  retry: maybe(retryNoticeSchema),
  model: maybe(z.string()),
  workingDirectory: maybe(z.string()),
  parentId: maybe(z.string()),
  starred: maybe(z.boolean()),
  archived: maybe(z.boolean()),
  systemPrompt: maybe(z.string()),
  revert: maybe(z.object({ messageId: z.string(), partId: maybe(z.string()), filesRestored: z.boolean() })),
});

export const todoSchema = z.object({ content: z.string(), status: z.string(), priority: z.string() });

export const decisionSchema = z.enum(["allow", "deny", "allow_session"]);

export const permissionRequestSchema = z.object({
  permissionId: z.string(),
  sessionId: z.string(),
  messageId: maybe(z.string()),
  toolCallId: maybe(z.string()),
  description: z.string(),
  tool: z.string(),
  patterns: maybe(z.array(z.string())),
  sessionPatterns: maybe(z.array(z.string())),
  diff: maybe(z.array(fileDiffSchema)),
  options: maybe(z.array(decisionSchema)),
  createdAt: z.number(),
});

export const questionRequestSchema = z.object({
  questionId: z.string(),
  sessionId: z.string(),
  messageId: maybe(z.string()),
  toolCallId: maybe(z.string()),
  questions: z.array(
    z.object({
      question: z.string(),
      header: maybe(z.string()),
      options: z.array(z.object({ label: z.string(), description: maybe(z.string()) })),
      multiple: maybe(z.boolean()),
    }),
  ),
  createdAt: z.number(),
});

export type V1Session = z.infer<typeof sessionSchema>;
export type V1PermissionRequest = z.infer<typeof permissionRequestSchema>;
export type V1QuestionRequest = z.infer<typeof questionRequestSchema>;
