import type * as z from "zod/mini";
import { acceptedSchema, errorBodySchema, healthSchema, summarySchema } from "./answer.ts";
import { busEventSchema, readySchema } from "./bus-event.ts";
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
import { createSessionBodySchema, permissionReplyBodySchema, promptBodySchema } from "./request.ts";
import { permissionRequestSchema, retryNoticeSchema, sessionSchema } from "./session.ts";
import { turnEventSchema } from "./turn-event.ts";

/** The schemas that the document names. */
export const components = {
  Session: sessionSchema,
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
  PermissionRequest: permissionRequestSchema,
  Health: healthSchema,
  Summary: summarySchema,
  Accepted: acceptedSchema,
  Ready: readySchema,
  BusEvent: busEventSchema,
  TurnEvent: turnEventSchema,
  CreateSessionBody: createSessionBodySchema,
  PromptBody: promptBodySchema,
  PermissionReplyBody: permissionReplyBodySchema,
} satisfies Readonly<Record<string, z.ZodMiniType>>;

export type ComponentName = keyof typeof components;
