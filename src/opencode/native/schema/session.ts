import * as z from "zod/mini";
import { modelRefSchema, optionalNumber, optionalString } from "./shared.ts";

export const sessionSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  directory: optionalString,
  parentID: optionalString,
  model: z.optional(z.nullable(modelRefSchema)),
  time: z.looseObject({ created: z.number(), updated: z.number(), archived: optionalNumber }),
  /** Anybody's: it is kept as it is. */
  metadata: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  /** While messages are taken back. */
  revert: z.optional(
    z.nullable(z.looseObject({ messageID: z.string(), partID: optionalString, snapshot: optionalString })),
  ),
});
export type WireSession = z.infer<typeof sessionSchema>;

export const sessionsSchema = z.array(sessionSchema);

export const statusSchema = z.looseObject({
  type: z.string(),
  attempt: optionalNumber,
  message: optionalString,
  next: optionalNumber,
});
export type WireStatus = z.infer<typeof statusSchema>;

export const statusesSchema = z.record(z.string(), statusSchema);

const todoSchema = z.looseObject({ content: z.string(), status: z.string(), priority: optionalString });
export type WireTodo = z.infer<typeof todoSchema>;

export const todosSchema = z.array(todoSchema);
