import type { EngineClient } from "../engine/engine-client.ts";
import { EngineError } from "../engine/errors.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import { scoped } from "../engine/scope.ts";
import { failureOf } from "../hub/turn-result.ts";
import { HeardTurn } from "./heard-turn.ts";
import type { Turn, TurnRequest } from "./turn.ts";

/** A turn of a client that was written by hand: its events are all that it tells. */
export function startPlainTurn(client: EngineClient, { sessionId, prompt, options }: TurnRequest): Turn {
  const where = { engine: client.id, sessionId };
  const stopped = new AbortController();
  let isOver = false;
  const follow = async (signal: AbortSignal): Promise<PromptResult> => {
    if (typeof prompt !== "string") {
      throw new EngineError("INVALID_REQUEST", `${client.name} takes prompts that are a string.`, where);
    }
    const heard = new HeardTurn(sessionId);
    const events = await client.session.prompt(sessionId, prompt, { ...options, signal });
    for await (const event of events) heard.take(event);
    const result = heard.result(client.id);
    const failure = failureOf(result);
    if (failure !== undefined) throw failure;
    return result;
  };
  const result = async (): Promise<PromptResult> => {
    try {
      return await scoped([options.signal, stopped.signal], follow);
    } catch (error) {
      // Such a client need not listen to signals; what comes of this is not what the turn failed with.
      if (options.signal?.aborted) await Promise.allSettled([client.session.abort(sessionId)]);
      throw error;
    } finally {
      isOver = true;
    }
  };
  return {
    result: result(),
    async stop() {
      if (isOver) return;
      stopped.abort(new EngineError("PROMPT_ABORTED", "This prompt was aborted by its caller.", where));
      await client.session.abort(sessionId);
    },
  };
}
