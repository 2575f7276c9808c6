import * as z from "zod/mini";
import { optionalString } from "./shared.ts";

const toolRefSchema = z.optional(
  z.nullable(z.looseObject({ messageID: z.string(), callID: optionalString })),
);

export const permissionSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  permission: z.string(),
  patterns: z.optional(z.array(z.string())),
  always: z.optional(z.array(z.string())),
  metadata: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  tool: toolRefSchema,
});
export type WirePermission = z.infer<typeof permissionSchema>;

export const permissionsSchema = z.array(permissionSchema);

export const questionSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  questions: z.array(
    z.looseObject({
      question: z.string(),
      header: optionalString,
      options: z.optional(z.array(z.looseObject({ label: z.string(), description: optionalString }))),
      multiple: z.optional(z.nullable(z.boolean())),
    }),
  ),
  tool: toolRefSchema,
});
export type WireQuestion = z.infer<typeof questionSchema>;

export const questionsSchema = z.array(questionSchema);
