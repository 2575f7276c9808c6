import type { PromptRequest } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { scoped, withDeadline } from "../engine/scope.ts";
import { messagesOfTurn } from "../lifecycle/turns.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fanout } from "./fanout.ts";
import type { Link } from "./link.ts";
import { mergePromptDeltas } from "./merge-deltas.ts";
import type { SessionStore } from "./session-store.ts";
import { emptyResult, finalEvent, resultOf } from "./turn-result.ts";
import { TurnView } from "./turn-view.ts";

export interface PromptRunContext {
  readonly engineId: string;
  readonly link: Link;
  readonly hub: EventHub;
  readonly store: SessionStore;
  readonly fanout: Fanout;
  /** Is anybody there who could answer a permission request? */
  hasAudience(): boolean;
  /** A request that nobody can answer. */
  onUnanswerable(event: Extract<PromptEvent, { type: "permission_requested" }>): void;
  /** Work that outlives the turn; `dispose()` waits for it. */
  background(work: Promise<unknown>): void;
}

export type PromptRunRequest = Omit<PromptRequest, "signal" | "newestMessageId">;

/** Milliseconds that an aborted turn has for its last words. */
const LAST_WORDS_MS = 5_000;
const EVENT_LIMIT = 4096;

/** One prompt on its way: listen, post, follow the turn, settle. Begins at once and settles in any case. */
export class PromptRun {
  /** The engine has taken the prompt. */
  readonly accepted: Promise<void>;
  readonly settled: Promise<PromptResult>;
  readonly #context: PromptRunContext;
  readonly #request: PromptRunRequest;
  readonly #signal: AbortSignal | undefined;
  readonly #accepted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<PromptResult>();
  readonly #withdrawn = new AbortController();
  readonly #events: Channel<PromptEvent>;
  #iterated = false;
  #view: TurnView | undefined;
  #over = false;

  constructor(context: PromptRunContext, request: PromptRunRequest, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#request = request;
    this.#signal = signal;
    this.#events = createChannel<PromptEvent>({
      limit: EVENT_LIMIT,
      merge: mergePromptDeltas,
      onOverflow: () =>
        new EngineError(
          "EVENT_OVERFLOW",
          `More than ${EVENT_LIMIT} events of this turn wait; read them faster.`,
          {
            engine: context.engineId,
            sessionId: request.sessionId,
          },
        ),
      signal,
    });
    this.accepted = this.#accepted.promise;
    // Both are asked for later, or never: that is no unhandled rejection.
    this.accepted.catch(() => {});
    this.#ended.promise.catch(() => {});
    this.settled = this.#run();
  }

  /** The caller's own signal ended it: then its `reason` is what the caller gets. */
  throwIfCancelled(): void {
    if (this.#signal?.aborted) throw this.#signal.reason;
  }

  [Symbol.asyncIterator](): AsyncIterator<PromptEvent> {
    if (this.#iterated) {
      throw new EngineError(
        "INVALID_REQUEST",
        "A prompt's events can be iterated once; use events.stream() besides.",
      );
    }
    this.#iterated = true;
    return this.#events[Symbol.asyncIterator]();
  }

  /** Stops the engine's work on the turn. */
  async abort(): Promise<void> {
    if (this.#over) return;
    if (this.#view === undefined) {
      // Nothing was asked of the engine yet, and now nothing will be.
      this.#withdrawn.abort(this.#aborted());
      return;
    }
    await this.#abortEngine();
    this.#context.background(this.#awaitLastWords());
  }

  /** Lets go of the turn; the engine goes on. */
  letGo(): void {
    this.#events.close();
  }

  async #run(): Promise<PromptResult> {
    const { hub, link, fanout } = this.#context;
    let unsubscribe = () => {};
    const release = hub.retain();
    // What was seen is kept when the turn is cut short from outside.
    let partial: PromptResult | undefined;
    try {
      return await scoped([link.signal, this.#signal, this.#withdrawn.signal], async (scope) => {
        const { sessionId } = this.#request;
        await hub.ready(scope);
        await hub.meet(sessionId, scope);
        const connection = await link.connection();
        const newestMessageId = this.#context.store.get(sessionId)?.newestMessageId;
        const receipt = await connection.prompt({ ...this.#request, newestMessageId, signal: scope });
        scope.addEventListener("abort", () => {
          partial = this.#partial();
        });
        this.#view = new TurnView(sessionId, receipt.turnId);
        unsubscribe = fanout.add(
          { next: (event) => this.#take(event), end: (error) => this.#end(error) },
          sessionId,
        );
        await receipt.accepted;
        this.#accepted.resolve();
        if (!this.#over) hub.apply({ type: "turn_started", sessionId, turnId: receipt.turnId });
        return await this.#ended.promise;
      }).then((result) => this.#conclude(result));
    } catch (error) {
      const posted = this.#view !== undefined;
      // The caller does not wait for the engine to stop; `dispose()` does.
      if (this.#signal?.aborted && posted) this.#context.background(this.#abortEngine());
      return this.#conclude(this.#failed(error, partial));
    } finally {
      unsubscribe();
      release();
    }
  }

  #take(event: EngineEvent): void {
    const view = this.#view;
    if (view === undefined || this.#over) return;
    for (const news of view.take(event)) {
      this.#events.push(news);
      if (news.type === "permission_requested" && !this.#iterated && !this.#context.hasAudience()) {
        this.#context.onUnanswerable(news);
      }
    }
    if (event.type === "turn_ended" && event.turnId === view.turnId) {
      this.#over = true;
      this.#ended.resolve(resultOf(event, this.#context.engineId));
    }
  }

  #end(error: Error | undefined): void {
    this.#ended.reject(error ?? this.#context.link.signal.reason);
  }

  #conclude(result: PromptResult): PromptResult {
    this.#over = true;
    this.#events.push(finalEvent(result));
    this.#events.close();
    // Without effect when it was accepted before.
    if (result.error !== undefined) this.#accepted.reject(result.error);
    else this.#accepted.resolve();
    return result;
  }

  #failed(cause: unknown, partial: PromptResult | undefined): PromptResult {
    const { sessionId } = this.#request;
    const own = this.#signal?.aborted || this.#withdrawn.signal.aborted;
    const error = own ? this.#aborted(cause) : this.#asEngineError(cause);
    const status = own ? "aborted" : "error";
    return { ...(partial ?? emptyResult(sessionId, this.#view?.turnId, status, error)), status, error };
  }

  #partial(): PromptResult | undefined {
    const { store, engineId } = this.#context;
    const view = this.#view;
    const state = store.get(this.#request.sessionId);
    if (view === undefined || state === undefined) return undefined;
    const { sessionId, turnId } = view;
    const messages = messagesOfTurn(state, turnId).map((message) => ({ ...message, complete: false }));
    return resultOf({ type: "turn_ended", sessionId, turnId, status: "aborted", messages }, engineId);
  }

  #abortEngine(): Promise<void> {
    return this.#context.link.use(undefined, async (connection, signal) => {
      // An abort that overtakes the prompt would stop nothing.
      await this.accepted.catch(() => {});
      await connection.abort(this.#request.sessionId, { signal });
    });
  }

  /** An engine that took the abort and says nothing more of the turn is believed. */
  async #awaitLastWords(): Promise<void> {
    const silent = () => new Error("The engine said nothing more.");
    await withDeadline(LAST_WORDS_MS, silent, [this.#context.link.signal], () => this.settled).catch(
      () => {},
    );
    const partial = this.#partial();
    if (!this.#over && partial !== undefined) this.#ended.resolve(partial);
  }

  #aborted(cause?: unknown): EngineError {
    if (EngineError.is(cause, "PROMPT_ABORTED")) return cause;
    const { sessionId } = this.#request;
    const engine = this.#context.engineId;
    return new EngineError("PROMPT_ABORTED", "This prompt was aborted by its caller.", {
      engine,
      sessionId,
      cause,
    });
  }

  #asEngineError(cause: unknown): EngineError {
    if (EngineError.is(cause)) return cause;
    const message = `The prompt failed: ${cause instanceof Error ? cause.message : String(cause)}`;
    const { sessionId } = this.#request;
    return new EngineError("UNKNOWN", message, { engine: this.#context.engineId, sessionId, cause });
  }
}
