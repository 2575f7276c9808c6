import * as z from "zod/mini";
import { decisionSchema } from "./session.ts";

// Strict: what a server would ignore is the sender's mistake, and he should hear of it.

const text = z.optional(z.string());

export const createSessionBodySchema = z.strictObject({
  title: text,
  model: text,
  workingDirectory: text,
  systemPrompt: text,
  reviewEdits: z.optional(z.boolean()),
});

export const updateSessionBodySchema = z.strictObject({
  title: text,
  archived: z.optional(z.boolean()),
  starred: z.optional(z.boolean()),
});

export const forkBodySchema = z.strictObject({ messageId: text });

export const revertBodySchema = z.strictObject({ messageId: z.string(), partId: text });

const contentSchema = z.strictObject({
  type: z.enum(["text", "image", "file"]),
  text,
  url: text,
  mimeType: text,
  name: text,
});

/** Of prompts and commands. */
const turnOptions = {
  messageId: z.optional(z.string().check(z.minLength(1))),
  model: text,
  agent: text,
  variant: text,
  async: z.optional(z.boolean()),
};

const promptOptions = {
  ...turnOptions,
  systemPrompt: text,
  maxTokens: z.optional(z.int().check(z.positive())),
  temperature: z.optional(z.number().check(z.nonnegative())),
  /** Names of tools. */
  toolsOff: z.optional(z.array(z.string())),
  noReply: z.optional(z.boolean()),
};

export const promptBodySchema = z.union([
  z.strictObject({ prompt: z.string(), ...promptOptions }),
  z.strictObject({
    content: z.union([contentSchema, z.array(contentSchema).check(z.minLength(1))]),
    ...promptOptions,
  }),
]);

export const commandBodySchema = z.strictObject({
  name: z.string(),
  arguments: text,
  attachments: z.optional(z.array(contentSchema)),
  ...turnOptions,
});

export const permissionReplyBodySchema = z.strictObject({
  decision: decisionSchema,
  message: text,
});

export const questionReplyBodySchema = z.union([
  /** For each question what was chosen or said. */
  z.strictObject({ answers: z.array(z.union([z.string(), z.array(z.string())])) }),
  z.strictObject({ reject: z.literal(true) }),
]);

const texts = z.record(z.string(), z.string());
const timeout = z.optional(z.number().check(z.positive()));

export const mcpServerBodySchema = z.strictObject({
  name: z.string(),
  config: z.discriminatedUnion("type", [
    z.strictObject({
      type: z.literal("stdio"),
      command: z.string(),
      args: z.optional(z.array(z.string())),
      env: z.optional(texts),
      cwd: text,
      timeout,
    }),
    z.strictObject({
      type: z.literal("remote"),
      url: z.string(),
      headers: z.optional(texts),
      oauth: z.optional(z.literal(false)),
      timeout,
    }),
  ]),
});

export type CreateSessionBody = z.infer<typeof createSessionBodySchema>;
export type UpdateSessionBody = z.infer<typeof updateSessionBodySchema>;
export type ForkBody = z.infer<typeof forkBodySchema>;
export type RevertBody = z.infer<typeof revertBodySchema>;
export type PromptBody = z.infer<typeof promptBodySchema>;
export type CommandBody = z.infer<typeof commandBodySchema>;
export type PermissionReplyBody = z.infer<typeof permissionReplyBodySchema>;
export type QuestionReplyBody = z.infer<typeof questionReplyBodySchema>;
export type McpServerBody = z.infer<typeof mcpServerBodySchema>;
