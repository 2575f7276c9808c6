import {
  createEngineClient,
  type EngineClient,
  EngineError,
  type EngineErrorCode,
  type EngineEvent,
  isPromptFailure,
  type ManagedEngineClient,
  type Message,
  type MessageEvent,
  OpenCodeClient,
  type PlainRunPromptOptions,
  type PromptCall,
  type PromptEvent,
  type PromptResult,
  type PromptStream,
  parseTranscript,
  type QuestionRef,
  type QuestionRequest,
  type RunPromptOptions,
  type RunPromptResult,
  runPrompt,
  type Session,
  type SessionUsage,
  type StateOf,
  type sessionMachine,
  type Todo,
  type ToolCall,
  type Transcript,
  type toolCallMachine,
  type Usage,
} from "@quantumreef/engine-client";
import {
  createOpenCode,
  type History,
  type Todo as HistoryTodo,
  type OpenCode,
} from "@quantumreef/engine-client/node";
import { createMockEngine } from "@quantumreef/engine-client/testing";
import { describe, expectTypeOf, it } from "vitest";
import { PublishedAdapter } from "./published-adapter.ts";

describe("the published contract", () => {
  it("is met by a hand-written client with an async generator as prompt", () => {
    expectTypeOf<PublishedAdapter>().toExtend<EngineClient>();
    expectTypeOf(new PublishedAdapter()).toExtend<EngineClient>();
  });

  it("is met by managed clients, which say more", () => {
    expectTypeOf<ManagedEngineClient>().toExtend<EngineClient>();
    expectTypeOf<OpenCodeClient>().toExtend<ManagedEngineClient>();
    expectTypeOf<OpenCode>().toExtend<ManagedEngineClient>();
    expectTypeOf<PromptEvent>().toExtend<MessageEvent>();
    expectTypeOf(createOpenCode).returns.resolves.toEqualTypeOf<OpenCode>();
    expectTypeOf(createEngineClient).parameter(0).not.toBeAny();
    expectTypeOf(createMockEngine()).toExtend<Parameters<typeof createEngineClient>[0]>();
  });

  it("can be iterated the same way whoever made the client", () => {
    const read = async (client: EngineClient) => {
      for await (const event of await client.session.prompt("s", "hi")) {
        if (event.type === "text_delta") expectTypeOf(event.delta).toBeString();
        if (event.type === "message_done") expectTypeOf(event.message).toEqualTypeOf<Message>();
      }
    };
    expectTypeOf(read).toBeFunction();
  });
});

describe("a prompt call", () => {
  it("is a promise of the stream, the stream itself, and the text", () => {
    expectTypeOf<PromptCall>().toExtend<Promise<PromptStream>>();
    expectTypeOf<PromptCall>().toExtend<AsyncIterable<PromptEvent>>();
    expectTypeOf<PromptCall["text"]>().returns.resolves.toBeString();
    expectTypeOf<PromptCall["settled"]>().returns.resolves.toEqualTypeOf<PromptResult>();
    expectTypeOf<Awaited<PromptCall>>().toEqualTypeOf<PromptStream>();
    // The stream must not be a promise too: awaiting it would never end.
    expectTypeOf<PromptStream>().not.toHaveProperty("then");
  });

  it("tells more of each event than the published contract", () => {
    expectTypeOf<Extract<PromptEvent, { type: "text_delta" }>>()
      .toHaveProperty("offset")
      .toEqualTypeOf<number>();
    expectTypeOf<Extract<PromptEvent, { type: "tool_call_result" }>>()
      .toHaveProperty("toolCall")
      .toEqualTypeOf<ToolCall>();
  });
});

describe("what scripts use", () => {
  it("runs a prompt on every client, and tells more of those that can do more", () => {
    const run = (client: ManagedEngineClient, plain: EngineClient) => {
      const onEvent: RunPromptOptions["onEvent"] = (event) => {
        if (event.type === "tool_call_result") expectTypeOf(event.toolCall).toEqualTypeOf<ToolCall>();
      };
      expectTypeOf(
        runPrompt(client, { prompt: [], onEvent, deleteSession: true }),
      ).resolves.toEqualTypeOf<RunPromptResult>();
      expectTypeOf(
        runPrompt(plain, { prompt: "Go", retry: { attempts: 2 } }),
      ).resolves.toExtend<PromptResult>();
      // @ts-expect-error a client that was written by hand tells its events otherwise
      runPrompt(plain, { prompt: "Go", onEvent });
      // @ts-expect-error and takes text only
      runPrompt(plain, { prompt: [] });
    };
    expectTypeOf(run).toBeFunction();
    expectTypeOf<PlainRunPromptOptions>().not.toHaveProperty("deleteSession");
    expectTypeOf(runPrompt).returns.toExtend<AsyncDisposable>();
  });

  it("tells usage and transcripts of clients and of what is stored alike", () => {
    type Sessions = ManagedEngineClient["session"];
    expectTypeOf<Sessions["usage"]>().returns.resolves.toEqualTypeOf<SessionUsage>();
    expectTypeOf<SessionUsage["total"]>().toEqualTypeOf<Usage | undefined>();
    expectTypeOf<Parameters<Sessions["exportTranscript"]>[1]>().toEqualTypeOf<"markdown" | "json">();
    expectTypeOf<Parameters<History["exportTranscript"]>[1]>().toEqualTypeOf<"markdown" | "json">();
    expectTypeOf(parseTranscript).returns.toEqualTypeOf<Transcript>();
  });
});

describe("ids and events", () => {
  it("take a string or an object with an id", () => {
    type Get = ManagedEngineClient["session"]["get"];
    expectTypeOf<Get>().parameter(0).toEqualTypeOf<string | { readonly id: string }>();
    expectTypeOf<Get>().returns.resolves.toEqualTypeOf<Session>();
    expectTypeOf<Extract<EngineEvent, { type: "permission_requested" }>>().toExtend<
      Parameters<ManagedEngineClient["permissions"]["reply"]>[0]
    >();
  });

  it("are open where the engine may say more", () => {
    expectTypeOf<"SOMETHING_NEW">().toExtend<EngineErrorCode>();
    const error: unknown = new Error();
    if (EngineError.is(error, "TIMEOUT"))
      expectTypeOf(error.retryAfterMs).toEqualTypeOf<number | undefined>();
    const handle = (event: EngineEvent) => {
      if (event.type === "unknown") expectTypeOf(event.raw).toBeUnknown();
    };
    expectTypeOf(handle).toBeFunction();
  });

  it("are not mutable", () => {
    const session = {} as Session;
    // @ts-expect-error a session is a snapshot
    session.title = "changed";
  });
});

describe("options", () => {
  it("take undefined for every optional", () => {
    expectTypeOf(OpenCodeClient).constructorParameters.toExtend<[unknown?]>();
    const options: ConstructorParameters<typeof OpenCodeClient>[0] = {
      baseUrl: undefined,
      headers: undefined,
    };
    expectTypeOf(options).not.toBeAny();
  });
});

describe("whole sessions and questions", () => {
  it("take a session, a request, an event or an id", () => {
    type Sessions = ManagedEngineClient["session"];
    type Questions = ManagedEngineClient["questions"];
    expectTypeOf<Sessions["list"]>().toBeCallableWith({ search: "x", limit: 3, rootsOnly: undefined });
    expectTypeOf<Sessions["all"]>().returns.toEqualTypeOf<AsyncIterable<Session>>();
    expectTypeOf<Sessions["all"]>().toBeCallableWith({ pageSize: 10, includeArchived: true });
    // @ts-expect-error all() has no limit: leave the loop
    expectTypeOf<Sessions["all"]>().toBeCallableWith({ limit: 10 });
    expectTypeOf<Sessions["update"]>().toBeCallableWith("s", { starred: true, title: undefined });
    expectTypeOf<Sessions["update"]>().returns.resolves.toEqualTypeOf<Session>();
    expectTypeOf<Sessions["fork"]>().toBeCallableWith({} as Session, { messageId: "m" });
    expectTypeOf<Sessions["delete"]>().returns.resolves.toBeVoid();
    expectTypeOf<Sessions["children"]>().returns.resolves.toEqualTypeOf<readonly Session[]>();
    expectTypeOf<Sessions["todo"]>().returns.resolves.toEqualTypeOf<readonly Todo[]>();
    expectTypeOf<Questions["list"]>().returns.resolves.toEqualTypeOf<readonly QuestionRequest[]>();
    expectTypeOf<Extract<EngineEvent, { type: "question_asked" }>>().toExtend<QuestionRef>();
    expectTypeOf<QuestionRequest>().toExtend<Parameters<Questions["reply"]>[0]>();
    expectTypeOf<Questions["reply"]>().toBeCallableWith("q", ["Blue", ["S", "L"]]);
    // @ts-expect-error one answer for each question, in a list
    expectTypeOf<Questions["reply"]>().toBeCallableWith("q", "Blue");
    expectTypeOf<HistoryTodo>().toEqualTypeOf<Todo>();
  });
});

describe("what is narrowed", () => {
  it("events by their types, and errors of a turn by their result", () => {
    const watch = async (client: ManagedEngineClient) => {
      for await (const event of client.events.stream({ types: ["message_delta", "turn_ended"] })) {
        expectTypeOf(event.type).toEqualTypeOf<"message_delta" | "turn_ended">();
      }
      for await (const event of client.events.stream()) expectTypeOf(event).toEqualTypeOf<EngineEvent>();
    };
    expectTypeOf(watch).toBeFunction();
    const error: unknown = new Error();
    if (isPromptFailure(error)) expectTypeOf(error.result).toEqualTypeOf<PromptResult>();
  });

  it("the machines have the statuses of the contract", () => {
    expectTypeOf<StateOf<typeof sessionMachine>>().toEqualTypeOf<Session["status"]>();
    expectTypeOf<StateOf<typeof toolCallMachine>>().toEqualTypeOf<ToolCall["status"]>();
  });
});

describe("what is read from the storage", () => {
  it("is marked on sessions and on every event", () => {
    expectTypeOf<Session["verified"]>().toEqualTypeOf<false | undefined>();
    expectTypeOf<Session["origin"]>().toEqualTypeOf<"storage" | undefined>();
    expectTypeOf<Session["source"]>().toEqualTypeOf<"history" | undefined>();
    expectTypeOf<EngineEvent["origin"]>().toEqualTypeOf<"storage" | undefined>();
    expectTypeOf<Extract<EngineEvent, { type: "turn_ended" }>["origin"]>().toEqualTypeOf<
      "storage" | undefined
    >();
    expectTypeOf(createOpenCode).toBeCallableWith({
      history: false,
      followStorage: 250,
      pollSessions: false,
    });
  });
});
