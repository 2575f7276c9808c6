import type { DriverEvent } from "../engine/driver-events.ts";
import type { ToolCall } from "../engine/message.ts";
import type { WireToolCall } from "./schema.ts";
import { partId, type StoredMessage, type StoredPart } from "./stored-message.ts";
import { mergeToolCall, type ToldToolCall, type ToolCallContext } from "./tool-call.ts";

interface StoredToolCall {
  readonly message: StoredMessage;
  readonly part: StoredPart;
  told: ToldToolCall;
}

export interface ToolCallsContext {
  readonly sessionId: string;
  /** Unix milliseconds of what is told from now on. */
  now(): number;
  tell(event: DriverEvent): void;
  terminalOutput(terminalId: string): string | undefined;
  /** The message that a new call belongs to; no text is open in it. */
  answer(): StoredMessage;
  newest(): StoredMessage | undefined;
}

const UNFINISHED = "The turn ended before the tool did.";
const DENIED = "Its permission was denied.";

/** The calls of tools in a conversation, by the agent's ids. */
export class TranscriptToolCalls {
  readonly #context: ToolCallsContext;
  readonly #calls = new Map<string, StoredToolCall>();
  readonly #denied = new Set<string>();
  #size = 0;

  constructor(context: ToolCallsContext) {
    this.#context = context;
  }

  /** Roughly how many characters they hold. */
  get size(): number {
    return this.#size;
  }

  get(id: string): ToolCall | undefined {
    return this.#calls.get(id)?.told.toolCall;
  }

  /**
   * A call of a tool. `isNew`: it is announced, and is no other that had the same id before. Returns the call.
   */
  take(update: WireToolCall, isNew: boolean): ToolCall {
    const { now, terminalOutput } = this.#context;
    const failure = this.#denied.has(update.toolCallId) ? DENIED : undefined;
    const context: ToolCallContext = { now: now(), terminalOutput, failure };
    let stored = this.#calls.get(update.toolCallId);
    if (isNew && stored !== undefined && stored.message !== this.#context.newest()) stored = undefined;
    const told = mergeToolCall(stored?.told, update, context);
    this.#size += sizeOf(told) - (stored === undefined ? 0 : sizeOf(stored.told));
    if (stored === undefined) {
      const message = this.#context.answer();
      const part: StoredPart = {
        part: { type: "tool", id: partId(message), toolCall: told.toolCall },
        complete: true,
        source: undefined,
      };
      message.parts.push(part);
      stored = { message, part, told };
      this.#calls.set(update.toolCallId, stored);
    }
    stored.told = told;
    stored.part.part = { type: "tool", id: stored.part.part.id, toolCall: told.toolCall };
    const where = { sessionId: this.#context.sessionId, messageId: stored.message.info.id };
    this.#context.tell({ type: "part_updated", ...where, part: stored.part.part, complete: true });
    return told.toolCall;
  }

  /** It may not run: where the agent does not say so, that is why it failed. */
  deny(id: string): void {
    this.#denied.add(id);
  }

  /** A terminal has shown more: so has the call that runs in it. */
  terminalGrew(terminalId: string): void {
    for (const { told } of [...this.#calls.values()])
      if (told.terminals.includes(terminalId) && told.toolCall.status === "running")
        this.take({ toolCallId: told.toolCall.id }, false);
  }

  /** Nobody will say any more what became of them. */
  close(answer: StoredMessage): void {
    for (const { message, told } of [...this.#calls.values()]) {
      const { id, status } = told.toolCall;
      if (message !== answer || status === "success" || status === "error") continue;
      const ended = { toolCallId: id, status: "failed" };
      this.take(
        told.toolCall.output === undefined
          ? { ...ended, rawOutput: this.#denied.has(id) ? DENIED : UNFINISHED }
          : ended,
        false,
      );
    }
  }
}

function sizeOf({ toolCall }: ToldToolCall): number {
  const patches = toolCall.diff?.reduce((sum, { patch }) => sum + patch.length, 0) ?? 0;
  return (toolCall.output?.length ?? 0) + patches;
}
