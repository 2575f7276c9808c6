import * as z from "zod/mini";
import { messageSchema, wireErrorSchema } from "./message.ts";
import { maybe } from "./optional.ts";
import { permissionRequestSchema, sessionSchema } from "./session.ts";

export const sessionsSchema = z.array(sessionSchema);
export const messagesSchema = z.array(messageSchema);
export const permissionRequestsSchema = z.array(permissionRequestSchema);

export const healthSchema = z.object({
  ok: z.boolean(),
  version: maybe(z.string()),
  /** The longest silence on its streams, in milliseconds. */
  heartbeatMs: maybe(z.number().check(z.positive())),
  /** What it can do, by the names of `EngineCapabilities`; what is missing is as the contract says. */
  capabilities: maybe(z.record(z.string(), z.boolean())),
});

export const summarySchema = z.object({ summary: z.string() });

/** Of a prompt with `async: true`. */
export const acceptedSchema = z.object({ messageId: z.string() });

export const errorBodySchema = z.object({ error: wireErrorSchema });

export type V1Health = z.infer<typeof healthSchema>;
