import { describe, expectTypeOf, it } from "vitest";
import type * as z from "zod/mini";
import type { Agent } from "../../src/engine/agent.ts";
import type { CreateSessionOptions } from "../../src/engine/call-options.ts";
import type { Command } from "../../src/engine/command.ts";
import type { EngineErrorInfo } from "../../src/engine/errors.ts";
import type {
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
  TodoUpdatedEvent,
  ToolCallUpdatedEvent,
} from "../../src/engine/events.ts";
import type { McpServer, McpServerConfig } from "../../src/engine/mcp.ts";
import type {
  FileDiff,
  Message,
  MessageContent,
  Part,
  ToolCall,
  ToolResult,
  Usage,
} from "../../src/engine/message.ts";
import type { Model } from "../../src/engine/model.ts";
import type { PermissionRequest, QuestionRequest } from "../../src/engine/permission.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import type { Provider } from "../../src/engine/provider.ts";
import type { QuestionAnswer } from "../../src/engine/question.ts";
import type {
  CreateSessionOpts,
  PageOfSessions,
  RetryNotice,
  Session,
  SessionChanges,
} from "../../src/engine/session.ts";
import type { Todo } from "../../src/engine/todo.ts";
import type { errorBodySchema, sessionPageSchema } from "../../src/v1/schema/answer.ts";
import type { V1BusEvent } from "../../src/v1/schema/bus-event.ts";
import type {
  agentSchema,
  commandSchema,
  mcpServerSchema,
  modelSchema,
  providerSchema,
} from "../../src/v1/schema/catalogue.ts";
import type {
  fileDiffSchema,
  messageContentSchema,
  messageSchema,
  partSchema,
  toolCallSchema,
  toolResultSchema,
  usageSchema,
  wireErrorSchema,
} from "../../src/v1/schema/message.ts";
import type {
  CommandBody,
  CreateSessionBody,
  McpServerBody,
  PermissionReplyBody,
  PromptBody,
  QuestionReplyBody,
  UpdateSessionBody,
} from "../../src/v1/schema/request.ts";
import type {
  permissionRequestSchema,
  questionRequestSchema,
  retryNoticeSchema,
  sessionSchema,
  todoSchema,
} from "../../src/v1/schema/session.ts";
import type { V1TurnEvent } from "../../src/v1/schema/turn-event.ts";

/**
 * The public model is read-only and its open unions complete in an editor; what is parsed is neither. That alone is
 * left out of the comparison.
 */
type Plain<T> = unknown extends T
  ? T
  : [string & {}] extends [T]
    ? string | Extract<T, undefined>
    : T extends string | number | boolean | undefined
      ? T
      : T extends readonly (infer Item)[]
        ? Plain<Item>[]
        : { -readonly [Key in keyof T]: Plain<T[Key]> };

/** What a client finds out besides what the engine says of a session is not told over /v1. */
type FoundOut = "verified" | "origin" | "source";
type ToldSession = Omit<Session, FoundOut>;
type InTold<Event> = Omit<Event, "session"> & { readonly session: ToldSession };

type Read<Schema extends z.ZodMiniType> = Plain<z.infer<Schema>>;

describe("the schemas of /v1 agree with the public model, field by field", () => {
  it("objects", () => {
    expectTypeOf<Read<typeof sessionSchema>>().toEqualTypeOf<Plain<ToldSession>>();
    expectTypeOf<Read<typeof retryNoticeSchema>>().toEqualTypeOf<Plain<RetryNotice>>();
    expectTypeOf<Read<typeof messageSchema>>().toEqualTypeOf<Plain<Message>>();
    expectTypeOf<Read<typeof messageContentSchema>>().toEqualTypeOf<Plain<MessageContent>>();
    expectTypeOf<Read<typeof partSchema>>().toEqualTypeOf<Plain<Part>>();
    expectTypeOf<Read<typeof toolCallSchema>>().toEqualTypeOf<Plain<ToolCall>>();
    expectTypeOf<Read<typeof toolResultSchema>>().toEqualTypeOf<Plain<ToolResult>>();
    expectTypeOf<Read<typeof fileDiffSchema>>().toEqualTypeOf<Plain<FileDiff>>();
    expectTypeOf<Read<typeof usageSchema>>().toEqualTypeOf<Plain<Usage>>();
    expectTypeOf<Read<typeof permissionRequestSchema>>().toEqualTypeOf<Plain<PermissionRequest>>();
    expectTypeOf<Read<typeof questionRequestSchema>>().toEqualTypeOf<Plain<QuestionRequest>>();
    expectTypeOf<Read<typeof todoSchema>>().toEqualTypeOf<Plain<Todo>>();
    type ToldPage = Omit<PageOfSessions, "sessions"> & { readonly sessions: readonly ToldSession[] };
    expectTypeOf<Read<typeof sessionPageSchema>>().toEqualTypeOf<Plain<ToldPage>>();
  });

  it("what there is to choose from", () => {
    expectTypeOf<Read<typeof modelSchema>>().toEqualTypeOf<Plain<Model>>();
    expectTypeOf<Read<typeof providerSchema>>().toEqualTypeOf<Plain<Provider>>();
    expectTypeOf<Read<typeof agentSchema>>().toEqualTypeOf<Plain<Agent>>();
    expectTypeOf<Read<typeof commandSchema>>().toEqualTypeOf<Plain<Command>>();
    expectTypeOf<Read<typeof mcpServerSchema>>().toEqualTypeOf<Plain<McpServer>>();
  });

  it("errors", () => {
    expectTypeOf<Read<typeof wireErrorSchema>>().toEqualTypeOf<Plain<EngineErrorInfo>>();
    expectTypeOf<Read<typeof errorBodySchema>>().toEqualTypeOf<{ error: Plain<EngineErrorInfo> }>();
  });

  it("events of the bus", () => {
    type Told =
      | InTold<SessionCreatedEvent>
      | InTold<SessionUpdatedEvent>
      | SessionDeletedEvent
      | MessageCreatedEvent
      | MessageUpdatedEvent
      | MessageRemovedEvent
      | MessageDeltaEvent
      | ToolCallUpdatedEvent
      | PermissionRequestedEvent
      | PermissionResolvedEvent
      | QuestionAskedEvent
      | QuestionResolvedEvent
      | FileDiffEvent
      | TodoUpdatedEvent;
    expectTypeOf<Plain<V1BusEvent>>().toEqualTypeOf<Plain<Told>>();
  });

  it("events of a turn: every event of a prompt can be sent as one", () => {
    expectTypeOf<Plain<PromptEvent>>().toExtend<Plain<V1TurnEvent>>();
  });

  it("requests", () => {
    type Created = Pick<CreateSessionOptions, keyof CreateSessionOpts | "reviewEdits">;
    expectTypeOf<Plain<CreateSessionBody>>().toEqualTypeOf<Plain<Created>>();
    expectTypeOf<Plain<UpdateSessionBody>>().toEqualTypeOf<Plain<SessionChanges>>();
    expectTypeOf<Plain<McpServerBody["config"]>>().toEqualTypeOf<Plain<McpServerConfig>>();
    type Answers = Extract<QuestionReplyBody, { answers: unknown }>["answers"];
    expectTypeOf<Plain<Answers>>().toEqualTypeOf<Plain<readonly QuestionAnswer[]>>();
    expectTypeOf<Plain<MessageContent[]>>().toExtend<CommandBody["attachments"]>();
    expectTypeOf<PermissionReplyBody["decision"]>().toEqualTypeOf<"allow" | "deny" | "allow_session">();
    expectTypeOf<Plain<MessageContent>>().toExtend<Extract<PromptBody, { content: unknown }>["content"]>();
  });
});
