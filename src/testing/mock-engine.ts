import type { EngineCapabilities } from "../engine/capabilities.ts";
import type { DriverItem, EngineConnection, EngineDriver } from "../engine/driver.ts";
import type { DriverEvent, DriverMessage } from "../engine/driver-events.ts";
import type { PermissionReply, PromptRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { PermissionDecision, PermissionRequest } from "../engine/permission.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import { refuseUnknownCommand } from "./mock-commands.ts";
import { MockMemory } from "./mock-memory.ts";
import { type MockOffers, mockOffers } from "./mock-offers.ts";
import { MockQuestions } from "./mock-questions.ts";
import { dropReverted, mockSessions } from "./mock-sessions.ts";
import { type MockStage, type MockStep, playStep } from "./mock-steps.ts";

/** What the mock's brain does with a prompt, step by step. Default: it answers `Mock answer.` */
export type MockScript = (prompt: PromptRequest) => Iterable<MockStep> | AsyncIterable<MockStep>;

export interface MockEngineOptions extends MockOffers {
  /** What it can't do, for example `{ summarize: false }`. */
  readonly capabilities?: Partial<EngineCapabilities> | undefined;
  /** Its summary of every session. Default: `Mock summary.` */
  readonly summary?: string | undefined;
}

/** An engine in memory: a driver like any other, and the strings to pull while a test runs. */
export interface MockEngine extends EngineDriver {
  /** Tells an event to everybody who listens, and remembers it as the engine's truth. */
  emit(event: DriverEvent): void;
  /** Drops every connection, as a network does: without an error, or with one. */
  drop(error?: Error): void;
  /** From now on nobody can connect, until it is called without an error. */
  refuse(error?: Error): void;
  /** How many event streams are open. */
  readonly listeners: number;
  /** Everything that was asked of it, in order, for example `"prompt ses_1"`. */
  readonly calls: readonly string[];
}

const everything: EngineCapabilities = {
  storeMessage: true,
  urlAttachments: true,
  permissions: true,
  reviewEdits: false,
  promptTools: true,
  diff: false,
  summarize: true,
  questions: true,
  updateSession: true,
  unarchive: true,
  deleteSession: true,
  fork: true,
  revert: true,
  todo: true,
  mcp: false,
  models: false,
  commands: true,
  providers: false,
  agents: false,
  variants: false,
  request: false,
};

/**
 * Makes an engine that needs no process, no network and no model: for tests of applications and of this package.
 *
 * @example
 * ```ts
 * const engine = createMockEngine(() => [{ text: "Hello" }]);
 * const client = createEngineClient(engine);
 * const session = await client.session.create();
 * assert.equal(await client.session.prompt(session, "Hi").text(), "Hello");
 * await client.dispose();
 * ```
 */
export function createMockEngine(
  script: MockScript = () => [{ text: "Mock answer." }],
  { capabilities, summary = "Mock summary.", ...offers }: MockEngineOptions = {},
): MockEngine {
  const memory = new MockMemory();
  const streams = new Set<Channel<DriverItem>>();
  const answers = new Map<string, (decision: PermissionDecision) => void>();
  const running = new Map<string, AbortController>();
  const calls: string[] = [];
  const offering = mockOffers(offers, memory, calls);
  let refusal: Error | undefined;

  const emit = (event: DriverEvent): void => {
    memory.remember(event);
    for (const stream of streams) stream.push({ event });
  };

  const questions = new MockQuestions(emit, calls);

  const ask = (request: PermissionRequest): Promise<PermissionDecision> => {
    const { promise, resolve } = Promise.withResolvers<PermissionDecision>();
    answers.set(request.permissionId, resolve);
    emit({ type: "permission_requested", request });
    return promise;
  };

  const think = async (request: PromptRequest, turnId: string, signal: AbortSignal): Promise<void> => {
    const { sessionId } = request;
    const messageId = memory.newId("msg");
    const createdAt = memory.now();
    const message: DriverMessage = { id: messageId, sessionId, role: "assistant", turnId, createdAt };
    // Of a session that was deleted meanwhile there is nothing more to say.
    const tell = (event: DriverEvent) => {
      if (memory.has(sessionId)) emit(event);
    };
    const finish = (end: Partial<DriverMessage>) =>
      tell({ type: "message_updated", message: { ...message, completedAt: memory.now(), ...end } });
    emit({ type: "session_status", sessionId, running: true });
    emit({ type: "message_updated", message });
    const stage: MockStage = {
      sessionId,
      messageId,
      newId: (kind) => memory.newId(kind),
      emit: tell,
      ask,
      question: questions.ask,
      todo: (todos) => {
        memory.setTodos(sessionId, todos);
        tell({ type: "todo_updated", sessionId, todos });
      },
      signal,
    };
    try {
      let stopReason = "stop";
      for await (const step of script(request)) {
        signal.throwIfAborted();
        if (await playStep(step, stage)) continue;
        stopReason = "tool_calls";
        break;
      }
      finish({ stopReason });
    } catch (cause) {
      const aborted = signal.aborted && { code: "PROMPT_ABORTED", message: "This turn was aborted." };
      const told = EngineError.is(cause) ? cause.toJSON() : { code: "UNKNOWN", message: String(cause) };
      finish({ error: aborted || told });
    }
    running.delete(sessionId);
    // What it asked and nobody answered: it no longer waits.
    for (const { permissionId, ...asked } of memory.permissions()) {
      if (asked.messageId !== messageId) continue;
      answers.delete(permissionId);
      memory.dropPermission(permissionId);
    }
    questions.drop(messageId);
    tell({ type: "session_status", sessionId, running: false });
  };

  const connect = async (): Promise<EngineConnection> => {
    if (refusal !== undefined) throw refusal;
    const own = new Set<Channel<DriverItem>>();
    return {
      version: "mock",
      async events({ signal }) {
        if (refusal !== undefined) throw refusal;
        const stream = createChannel<DriverItem>({
          limit: Number.MAX_SAFE_INTEGER,
          signal,
          onReturn: () => leave(),
        });
        const leave = () => {
          streams.delete(stream);
          own.delete(stream);
        };
        streams.add(stream);
        own.add(stream);
        return stream;
      },
      async close() {
        for (const stream of own) await stream.return();
      },
      health: async () => ({ ok: true, latencyMs: 0 }),
      snapshot: async ({ sessionIds, withMessages }) => {
        calls.push("snapshot");
        return memory
          .snapshot(sessionIds, withMessages, (id) => running.has(id))
          .map((snapshot) => ({ ...snapshot, questions: questions.of(snapshot.session.id) }));
      },
      async createSession({ title = "", workingDirectory, model }) {
        const session = memory.newSession({ title, workingDirectory, model });
        calls.push(`create ${session.id}`);
        emit({ type: "session_created", session });
        return session;
      },
      ...mockSessions({
        memory,
        emit,
        calls,
        stop: (sessionId) => running.get(sessionId)?.abort(),
        isRunning: (sessionId) => running.has(sessionId),
      }),
      ...questions.methods(),
      messages: async (sessionId) => memory.messages(sessionId),
      async prompt(request) {
        calls.push(`prompt ${request.sessionId}`);
        memory.session(request.sessionId);
        refuseUnknownCommand(request, offers.commands);
        const { messageId: turnId = memory.newId("msg") } = request;
        memory.refuseKnown(request.sessionId, turnId);
        dropReverted(request.sessionId, { memory, emit });
        const stop = new AbortController();
        running.set(request.sessionId, stop);
        // Accepted first, told later: as an engine does that answers the request and then works.
        const accepted = Promise.resolve();
        void accepted.then(() => {
          emit({ type: "message_updated", message: memory.userMessage(request, turnId) });
          return think(request, turnId, stop.signal);
        });
        return { turnId, accepted };
      },
      async abort(sessionId) {
        calls.push(`abort ${sessionId}`);
        memory.session(sessionId);
        running.get(sessionId)?.abort();
      },
      async storeMessage(sessionId, content) {
        const message = memory.userMessage({ sessionId, content }, memory.newId("msg"));
        emit({ type: "message_updated", message });
        return message;
      },
      async summarize(sessionId) {
        calls.push(`summarize ${sessionId}`);
        memory.session(sessionId);
        return summary;
      },
      ...offering.methods,
      listPermissions: async () => memory.permissions(),
      async replyPermission({ permissionId, decision }: PermissionReply) {
        calls.push(`reply ${permissionId} ${decision}`);
        if (!memory.permissions().some((request) => request.permissionId === permissionId)) {
          throw new EngineError(
            "PERMISSION_NOT_FOUND",
            `No permission request ${permissionId} waits for an answer.`,
          );
        }
        const answer = answers.get(permissionId);
        answers.delete(permissionId);
        emit({
          type: "permission_resolved",
          permissionId,
          sessionId: memory.askingSession(permissionId),
          decision,
        });
        // One that a test has told by itself stops nobody's work.
        answer?.(decision);
      },
    };
  };

  return {
    id: "mock",
    name: "Mock engine",
    capabilities: {
      ...everything,
      ...offering.capabilities,
      ...capabilities,
    },
    connect,
    emit,
    drop(error) {
      for (const stream of [...streams]) {
        streams.delete(stream);
        if (error === undefined) stream.close();
        else stream.fail(error);
      }
    },
    refuse(error) {
      refusal = error;
    },
    get listeners() {
      return streams.size;
    },
    calls,
  };
}
