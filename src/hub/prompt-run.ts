import type { PromptReceipt, PromptRequest } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import type { EngineEvent, PermissionRequestedEvent } from "../engine/events.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { scoped, withDeadline } from "../engine/scope.ts";
import { messagesOfTurn } from "../lifecycle/turns.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import type { EventHub } from "./event-hub.ts";
import type { Fanout } from "./fanout.ts";
import type { Link } from "./link.ts";
import { mergePromptDeltas } from "./merge-deltas.ts";
import { promptAborted, promptFailed } from "./prompt-error.ts";
import type { SessionStore } from "./session-store.ts";
import type { Stopping } from "./stopping.ts";
import { emptyResult, finalEvent, resultOf } from "./turn-result.ts";
import { TurnView } from "./turn-view.ts";

export interface PromptRunContext {
  readonly engineId: string;
  readonly link: Link;
  readonly hub: EventHub;
  readonly store: SessionStore;
  readonly fanout: Fanout;
  readonly stopping: Stopping;
  /** Does this event reach anybody besides? */
  hasAudience(event: PermissionRequestedEvent): boolean;
  /** A request that nobody can answer. */
  onUnanswerable(event: PermissionRequestedEvent): void;
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
  /** `abort()` came before the engine was asked. */
  readonly #withdrawn = new AbortController();
  /** The caller's own signal ended the turn. Not that signal itself: it may abort when the turn is long over. */
  readonly #cancelled = new AbortController();
  readonly #events: Channel<PromptEvent>;
  #iterated = false;
  /** Somebody iterates the events and has not left. */
  #isRead = false;
  /** The engine has been asked; resolves with the turn's name when it has taken the prompt. */
  #named: Promise<string> | undefined;
  #turnId: string | undefined;
  /** What was seen of a turn that is cut short from outside. */
  #seen: PromptResult | undefined;
  #unsubscribe = () => {};
  #over = false;

  constructor(context: PromptRunContext, request: PromptRunRequest, signal: AbortSignal | undefined) {
    this.#context = context;
    this.#request = request;
    this.#signal = signal;
    this.#events = createChannel<PromptEvent>({
      limit: EVENT_LIMIT,
      merge: mergePromptDeltas,
      onOverflow: () => {
        this.#isRead = false;
        const message = `More than ${EVENT_LIMIT} events of this turn wait; read them faster.`;
        return new EngineError("EVENT_OVERFLOW", message, this.#where());
      },
      onReturn: () => {
        this.#isRead = false;
      },
      signal: this.#cancelled.signal,
    });
    this.accepted = this.#accepted.promise;
    this.settled = this.#run();
  }

  get turnId(): string | undefined {
    return this.#turnId;
  }

  /** The caller's own signal ended it: then its `reason` is what the caller gets. */
  throwIfCancelled(): void {
    this.#cancelled.signal.throwIfAborted();
  }

  [Symbol.asyncIterator](): AsyncIterator<PromptEvent> {
    if (this.#iterated) {
      const message = "A prompt's events can be iterated once; use events.stream() besides.";
      throw new EngineError("INVALID_REQUEST", message, this.#where());
    }
    this.#iterated = true;
    this.#isRead = true;
    return this.#events[Symbol.asyncIterator]();
  }

  /** Stops the engine's work on the turn. */
  async abort(): Promise<void> {
    if (this.#over) return;
    if (this.#named === undefined) return this.#withdrawn.abort(promptAborted(undefined, this.#where()));
    await this.#stopEngine(this.#named);
  }

  /** Lets go of the turn; the engine goes on. */
  letGo(): void {
    this.#isRead = false;
    this.#events.close();
  }

  async #run(): Promise<PromptResult> {
    const { hub, link } = this.#context;
    const release = hub.retain();
    try {
      const signals = [link.signal, this.#signal, this.#withdrawn.signal];
      return this.#conclude(await scoped(signals, (scope) => this.#follow(scope)));
    } catch (error) {
      return this.#conclude(this.#failed(error));
    } finally {
      this.#unsubscribe();
      release();
    }
  }

  async #follow(scope: AbortSignal): Promise<PromptResult> {
    const { hub, link, fanout, store, stopping } = this.#context;
    const { sessionId } = this.#request;
    await scoped([scope], () => stopping.finished(sessionId));
    await hub.meet(sessionId, scope);
    const connection = await link.connection();
    scope.throwIfAborted();
    const newestMessageId = store.get(sessionId)?.newestMessageId;
    const receipt = await connection.prompt({ ...this.#request, newestMessageId, signal: scope });
    const named = nameOf(receipt);
    this.#named = named;
    this.#turnId = receipt.turnId;
    const onCut = () => {
      this.#seen ??= this.#partial();
      // The caller does not wait for the engine to stop; `dispose()` does.
      if (this.#isStopped()) this.#context.background(this.#stopEngine(named));
    };
    // A driver may have posted although its signal aborted meanwhile.
    if (scope.aborted) onCut();
    else scope.addEventListener("abort", onCut, { once: true });
    scope.throwIfAborted();

    let view = receipt.turnId === undefined ? undefined : new TurnView(sessionId, receipt.turnId);
    const early: EngineEvent[] = [];
    const next = (event: EngineEvent) => {
      if (view === undefined) early.push(event);
      else this.#take(event, view);
    };
    this.#unsubscribe = fanout.add({ next, end: (error) => this.#end(error) }, sessionId);
    // Who hears the whole turn needs no receipt for it.
    const turnId = await Promise.race([named, this.#ended.promise.then((ended) => ended.turnId)]);
    this.#turnId = turnId;
    if (turnId !== undefined && view === undefined) {
      view = new TurnView(sessionId, turnId);
      early.forEach(next);
    }
    this.#accepted.resolve();
    if (turnId !== undefined && !this.#over) hub.apply({ type: "turn_started", sessionId, turnId });
    return await this.#ended.promise;
  }

  /** By its caller: the engine has to stop as well. */
  #isStopped(): boolean {
    return this.#signal?.aborted === true || this.#withdrawn.signal.aborted;
  }

  #take(event: EngineEvent, view: TurnView): void {
    if (this.#over) return;
    for (const news of view.take(event)) {
      this.#events.push(news);
      if (news.type !== "permission_requested" || this.#isRead) continue;
      if (this.#isOurs(news, view) && !this.#context.hasAudience(news)) this.#context.onUnanswerable(news);
    }
    if (event.type === "turn_ended" && event.turnId === view.turnId) {
      this.#over = true;
      this.#ended.resolve(resultOf(event, this.#context.engineId));
    }
  }

  #end(error: Error | undefined): void {
    this.#seen ??= this.#partial();
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

  #failed(cause: unknown): PromptResult {
    const { sessionId } = this.#request;
    if (this.#signal?.aborted) this.#cancelled.abort(this.#signal.reason);
    const stopped = this.#isStopped();
    const error = (stopped ? promptAborted : promptFailed)(cause, this.#where());
    const status = stopped ? "aborted" : "error";
    return { ...(this.#seen ?? emptyResult(sessionId, this.#turnId, status, error)), status, error };
  }

  #partial(): PromptResult | undefined {
    const { store, engineId } = this.#context;
    const { sessionId } = this.#request;
    const state = store.get(sessionId);
    const turnId = this.#turnId;
    if (turnId === undefined || state === undefined) return undefined;
    const messages = messagesOfTurn(state, turnId).map((message) => ({ ...message, complete: false }));
    return resultOf({ type: "turn_ended", sessionId, turnId, status: "aborted", messages }, engineId);
  }

  /** Resolves when the engine has taken the abort; the session's next prompt waits for the turn's end as well. */
  #stopEngine(named: Promise<string>): Promise<void> {
    const { link, stopping } = this.#context;
    const { sessionId } = this.#request;
    const asked = link.use(undefined, async (connection, signal) => {
      // An abort that overtakes the prompt would stop nothing.
      await named.catch(() => {});
      await connection.abort(sessionId, { signal });
    });
    stopping.add(sessionId, this.#lastWords(asked));
    return asked;
  }

  /** Waits for the end of an aborted turn. An engine that took the abort and says nothing more of it is believed. */
  async #lastWords(asked: Promise<void>): Promise<void> {
    const { hub, link, fanout, store } = this.#context;
    const { sessionId } = this.#request;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    const release = hub.retain();
    // Of a prompt whose answer was cut off the name may be unknown: then any turn of the session may be it.
    const isOpen = () => {
      const open = store.get(sessionId)?.openTurns;
      return this.#turnId === undefined ? (open?.size ?? 0) > 0 : open?.has(this.#turnId) === true;
    };
    const next = (event: EngineEvent) => {
      if (event.type === "turn_ended" && !isOpen()) resolve();
    };
    const leave = fanout.add({ next, end: () => resolve() }, sessionId);
    try {
      await asked;
      if (!isOpen()) return;
      const silent = () => new Error("The engine said nothing more.");
      await withDeadline(LAST_WORDS_MS, silent, [link.signal], () => ended).catch(() => {
        const turnId = this.#turnId;
        if (turnId !== undefined && !link.signal.aborted)
          hub.apply({ type: "turn_ended", sessionId, turnId, status: "aborted" });
      });
    } finally {
      leave();
      release();
    }
  }

  /** Asked in this turn; or the engine does not say in which, and no other is open. */
  #isOurs({ messageId = "", sessionId }: PermissionRequestedEvent, { turnId }: TurnView): boolean {
    const state = this.#context.store.get(this.#request.sessionId);
    // A subagent's, which the turn has started that is being answered: the oldest.
    if (sessionId !== this.#request.sessionId) return state?.openTurns.values().next().value === turnId;
    const asking = state?.messages.get(messageId)?.info.turnId;
    return asking === undefined ? (state?.openTurns.size ?? 0) <= 1 : asking === turnId;
  }

  #where() {
    return { engine: this.#context.engineId, sessionId: this.#request.sessionId };
  }
}

/** Resolves with what the turn is called, when the engine has taken the prompt. */
function nameOf(receipt: PromptReceipt): Promise<string> {
  const { turnId, accepted } = receipt;
  const named = turnId === undefined ? accepted : accepted.then(() => turnId);
  named.catch(() => {});
  return named;
}
