import * as z from "zod/mini";
import { decisionSchema } from "./session.ts";

// Strict: what a server would ignore is the sender's mistake, and he should hear of it.

export const createSessionBodySchema = z.strictObject({
  title: z.optional(z.string()),
  model: z.optional(z.string()),
  workingDirectory: z.optional(z.string()),
  systemPrompt: z.optional(z.string()),
});

const contentSchema = z.strictObject({
  type: z.enum(["text", "image", "file"]),
  text: z.optional(z.string()),
  url: z.optional(z.string()),
  mimeType: z.optional(z.string()),
  name: z.optional(z.string()),
});

const promptOptions = {
  messageId: z.optional(z.string().check(z.minLength(1))),
  model: z.optional(z.string()),
  systemPrompt: z.optional(z.string()),
  maxTokens: z.optional(z.int().check(z.positive())),
  temperature: z.optional(z.number().check(z.nonnegative())),
  noReply: z.optional(z.boolean()),
  async: z.optional(z.boolean()),
};

export const promptBodySchema = z.union([
  z.strictObject({ prompt: z.string(), ...promptOptions }),
  z.strictObject({
    content: z.union([contentSchema, z.array(contentSchema).check(z.minLength(1))]),
    ...promptOptions,
  }),
]);

export const permissionReplyBodySchema = z.strictObject({
  decision: decisionSchema,
  message: z.optional(z.string()),
});

/** The query of `GET /v1/session/:id/message`, as it stands in the address. */
export const messagesQuerySchema = z.strictObject({
  limit: z.optional(z.string().check(z.regex(/^[1-9][0-9]*$/))),
  before: z.optional(z.string()),
});

export type CreateSessionBody = z.infer<typeof createSessionBodySchema>;
export type PromptBody = z.infer<typeof promptBodySchema>;
export type PermissionReplyBody = z.infer<typeof permissionReplyBodySchema>;
