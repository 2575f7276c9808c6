import type { EngineCapabilities } from "../engine/capabilities.ts";
import type { DriverItem, EngineConnection, EngineDriver } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { PromptRequest } from "../engine/driver-requests.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import { MockClock, type MockClockKind } from "./mock-clock.ts";
import { MockMemory } from "./mock-memory.ts";
import { type MockOffers, mockOffers } from "./mock-offers.ts";
import { MockPermissions } from "./mock-permissions.ts";
import { MockQuestions } from "./mock-questions.ts";
import { mockSessions } from "./mock-sessions.ts";
import type { MockStep } from "./mock-steps.ts";
import { MockTurns } from "./mock-turns.ts";

/** What the mock's brain does with a prompt, step by step. Default: it answers `Mock answer.` */
export type MockScript = (prompt: PromptRequest) => Iterable<MockStep> | AsyncIterable<MockStep>;

export interface MockEngineOptions extends MockOffers {
  /** What it can't do, for example `{ summarize: false }`. */
  readonly capabilities?: Partial<EngineCapabilities> | undefined;
  /** Its summary of every session. Default: `Mock summary.` */
  readonly summary?: string | undefined;
  /** How time passes for `delay`: by itself, or only by `advance()`. Default: `"real"`. */
  readonly clock?: MockClockKind | undefined;
}

/** An engine in memory: a driver like any other, and the strings to pull while a test runs. */
export interface MockEngine extends EngineDriver {
  /** Tells an event to everybody who listens, and remembers it as the engine's truth. */
  emit(event: DriverEvent): void;
  /** Drops every connection, as a network does: without an error, or with one. */
  drop(error?: Error): void;
  /** From now on nobody can connect, until it is called without an error. */
  refuse(error?: Error): void;
  /**
   * With a manual clock: lets so many milliseconds pass. Resolves when all that the engine does meanwhile is done.
   * @throws EngineError `INVALID_REQUEST` without a manual clock, and for what is no time
   */
  advance(ms: number): Promise<void>;
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
  { capabilities, summary = "Mock summary.", clock: clockKind = "real", ...offers }: MockEngineOptions = {},
): MockEngine {
  const clock = new MockClock(clockKind);
  const memory = new MockMemory(clock);
  const streams = new Set<Channel<DriverItem>>();
  const calls: string[] = [];
  const offering = mockOffers(offers, memory, calls);
  let refusal: Error | undefined;

  const emit = (event: DriverEvent): void => {
    memory.remember(event);
    for (const stream of streams) stream.push({ event });
  };

  const questions = new MockQuestions(emit, calls);
  const permissions = new MockPermissions(memory, emit, calls);
  const turns = new MockTurns({
    script,
    commands: offers.commands,
    memory,
    clock,
    permissions,
    questions,
    emit,
    calls,
  });
  const { stop, isRunning } = turns;

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
          .snapshot(sessionIds, withMessages, isRunning)
          .map((snapshot) => ({ ...snapshot, questions: questions.of(snapshot.session.id) }));
      },
      async createSession({ title = "", workingDirectory, model }) {
        const session = memory.newSession({ title, workingDirectory, model });
        calls.push(`create ${session.id}`);
        emit({ type: "session_created", session });
        return session;
      },
      messages: async (sessionId) => memory.messages(sessionId),
      ...turns.methods(),
      ...permissions.methods(),
      ...questions.methods(),
      ...mockSessions({ memory, emit, calls, stop, isRunning }),
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
    advance: (ms) => clock.advance(ms),
    get listeners() {
      return streams.size;
    },
    calls,
  };
}
