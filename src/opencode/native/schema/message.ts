import * as z from "zod/mini";
import { modelRefSchema, optionalNumber, optionalString } from "./shared.ts";

export const errorSchema = z.looseObject({
  name: z.string(),
  data: z.optional(
    z.nullable(
      z.looseObject({
        message: optionalString,
        statusCode: optionalNumber,
        isRetryable: z.optional(z.nullable(z.boolean())),
        providerID: optionalString,
        responseHeaders: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
      }),
    ),
  ),
});
export type WireError = z.infer<typeof errorSchema>;

const tokensSchema = z.looseObject({
  input: z.number(),
  output: z.number(),
  reasoning: z.optional(z.number()),
  cache: z.optional(z.looseObject({ read: z.optional(z.number()), write: z.optional(z.number()) })),
});

export const messageInfoSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  role: z.string(),
  time: z.looseObject({ created: z.number(), completed: optionalNumber }),
  parentID: optionalString,
  model: z.optional(z.nullable(modelRefSchema)),
  providerID: optionalString,
  modelID: optionalString,
  tokens: z.optional(z.nullable(tokensSchema)),
  cost: optionalNumber,
  finish: optionalString,
  error: z.optional(z.nullable(errorSchema)),
  /** `true` on a compaction's answer, an object on user messages. */
  summary: z.optional(z.unknown()),
});
export type WireMessageInfo = z.infer<typeof messageInfoSchema>;

const timeSchema = z.optional(z.nullable(z.looseObject({ start: optionalNumber, end: optionalNumber })));

const attachmentSchema = z.looseObject({
  mime: optionalString,
  url: optionalString,
  filename: optionalString,
});
export type WireAttachment = z.infer<typeof attachmentSchema>;

export const partSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  messageID: z.string(),
  type: z.string(),
  text: z.optional(z.string()),
  synthetic: z.optional(z.boolean()),
  /** Of a compaction: the engine's own idea, not a person's. */
  auto: z.optional(z.nullable(z.boolean())),
  metadata: z.optional(z.nullable(z.looseObject({ compaction_continue: z.optional(z.unknown()) }))),
  time: timeSchema,
  mime: optionalString,
  url: optionalString,
  filename: optionalString,
  tool: z.optional(z.string()),
  callID: z.optional(z.string()),
  state: z.optional(
    z.looseObject({
      status: z.enum(["pending", "running", "completed", "error"]),
      input: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
      output: optionalString,
      error: optionalString,
      title: optionalString,
      time: timeSchema,
      metadata: z.optional(
        z.nullable(z.looseObject({ output: z.optional(z.unknown()), filediff: z.optional(z.unknown()) })),
      ),
      attachments: z.optional(z.nullable(z.array(attachmentSchema))),
    }),
  ),
});
export type WirePart = z.infer<typeof partSchema>;

export const messageSchema = z.looseObject({ info: messageInfoSchema, parts: z.array(partSchema) });
export type WireMessage = z.infer<typeof messageSchema>;

export const messagesSchema = z.array(messageSchema);
