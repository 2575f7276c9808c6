/**
 * One typed client for AI coding engines. This entry is safe in browsers, Bun, Deno and Node.
 * @module
 */
export type { RetryNews, RetryOptions } from "./automation/retry.ts";
export {
  type PlainRunPromptOptions,
  type RunPromptCall,
  type RunPromptOptions,
  type RunPromptResult,
  runPrompt,
} from "./automation/run-prompt.ts";
export { createEngineClient, type EngineClientOptions } from "./create-engine-client.ts";
export { hunksOf } from "./diff/hunks.ts";
export type { Agent } from "./engine/agent.ts";
export type {
  AllSessionsOptions,
  CallOptions,
  CommandOptions,
  CreateSessionOptions,
  DirectoryOptions,
  DisposeOptions,
  ForkOptions,
  ListSessionsOptions,
  ReplyOptions,
  RequestOptions,
  RevertOptions,
  SessionPageOptions,
} from "./engine/call-options.ts";
export { type EngineCapabilities, type EngineCapability, noCapabilities } from "./engine/capabilities.ts";
export type { Command } from "./engine/command.ts";
export type { Diagnostic, DiagnosticHandler } from "./engine/diagnostics.ts";
export type { DiffHunk, DiffLine } from "./engine/diff.ts";
export type {
  ConnectOptions,
  DriverEventStream,
  DriverItem,
  DriverMcp,
  DriverMcpCall,
  DriverReport,
  EngineConnection,
  EngineDriver,
} from "./engine/driver.ts";
export type {
  DriverEvent,
  DriverMessage,
  DriverPart,
  DriverSession,
  RestingStatus,
} from "./engine/driver-events.ts";
export type {
  DirectoryCall,
  DriverCall,
  ListedSession,
  PermissionReply,
  PromptReceipt,
  PromptRequest,
  QuestionReply,
  SessionPage,
  SessionPageRequest,
  SessionSnapshot,
  SnapshotRequest,
} from "./engine/driver-requests.ts";
export type { EngineClient, HealthStatus, PromptOpts, Unsubscribe } from "./engine/engine-client.ts";
export type { EngineEvents, EventStreamOptions, EventStreamStatus } from "./engine/engine-events.ts";
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
  MessageRemovedEvent,
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
  TodoUpdatedEvent,
  ToolCallUpdatedEvent,
  TurnEndedEvent,
  TurnStatus,
  UnknownEvent,
} from "./engine/events.ts";
export { sessionIdOf } from "./engine/events.ts";
export type { ManagedEngineClient } from "./engine/managed-engine-client.ts";
export type {
  EngineMcp,
  McpOptions,
  McpRemoteConfig,
  McpServer,
  McpServerConfig,
  McpStatus,
  McpStdioConfig,
} from "./engine/mcp.ts";
export type {
  Attachment,
  AttachmentPart,
  DriverContent,
  FileDiff,
  McpTool,
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
export type { Model, ModelCost, ModelInput, ModelLimits, ModelStatus } from "./engine/model.ts";
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
export type {
  DecidedBy,
  DecisionRecord,
  PermissionJudge,
  PermissionPolicy,
  PermissionPolicyOptions,
  PermissionRecord,
  Policies,
  PolicyAnswer,
  PolicyContext,
  PolicyDecision,
  PolicyRule,
  QuestionDecision,
  QuestionJudge,
  QuestionPolicy,
  QuestionPolicyOptions,
  QuestionRecord,
} from "./engine/policy.ts";
export type { PromptCall, PromptFailure, PromptResult, PromptStream } from "./engine/prompt-call.ts";
export { isPromptFailure } from "./engine/prompt-call.ts";
export type {
  AttachedData,
  AttachmentAtUrl,
  FileOnEngine,
  LineRange,
  PromptAttachment,
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
export type { IfRunning, PromptTimeouts, PromptTools } from "./engine/prompt-options.ts";
export type { CredentialSource, Provider, ProviderCredentials } from "./engine/provider.ts";
export type { QuestionAnswer, QuestionRef } from "./engine/question.ts";
export type {
  CreateSessionOpts,
  PageOfSessions,
  RetryNotice,
  Session,
  SessionActivity,
  SessionChanges,
  SessionRef,
  SessionRevert,
  SessionStatus,
} from "./engine/session.ts";
export type { SessionQuery } from "./engine/session-query.ts";
export type {
  RegistrySnapshot,
  SessionRegistry,
  TreeOptions,
  WaitForOptions,
} from "./engine/session-registry.ts";
export type {
  OutputOf,
  StandardIssue,
  StandardJsonSchema,
  StandardResult,
  StandardSchema,
} from "./engine/standard-schema.ts";
export type { Todo } from "./engine/todo.ts";
export { type ToolCallRecord, toolCallsOf } from "./engine/tool-calls.ts";
export type { Transcript, TranscriptFormat } from "./engine/transcript.ts";
export { type ContextUse, contextUseOf, type SessionUsage, usageOf } from "./engine/usage.ts";
export {
  defineEngines,
  type EngineFactories,
  type EngineFactory,
  type EngineIdOf,
  type Engines,
} from "./engines/define-engines.ts";
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
export { formatTranscript } from "./transcript/format-transcript.ts";
export { parseTranscript } from "./transcript/parse-transcript.ts";
