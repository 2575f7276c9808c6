import * as z from "zod/mini";
import { agentSchema, commandSchema, mcpServerSchema, modelSchema, providerSchema } from "./catalogue.ts";
import { fileDiffSchema, messageSchema, wireErrorSchema } from "./message.ts";
import { maybe } from "./optional.ts";
import {
  permissionRequestSchema,
  questionRequestSchema,
  sessionSchema,
  todoSchema,
  type V1Session,
} from "./session.ts";

export const sessionsSchema = z.array(sessionSchema);
export const messagesSchema = z.array(messageSchema);
export const todosSchema = z.array(todoSchema);
export const fileDiffsSchema = z.array(fileDiffSchema);
export const permissionRequestsSchema = z.array(permissionRequestSchema);
export const questionRequestsSchema = z.array(questionRequestSchema);
export const modelsSchema = z.array(modelSchema);
export const providersSchema = z.array(providerSchema);
export const agentsSchema = z.array(agentSchema);
export const commandsSchema = z.array(commandSchema);
export const mcpServersSchema = z.array(mcpServerSchema);

/** Of `GET /v1/session` with a `limit`. */
export const sessionPageSchema = z.object({
  sessions: sessionsSchema,
  /** Where the next page begins; missing: this is the last. */
  cursor: maybe(z.string()),
});

/** A page, or the whole list of a server that did not look at the query. */
export const pageOrListDecoder = {
  parse: (value: unknown): V1SessionPage | readonly V1Session[] =>
    Array.isArray(value) ? sessionsSchema.parse(value) : sessionPageSchema.parse(value),
};

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

export type V1SessionPage = z.infer<typeof sessionPageSchema>;
export type V1Health = z.infer<typeof healthSchema>;
