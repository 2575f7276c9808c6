import type { EngineClient, PromptOpts } from "../engine/engine-client.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { OutputSchema } from "../engine/output.ts";
import type { PromptResult } from "../engine/prompt-call.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";

/** A turn of whichever client. */
export interface Turn {
  /** Rejects as the `result()` of a prompt does. */
  readonly result: Promise<PromptResult>;
  /** Stops the engine, if it still works on it. */
  stop(): Promise<void>;
}

export type TurnOptions = PromptOpts & { readonly output?: OutputSchema | undefined };

export interface TurnRequest {
  readonly sessionId: string;
  readonly prompt: PromptContent;
  readonly options: TurnOptions;
  readonly onEvent?: ((event: PromptEvent) => void | Promise<void>) | undefined;
}

export function isManaged(client: EngineClient): client is ManagedEngineClient {
  return "capabilities" in client;
}

export function startTurn(
  client: ManagedEngineClient,
  { sessionId, prompt, options, onEvent }: TurnRequest,
): Turn {
  const call = client.session.prompt(sessionId, prompt, options);
  const follow = async () => {
    if (onEvent === undefined) return call.result();
    try {
      for await (const event of call) await onEvent(event);
    } catch (error) {
      // Who was to answer the engine no longer does.
      await call.abort();
      throw error;
    }
    return call.result();
  };
  return { result: follow(), stop: () => call.abort() };
}
