import type * as z from "zod/mini";
import { acceptedSchema, errorBodySchema, healthSchema, sessionPageSchema, summarySchema } from "./answer.ts";
import { busEventSchema, readySchema } from "./bus-event.ts";
import { agentSchema, commandSchema, mcpServerSchema, modelSchema, providerSchema } from "./catalogue.ts";
import {
  fileDiffSchema,
  messageContentSchema,
  messageSchema,
  partSchema,
  toolCallSchema,
  toolResultSchema,
  usageSchema,
  wireErrorSchema,
} from "./message.ts";
import {
  commandBodySchema,
  createSessionBodySchema,
  forkBodySchema,
  mcpServerBodySchema,
  permissionReplyBodySchema,
  promptBodySchema,
  questionReplyBodySchema,
  revertBodySchema,
  updateSessionBodySchema,
} from "./request.ts";
import {
  permissionRequestSchema,
  questionRequestSchema,
  retryNoticeSchema,
  sessionSchema,
  todoSchema,
} from "./session.ts";
import { turnEventSchema } from "./turn-event.ts";

/** The schemas that the document names. */
export const components = {
  Session: sessionSchema,
  SessionPage: sessionPageSchema,
  RetryNotice: retryNoticeSchema,
  Message: messageSchema,
  MessageContent: messageContentSchema,
  Part: partSchema,
  ToolCall: toolCallSchema,
  ToolResult: toolResultSchema,
  FileDiff: fileDiffSchema,
  Usage: usageSchema,
  WireError: wireErrorSchema,
  ErrorBody: errorBodySchema,
  Todo: todoSchema,
  PermissionRequest: permissionRequestSchema,
  QuestionRequest: questionRequestSchema,
  Model: modelSchema,
  Provider: providerSchema,
  Agent: agentSchema,
  Command: commandSchema,
  McpServer: mcpServerSchema,
  Health: healthSchema,
  Summary: summarySchema,
  Accepted: acceptedSchema,
  Ready: readySchema,
  BusEvent: busEventSchema,
  TurnEvent: turnEventSchema,
  CreateSessionBody: createSessionBodySchema,
  UpdateSessionBody: updateSessionBodySchema,
  ForkBody: forkBodySchema,
  RevertBody: revertBodySchema,
  PromptBody: promptBodySchema,
  CommandBody: commandBodySchema,
  PermissionReplyBody: permissionReplyBodySchema,
  QuestionReplyBody: questionReplyBodySchema,
  McpServerBody: mcpServerBodySchema,
} satisfies Readonly<Record<string, z.ZodMiniType>>;

export type ComponentName = keyof typeof components;
