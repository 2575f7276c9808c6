import type { Command } from "../engine/command.ts";
import type { EngineConnection } from "../engine/driver.ts";
import type { DriverEvent, DriverMessage } from "../engine/driver-events.ts";
import type { PromptReceipt, PromptRequest } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import type { MockClock } from "./mock-clock.ts";
import { refuseUnknownCommand } from "./mock-commands.ts";
import type { MockMemory } from "./mock-memory.ts";
import type { MockPermissions } from "./mock-permissions.ts";
import type { MockQuestions } from "./mock-questions.ts";
import { dropReverted } from "./mock-sessions.ts";
import { type MockStage, type MockStep, playStep } from "./mock-steps.ts";

export interface MockTurnsContext {
  readonly script: (prompt: PromptRequest) => Iterable<MockStep> | AsyncIterable<MockStep>;
  readonly commands: readonly Command[] | undefined;
  readonly memory: MockMemory;
  readonly clock: MockClock;
  readonly permissions: MockPermissions;
  readonly questions: MockQuestions;
  readonly emit: (event: DriverEvent) => void;
  /** What was asked of the mock. */
  readonly calls: string[];
}

/** The mock at work: each prompt is a turn, in which its brain plays the script. */
export class MockTurns {
  readonly #context: MockTurnsContext;
  readonly #running = new Map<string, AbortController>();

  constructor(context: MockTurnsContext) {
    this.#context = context;
  }

  readonly isRunning = (sessionId: string): boolean => this.#running.has(sessionId);

  readonly stop = (sessionId: string): void => this.#running.get(sessionId)?.abort();

  methods(): Pick<EngineConnection, "prompt" | "abort"> {
    return {
      prompt: async (request) => this.#begin(request),
      abort: async (sessionId) => {
        this.#context.calls.push(`abort ${sessionId}`);
        this.#context.memory.session(sessionId);
        this.stop(sessionId);
      },
    };
  }

  #begin(request: PromptRequest): PromptReceipt {
    const { memory, emit, calls, commands } = this.#context;
    const { sessionId } = request;
    calls.push(`prompt ${sessionId}`);
    memory.session(sessionId);
    refuseUnknownCommand(request, commands);
    const { messageId: turnId = memory.newId("msg") } = request;
    memory.refuseKnown(sessionId, turnId);
    dropReverted(sessionId, { memory, emit });
    const stop = new AbortController();
    this.#running.set(sessionId, stop);
    // Accepted first, told later: as an engine does that answers the request and then works.
    const accepted = Promise.resolve();
    void accepted.then(() => {
      emit({ type: "message_updated", message: memory.userMessage(request, turnId) });
      return this.#think(request, turnId, stop.signal);
    });
    return { turnId, accepted };
  }

  async #think(request: PromptRequest, turnId: string, signal: AbortSignal): Promise<void> {
    const { memory, clock, permissions, questions, script } = this.#context;
    const { sessionId } = request;
    const messageId = memory.newId("msg");
    const createdAt = memory.now();
    const message: DriverMessage = { id: messageId, sessionId, role: "assistant", turnId, createdAt };
    // Of a session that was deleted meanwhile there is nothing more to say.
    const tell = (event: DriverEvent) => {
      if (memory.has(sessionId)) this.#context.emit(event);
    };
    const finish = (end: Partial<DriverMessage>) =>
      tell({ type: "message_updated", message: { ...message, completedAt: memory.now(), ...end } });
    tell({ type: "session_status", sessionId, running: true });
    tell({ type: "message_updated", message });
    const stage: MockStage = {
      sessionId,
      messageId,
      newId: (kind) => memory.newId(kind),
      emit: tell,
      ask: permissions.ask,
      question: questions.ask,
      todo: (todos) => {
        memory.setTodos(sessionId, todos);
        tell({ type: "todo_updated", sessionId, todos });
      },
      delay: (ms) => clock.wait(ms, signal),
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
    this.#running.delete(sessionId);
    permissions.drop(messageId);
    questions.drop(messageId);
    tell({ type: "session_status", sessionId, running: false });
  }
}
