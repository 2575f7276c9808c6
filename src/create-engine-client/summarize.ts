import { EngineError } from "../engine/errors.ts";
import { scoped } from "../engine/scope.ts";
import type { PromptQueue } from "../hub/prompt-queue.ts";
import { type StopContext, stopTurn } from "../hub/stop-turn.ts";
import type { OptionalCalls } from "./optional.ts";

export interface SummarizeContext extends StopContext {
  readonly queue: PromptQueue;
  readonly optional: OptionalCalls;
  /** Work that outlives the call; `dispose()` waits for it. */
  background(work: Promise<unknown>): void;
}

/** Has a session summarized, in its turn: an engine that begins to summarize gives up what it was answering. */
export async function summarize(
  context: SummarizeContext,
  sessionId: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { queue, optional, hub, link, background } = context;
  const place = queue.enter(sessionId);
  let release = () => {};
  let isAsked = false;
  try {
    return await scoped([link.signal, signal], async (scope) => {
      // An engine that can't is not listened to either.
      await optional.call("summarize", scope, async () => {});
      scope.throwIfAborted();
      release = hub.retain();
      await hub.meet(sessionId, scope).catch((error: unknown) => {
        // Then nothing runs in it, and the engine says what is wrong.
        if (!EngineError.is(error, "SESSION_NOT_FOUND")) throw error;
      });
      await place.come("queue", scope);
      return optional.call("summarize", scope, (connection, inner) => {
        isAsked = true;
        return connection.summarize?.(sessionId, { signal: inner });
      });
    });
  } catch (error) {
    if (isAsked && signal?.aborted) {
      // Nobody knows what its turn is called: it is whatever runs now.
      const named = Promise.reject(error);
      background(stopTurn(context, sessionId, named));
    }
    throw error;
  } finally {
    place.leave();
    release();
  }
}
