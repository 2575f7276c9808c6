import { EngineError } from "../engine/errors.ts";
import type { IfRunning } from "../engine/prompt-options.ts";
import { scoped } from "../engine/scope.ts";
import { isAtRest } from "./session-store.ts";
import { type StopSessionContext, stopSession } from "./stop-session.ts";
import type { Stopping } from "./stopping.ts";

export interface PromptQueueContext extends StopSessionContext {
  readonly engineId: string;
  readonly stopping: Stopping;
}

/** A prompt's place in the line of its session. */
export interface Place {
  /**
   * Resolves when the prompt may be sent. The session must have been met.
   * @throws EngineError `SESSION_RUNNING` (`"reject"`), `PROMPT_ABORTED` (the line was dropped)
   */
  come(ifRunning: IfRunning, signal: AbortSignal): Promise<void>;
  /** The prompt is over. */
  leave(): void;
}

interface Waiting {
  readonly left: PromiseWithResolvers<void>;
  readonly dropped: AbortController;
}

/** The prompts of each session, in the order in which they were asked for. */
export class PromptQueue {
  readonly #context: PromptQueueContext;
  readonly #lines = new Map<string, Set<Waiting>>();

  constructor(context: PromptQueueContext) {
    this.#context = context;
  }

  enter(sessionId: string): Place {
    const line = this.#lines.get(sessionId) ?? new Set<Waiting>();
    this.#lines.set(sessionId, line);
    const ahead = [...line];
    const own: Waiting = { left: Promise.withResolvers(), dropped: new AbortController() };
    line.add(own);
    return {
      come: (ifRunning, signal) =>
        scoped([signal, own.dropped.signal], (scope) => this.#come(sessionId, ahead, ifRunning, scope)),
      leave: () => {
        line.delete(own);
        own.left.resolve();
        if (line.size === 0 && this.#lines.get(sessionId) === line) this.#lines.delete(sessionId);
      },
    };
  }

  /** Those that have not been sent are not: somebody stopped the session. */
  drop(sessionId: string): void {
    for (const waiting of this.#lines.get(sessionId) ?? []) this.#drop(sessionId, waiting);
  }

  #drop(sessionId: string, { dropped }: Waiting): void {
    const message = "The session was aborted while this prompt waited for its turn; it was not sent.";
    dropped.abort(new EngineError("PROMPT_ABORTED", message, { engine: this.#context.engineId, sessionId }));
  }

  async #come(
    sessionId: string,
    ahead: readonly Waiting[],
    ifRunning: IfRunning,
    scope: AbortSignal,
  ): Promise<void> {
    const { engineId: engine, store, stopping } = this.#context;
    await scoped([scope], () => stopping.finished(sessionId));
    if (ifRunning === "steer") return;
    const isFree = () => isAtRest(store.get(sessionId));
    const others = ahead.filter((waiting) => this.#lines.get(sessionId)?.has(waiting));
    if (ifRunning === "reject" && (others.length > 0 || !isFree())) {
      const message = `Session ${sessionId} is at work. Wait for it, or send the prompt with ifRunning: "queue".`;
      throw new EngineError("SESSION_RUNNING", message, { engine, sessionId });
    }
    if (ifRunning === "abort" && (others.length > 0 || !isFree())) {
      for (const waiting of others) this.#drop(sessionId, waiting);
      await stopSession(this.#context, sessionId, scope);
    }
    await scoped([scope], () => Promise.all(others.map(({ left }) => left.promise)));
    await this.#rest(sessionId, isFree, scope);
  }

  /** Resolves when nothing goes on in the session, whoever began it. */
  async #rest(sessionId: string, isFree: () => boolean, scope: AbortSignal): Promise<void> {
    if (isFree()) return;
    const { fanout, link } = this.#context;
    const free = Promise.withResolvers<void>();
    const next = () => {
      if (isFree()) free.resolve();
    };
    const end = (error?: Error) => free.reject(error ?? link.signal.reason);
    const leave = fanout.add({ next, end }, sessionId);
    try {
      await scoped([scope], () => free.promise);
    } finally {
      leave();
    }
  }
}
