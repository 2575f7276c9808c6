import type { DriverEvent } from "../engine/driver-events.ts";
import type { PromptReceipt, PromptRequest } from "../engine/driver-requests.ts";
import { EngineError, type EngineErrorInfo } from "../engine/errors.ts";
import type { TurnStatus } from "../engine/events.ts";
import { toContentList, type Usage } from "../engine/message.ts";
import { delay } from "../engine/scope.ts";
import { RESTS_AS } from "../lifecycle/turns.ts";
import type { Agent } from "./agent.ts";
import { methods } from "./methods.ts";
import type { Permissions } from "./permissions.ts";
import { promptBlocks } from "./prompt-blocks.ts";
import { codeOfFailure, plainWords } from "./rpc-error.ts";
import { promptAnswerSchema, type WirePromptAnswer } from "./schema.ts";
import type { SessionRecord, Turn } from "./session-record.ts";
import { type ToldUsage, turnUsageIn } from "./vendor-fields.ts";

export interface TurnsContext {
  readonly engine: string;
  readonly permissions: Permissions;
  tell(event: DriverEvent): void;
  /** Keeps the agent until the returned function is called: a wire that breaks must not end what it works on. */
  hold(): () => Promise<void>;
  /** The session is known to the agent afterwards, and set to what the prompt asks for. */
  prepare(record: SessionRecord, agent: Agent, request: PromptRequest): Promise<void>;
  /** A turn is over. */
  onEnded(record: SessionRecord): void;
  ignored(sessionId: string): void;
}

interface Outcome {
  readonly status: TurnStatus;
  readonly stopReason?: string | undefined;
  readonly error?: EngineErrorInfo | undefined;
  readonly usage?: Usage | undefined;
}

/** Milliseconds that an agent has to end a turn that it was told to cancel. */
const CANCEL_MS = 10_000;

const STOP_REASONS: ReadonlyMap<string, string> = new Map([
  ["end_turn", "stop"],
  ["max_tokens", "length"],
  ["refusal", "content_filter"],
]);

/** The prompts that an agent works on: one at a time in a session, any number of sessions at once. */
export class Turns {
  readonly #context: TurnsContext;

  constructor(context: TurnsContext) {
    this.#context = context;
  }

  /** @throws EngineError `SESSION_RUNNING`; `UNSUPPORTED`, `INVALID_REQUEST` for what the agent does not take or have */
  async begin(record: SessionRecord, agent: Agent, request: PromptRequest): Promise<PromptReceipt> {
    const { engine, prepare } = this.#context;
    const sessionId = record.id;
    if (record.turn !== undefined || record.isTaken) {
      const message = `${sessionId} is at work, and its agent takes one prompt at a time.`;
      throw new EngineError("SESSION_RUNNING", message, { engine, sessionId });
    }
    record.isTaken = true;
    try {
      const blocks = promptBlocks(request, agent.abilities.takes);
      await prepare(record, agent, request);
      request.signal.throwIfAborted();
      const turnId = request.messageId ?? `msg_${crypto.randomUUID()}`;
      // Told once the receipt is out: before that nobody knows the turn.
      const accepted = Promise.resolve();
      const turn = this.#open(record, agent, turnId);
      void accepted.then(() => this.#run(record, turn, request, blocks));
      return { turnId, accepted };
    } finally {
      record.isTaken = false;
    }
  }

  /** Nothing is done where nothing runs. Resolves when the agent was told. */
  async cancel(record: SessionRecord): Promise<void> {
    const { turn } = record;
    if (turn === undefined || turn.isCancelled) return;
    turn.isCancelled = true;
    this.#context.permissions.drop(record);
    await turn.agent.tell(methods.cancel, { sessionId: record.id });
    // An agent that does not listen must not keep the session busy for ever.
    delay(CANCEL_MS, turn.over.signal).then(
      () => {
        this.#context.ignored(record.id);
        this.#end(record, turn, aborted(record.id));
      },
      () => {},
    );
  }

  /** The agent is gone, and the turn with it. */
  lose(record: SessionRecord, agent: Agent, words: string): void {
    const { turn } = record;
    if (turn?.agent !== agent) return;
    const message = `The turn was lost with its agent: ${words}`;
    this.#end(record, turn, { status: "lost", error: { code: "TURN_LOST", message, sessionId: record.id } });
  }

  #open(record: SessionRecord, agent: Agent, turnId: string): Turn {
    const release = this.#context.hold();
    const over = new AbortController();
    over.signal.addEventListener("abort", () => void release(), { once: true });
    record.turn = {
      turnId,
      answerId: `${turnId}.answer`,
      agent,
      costBefore: record.cost,
      isCancelled: false,
      over,
      denied: undefined,
      used: undefined,
      hasFailed: false,
    };
    return record.turn;
  }

  async #run(
    record: SessionRecord,
    turn: Turn,
    { content, command }: PromptRequest,
    prompt: readonly unknown[],
  ): Promise<void> {
    const { tell } = this.#context;
    const sessionId = record.id;
    // What its agent's death has ended before it began.
    if (turn.over.signal.aborted) return;
    tell({ type: "session_status", sessionId, running: true });
    record.session = { ...record.session, updatedAt: Date.now() };
    const said =
      command && ({ type: "text", text: `/${command.name} ${command.arguments}`.trimEnd() } as const);
    const model = record.choices.model?.current;
    record.transcript?.begin(turn.turnId, [...(said ? [said] : []), ...toContentList(content)], model);
    const options = { sessionId, timeout: undefined };
    const asked = turn.agent.ask(methods.prompt, { sessionId, prompt }, promptAnswerSchema, options);
    const outcome = await asked.then(
      (answer) => this.#outcomeOf(record, turn, answer),
      (error: unknown) => this.#failed(record, turn, error),
    );
    this.#end(record, turn, outcome);
  }

  #outcomeOf(record: SessionRecord, turn: Turn, { stopReason, usage, _meta }: WirePromptAnswer): Outcome {
    const told = usage ?? turnUsageIn(_meta) ?? turn.used;
    const used = usageOf(told, costOf(turn.costBefore, record.cost));
    if (turn.isCancelled && stopReason === "cancelled") return { ...aborted(record.id), usage: used };
    // It said nothing after its tool was denied: that was the end, by whatever name.
    if (turn.denied !== undefined) return { status: "rejected", stopReason: "tool_calls", usage: used };
    if (stopReason === "cancelled") return { ...aborted(record.id), usage: used };
    if (turn.hasFailed) return { ...this.#failedAsTold(record), usage: used };
    return { status: "completed", stopReason: STOP_REASONS.get(stopReason) ?? stopReason, usage: used };
  }

  /** The agent has failed, and has said why as if it was its answer. */
  #failedAsTold(record: SessionRecord): Outcome {
    const message = plainWords(record.transcript?.lastText ?? "") || "The agent failed, and did not say why.";
    return { status: "error", error: { code: codeOfFailure(message), message, sessionId: record.id } };
  }

  #failed(record: SessionRecord, turn: Turn, cause: unknown): Outcome {
    if (turn.isCancelled) return aborted(record.id);
    const { engine } = this.#context;
    const error = EngineError.is(cause)
      ? cause
      : new EngineError("UNKNOWN", String(cause), { cause, engine, sessionId: record.id });
    return { status: "error", error: error.toJSON() };
  }

  #end(record: SessionRecord, turn: Turn, { status, ...end }: Outcome): void {
    if (record.turn !== turn) return;
    const { tell, permissions, onEnded } = this.#context;
    const sessionId = record.id;
    const { turnId } = turn;
    const { error } = end;
    turn.over.abort();
    permissions.drop(record);
    record.transcript?.finish(status === "lost" ? { complete: false } : end);
    record.turn = undefined;
    record.resting = RESTS_AS[status];
    record.session = { ...record.session, updatedAt: Date.now() };
    tell({ type: "turn_ended", sessionId, turnId, status, ...(error === undefined ? {} : { error }) });
    tell({ type: "session_status", sessionId, running: false, resting: record.resting });
    tell({ type: "session_updated", session: record.session });
    onEnded(record);
  }
}

function aborted(sessionId: string): Outcome {
  return {
    status: "aborted",
    error: { code: "PROMPT_ABORTED", message: "This turn was aborted.", sessionId },
  };
}

function costOf(before: number | undefined, after: number | undefined): number | undefined {
  return after === undefined ? undefined : Math.max(0, after - (before ?? 0));
}

function usageOf(told: ToldUsage | null | undefined, costUsd: number | undefined): Usage | undefined {
  // What it cost alone, without what was used, is no usage.
  if (told == null) return undefined;
  const { inputTokens, outputTokens, thoughtTokens, cachedReadTokens, cachedWriteTokens } = told;
  return {
    inputTokens,
    outputTokens,
    ...(thoughtTokens == null ? {} : { reasoningTokens: thoughtTokens }),
    ...(cachedReadTokens == null ? {} : { cachedTokens: cachedReadTokens }),
    ...(cachedWriteTokens == null ? {} : { cacheWriteTokens: cachedWriteTokens }),
    ...(costUsd === undefined ? {} : { costUsd }),
  };
}
