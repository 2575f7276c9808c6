import type { PromptOpts } from "../engine/engine-client.ts";
import type { EngineEvent } from "../engine/events.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { scoped } from "../engine/scope.ts";
import { type CutTurn, cutResult, lostWith, seenOf } from "./cut-turn.ts";
import { PromptDeadlines } from "./prompt-deadlines.ts";
import { promptAborted } from "./prompt-error.ts";
import type { Place, PromptQueue } from "./prompt-queue.ts";
import { PromptReading } from "./prompt-reading.ts";
import { type PreparedRequest, type SendingContext, sendPrompt } from "./prompt-sending.ts";
import { isAskedIn } from "./requests/asked-in.ts";
import type { ReadPolicies } from "./requests/read-policy.ts";
import { isRequest, type Request, type RequestDesk } from "./requests/request-desk.ts";
import { type StopContext, stopTurn } from "./stop-turn.ts";
import { finalEvent, resultOf } from "./turn-result.ts";
import { saysSomething } from "./turn-signs.ts";
import { TurnView } from "./turn-view.ts";

export interface PromptRunContext extends SendingContext, StopContext {
  readonly queue: PromptQueue;
  readonly desk: RequestDesk;
  /** Work that outlives the turn; `dispose()` waits for it. */
  background(work: Promise<unknown>): void;
}

export interface PromptRunRequest {
  readonly sessionId: string;
  /** Makes ready what is sent, once the session was met: attachments may have to be read. */
  prepare(signal: AbortSignal): Promise<PreparedRequest>;
}

export interface PromptRunOptions extends Pick<PromptOpts, "signal" | "ifRunning" | "timeouts"> {
  readonly policies: ReadPolicies;
}

/** One prompt on its way: listen, post, follow the turn, settle. Begins at once and settles in any case. */
export class PromptRun {
  /** The engine has taken the prompt. */
  readonly accepted: Promise<void>;
  readonly settled: Promise<PromptResult>;
  readonly #context: PromptRunContext;
  readonly #request: PromptRunRequest;
  readonly #options: PromptRunOptions;
  readonly #place: Place;
  readonly #deadlines: PromptDeadlines;
  readonly #accepted = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<PromptResult>();
  /** `abort()` came before the engine was asked. */
  readonly #withdrawn = new AbortController();
  /** The caller's own signal ended the turn. Not that signal itself: it may abort when the turn is long over. */
  readonly #cancelled = new AbortController();
  readonly #reading: PromptReading;
  /** The engine has been asked; resolves with the turn's name when it has taken the prompt. */
  #named: Promise<string> | undefined;
  #turnId: string | undefined;
  /** What was seen of a turn that is cut short from outside. */
  #seen: PromptResult | undefined;
  /** Aborts when all is over. */
  readonly #settling = new AbortController();
  #unsubscribe = () => {};
  #stopExpecting = () => {};
  #over = false;

  constructor(context: PromptRunContext, request: PromptRunRequest, options: PromptRunOptions) {
    this.#context = context;
    this.#request = request;
    this.#options = options;
    this.#place = context.queue.enter(request.sessionId);
    const state = () => context.store.get(request.sessionId);
    this.#deadlines = new PromptDeadlines(options.timeouts ?? {}, this.#where(), {
      isAtWork: () => state()?.engineRunning === true,
      isAwaitingPerson: () => (state()?.permissions.size ?? 0) + (state()?.questions.size ?? 0) > 0,
    });
    this.#reading = new PromptReading({ where: this.#where(), signal: this.#cancelled.signal });
    // Both may fail before anybody waits for them.
    this.#ended.promise.catch(() => {});
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
    return this.#reading[Symbol.asyncIterator]();
  }

  /** Stops the engine's work on the turn. */
  async abort(): Promise<void> {
    if (this.#over) return;
    if (this.#named === undefined) return this.#withdrawn.abort(promptAborted(undefined, this.#where()));
    await this.#stop(this.#named);
  }

  /** Lets go of the turn; the engine goes on. */
  letGo(): void {
    this.#reading.leave();
  }

  async #run(): Promise<PromptResult> {
    const { hub, link } = this.#context;
    const release = hub.retain();
    try {
      const signals = [link.signal, this.#options.signal, this.#withdrawn.signal, this.#deadlines.signal];
      return this.#conclude(await scoped(signals, (scope) => this.#follow(scope)));
    } catch (error) {
      return this.#conclude(this.#failed(error));
    } finally {
      this.#settling.abort();
      this.#unsubscribe();
      this.#stopExpecting();
      this.#deadlines.close();
      this.#place.leave();
      release();
    }
  }

  async #follow(scope: AbortSignal): Promise<PromptResult> {
    const { hub, fanout, store } = this.#context;
    const { sessionId } = this.#request;
    const { timeouts, ifRunning = "queue" } = this.#options;
    await hub.meet(sessionId, scope, timeouts?.connect);
    const prepared = await this.#request.prepare(scope);
    await this.#place.come(ifRunning, scope);
    // From before it is sent: what is told until the turn has a name waits.
    let view: TurnView | undefined;
    const early: EngineEvent[] = [];
    const next = (event: EngineEvent) => {
      if (view === undefined) early.push(event);
      else this.#take(event, view);
    };
    const follow = (turnId: string) => {
      this.#turnId = turnId;
      view ??= new TurnView(sessionId, turnId);
      early.splice(0).forEach(next);
    };
    this.#unsubscribe = fanout.add({ next, end: (error) => this.#end(error) }, sessionId);
    // Also after its end: a request whose answer is late must not be sent again.
    const sending = AbortSignal.any([scope, this.#settling.signal]);
    const sent = await sendPrompt(this.#context, prepared, sending, timeouts?.connect);
    const { named, turnId: known, expected } = sent;
    this.#named = named;
    if (known !== undefined) follow(known);
    const onCut = () => {
      this.#see();
      // The caller does not wait for the engine to stop; `dispose()` does.
      if (this.#isStopped()) this.#context.background(this.#stop(named));
    };
    // A driver may have posted although its signal aborted meanwhile.
    if (scope.aborted) onCut();
    else scope.addEventListener("abort", onCut, { once: true });
    scope.throwIfAborted();
    if (expected !== undefined) this.#stopExpecting = store.expect(sessionId, expected);

    // Who hears the whole turn needs no receipt for it.
    const turnId = await Promise.race([named, this.#ended.promise.then((ended) => ended.turnId)]);
    if (turnId !== undefined) follow(turnId);
    this.#accepted.resolve();
    this.#deadlines.accepted();
    if (turnId !== undefined && !this.#over) hub.apply({ type: "turn_started", sessionId, turnId });
    return await this.#ended.promise;
  }

  #stop(named: Promise<string>): Promise<void> {
    return stopTurn(this.#context, this.#request.sessionId, named);
  }

  /** By its caller, or by a deadline of his: the engine has to stop as well. */
  #isStopped(): boolean {
    const signals = [this.#options.signal, this.#withdrawn.signal, this.#deadlines.signal];
    return signals.some((signal) => signal?.aborted);
  }

  #take(event: EngineEvent, view: TurnView): void {
    if (this.#over) return;
    if (saysSomething(event)) this.#deadlines.heard();
    for (const news of view.take(event)) {
      if (isRequest(news) && isAskedIn(view, news, this.#context.store)) this.#attend(news);
      else this.#reading.push(news);
    }
    if (event.type === "turn_ended" && event.turnId === view.turnId) {
      this.#over = true;
      this.#ended.resolve(resultOf(event, this.#context.engineId));
    }
  }

  #attend(request: Request): void {
    const wasRead = this.#reading.isOn;
    this.#context.desk.attend(request, {
      policies: this.#options.policies,
      isRead: () => wasRead || this.#reading.isOn,
      handedOut: this.accepted,
      show: () => this.#reading.push(request),
    });
  }

  /** Nothing will come any more: the client was disposed, or the engine is out of reach for good. */
  #end(error: Error | undefined): void {
    const { link } = this.#context;
    this.#see();
    this.#ended.reject(
      error === undefined ? link.signal.reason : lostWith(error, this.#turnId, this.#where()),
    );
  }

  #conclude(result: PromptResult): PromptResult {
    this.#over = true;
    this.#reading.push(finalEvent(result));
    this.#reading.close();
    // Without effect when it was accepted before.
    if (result.error !== undefined) this.#accepted.reject(result.error);
    else this.#accepted.resolve();
    return result;
  }

  #failed(cause: unknown): PromptResult {
    const { signal } = this.#options;
    if (signal?.aborted) this.#cancelled.abort(signal.reason);
    const isAborted = signal?.aborted === true || this.#withdrawn.signal.aborted;
    return cutResult(this.#turn(), this.#seen, { cause, isAborted, where: this.#where() });
  }

  #see(): void {
    const { store, engineId } = this.#context;
    this.#seen ??= seenOf(store, engineId, this.#turn());
  }

  #turn(): CutTurn {
    return { sessionId: this.#request.sessionId, turnId: this.#turnId };
  }

  #where() {
    return { engine: this.#context.engineId, sessionId: this.#request.sessionId };
  }
}
