/**
 * One typed client for AI coding engines. This entry is safe in browsers, Bun, Deno and Node.
 * @module
 */
export { createEngineClient, type EngineClientOptions } from "./create-engine-client.ts";
export type { EngineCapabilities, EngineCapability } from "./engine/capabilities.ts";
export type { Command } from "./engine/command.ts";
export type { Diagnostic, DiagnosticHandler } from "./engine/diagnostics.ts";
export type {
  ConnectOptions,
  DriverCall,
  DriverEventStream,
  DriverItem,
  DriverReport,
  EngineConnection,
  EngineDriver,
  ListedSession,
  PermissionReply,
  PromptReceipt,
  PromptRequest,
  QuestionReply,
  SessionPage,
  SessionPageRequest,
  SessionSnapshot,
  SnapshotRequest,
} from "./engine/driver.ts";
export type {
  DriverEvent,
  DriverMessage,
  DriverPart,
  DriverSession,
  RestingStatus,
} from "./engine/driver-events.ts";
export type { EngineClient, HealthStatus, PromptOpts, Unsubscribe } from "./engine/engine-client.ts";
export {
  EngineError,
  type EngineErrorCode,
  type EngineErrorInfo,
  type EngineErrorOptions,
  type KnownEngineErrorCode,
} from "./engine/errors.ts";
export type {
  EngineEvent,
  EngineEventType,
  EventOrigin,
  FileDiffEvent,
  MessageCreatedEvent,
  MessageDeltaEvent,
  MessageUpdatedEvent,
  PermissionRequestedEvent,
  PermissionResolvedEvent,
  QuestionAskedEvent,
  QuestionResolvedEvent,
  SessionCreatedEvent,
  SessionDeletedEvent,
  SessionUpdatedEvent,
  StreamGapEvent,
  StreamResyncedEvent,
  ToolCallUpdatedEvent,
  TurnEndedEvent,
  TurnStatus,
  UnknownEvent,
} from "./engine/events.ts";
export { sessionIdOf } from "./engine/events.ts";
export type {
  AllSessionsOptions,
  CallOptions,
  CommandOpts,
  CreateSessionOptions,
  DisposeOptions,
  EngineEvents,
  EventStreamOptions,
  EventStreamStatus,
  ForkOptions,
  ListSessionsOptions,
  ManagedEngineClient,
  RegistrySnapshot,
  ReplyOptions,
  RequestOptions,
  SessionRegistry,
  TreeOptions,
  WaitForOptions,
} from "./engine/managed-engine-client.ts";
export type {
  AttachmentPart,
  DriverContent,
  FileDiff,
  Message,
  MessageContent,
  Part,
  ReasoningPart,
  StopReason,
  TextPart,
  ToolCall,
  ToolCallStatus,
  ToolPart,
  ToolResult,
  Usage,
} from "./engine/message.ts";
export type { Model } from "./engine/model.ts";
export type {
  DescribedSchema,
  OutputFailure,
  OutputIn,
  OutputResult,
  OutputSchema,
} from "./engine/output.ts";
export { isOutputFailure } from "./engine/output.ts";
export type {
  PermissionDecision,
  PermissionRef,
  PermissionRequest,
  QuestionOption,
  QuestionRequest,
} from "./engine/permission.ts";
export type { PromptCall, PromptFailure, PromptResult, PromptStream } from "./engine/prompt-call.ts";
export { isPromptFailure } from "./engine/prompt-call.ts";
export type {
  AttachedData,
  Attachment,
  AttachmentAtUrl,
  FileOnEngine,
  LineRange,
  PromptContent,
  PromptPart,
} from "./engine/prompt-content.ts";
export type {
  MessageDoneEvent,
  MessageEvent,
  PromptErrorEvent,
  PromptEvent,
  ReasoningDeltaEvent,
  RetryingEvent,
  TextDeltaEvent,
  TextResetEvent,
  ToolCallResultEvent,
  ToolCallStartEvent,
  ToolCallUpdateEvent,
} from "./engine/prompt-events.ts";
export type { IfRunning, PromptTimeouts } from "./engine/prompt-options.ts";
export type { QuestionAnswer, QuestionRef } from "./engine/question.ts";
export type {
  CreateSessionOpts,
  RetryNotice,
  Session,
  SessionActivity,
  SessionChanges,
  SessionRef,
  SessionStatus,
} from "./engine/session.ts";
export type { SessionQuery } from "./engine/session-query.ts";
export type { OutputOf, StandardIssue, StandardResult, StandardSchema } from "./engine/standard-schema.ts";
export type { Todo } from "./engine/todo.ts";
export type { HeadersRecord, HeadersSource } from "./http.ts";
export {
  type ConnectionSignal,
  type ConnectionStatus,
  connectionMachine,
} from "./lifecycle/connection-machine.ts";
export type { Machine, SignalIn, SignalOf, StateIn, StateOf, TransitionResult } from "./lifecycle/machine.ts";
export {
  type PermissionSignal,
  type PermissionStatus,
  permissionMachine,
} from "./lifecycle/permission-machine.ts";
export { type SessionSignal, sessionMachine } from "./lifecycle/session-machine.ts";
export { type ToolCallSignal, toolCallMachine } from "./lifecycle/tool-call-machine.ts";
export { OpenCodeClient, type OpenCodeClientOptions } from "./opencode/client.ts";
export type { Protocol } from "./opencode/dialects.ts";
export { type OpenCodeDriverOptions, openCodeDriver } from "./opencode/driver.ts";
export { type Channel, type ChannelOptions, createChannel } from "./stream/channel.ts";
