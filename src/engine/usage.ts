import type { Message, Usage } from "./message.ts";
import type { Model } from "./model.ts";

/** How much of what its model can read at once a conversation takes. */
export interface ContextUse {
  /** Tokens of the newest answer, and of all that was sent to the model for it. */
  readonly tokens: number;
  /** How many tokens the model can read at once; absent where that is not known. */
  readonly limit?: number | undefined;
  /** `tokens` in percent of `limit`, not rounded. */
  readonly percent?: number | undefined;
}

/** What a session has used. What no message tells is absent, and not 0. */
export interface SessionUsage {
  /** Of its own messages. */
  readonly own?: Usage | undefined;
  /** With that of the sessions which it started as subagents, and of those which they started. */
  readonly total?: Usage | undefined;
  /** Absent before its first answer, and after its conversation was shortened until it is answered again. */
  readonly context?: ContextUse | undefined;
}

/** Adds up what messages tell of their usage. `undefined`: none of them tells any. */
export function usageOf(messages: readonly Pick<Message, "usage">[]): Usage | undefined {
  const told = messages.flatMap(({ usage }) => usage ?? []);
  if (told.length === 0) return undefined;
  const sum = (field: keyof Usage): number | undefined => {
    const counts = told.flatMap((usage) => usage[field] ?? []);
    return counts.length === 0 ? undefined : counts.reduce((total, count) => total + count, 0);
  };
  return {
    inputTokens: sum("inputTokens") ?? 0,
    outputTokens: sum("outputTokens") ?? 0,
    reasoningTokens: sum("reasoningTokens"),
    cachedTokens: sum("cachedTokens"),
    cacheWriteTokens: sum("cacheWriteTokens"),
    costUsd: sum("costUsd"),
  };
}

/**
 * How much of its model's context a conversation takes, by its newest answer that tells its usage. `models`: where the
 * limit of that answer's model is looked up.
 */
export function contextUseOf(
  messages: readonly Message[],
  models: readonly Pick<Model, "id" | "limits">[] = [],
): ContextUse | undefined {
  const newest = messages.findLast(({ role, usage }) => role === "assistant" && usage !== undefined);
  // A summary takes the place of what it was made of: what that took says nothing of what is left.
  if (newest?.usage === undefined || newest.summary) return undefined;
  const {
    inputTokens,
    outputTokens,
    reasoningTokens = 0,
    cachedTokens = 0,
    cacheWriteTokens = 0,
  } = newest.usage;
  const tokens = inputTokens + outputTokens + reasoningTokens + cachedTokens + cacheWriteTokens;
  const limit = models.find(({ id }) => id === newest.model)?.limits?.context;
  return limit === undefined ? { tokens } : { tokens, limit, percent: (100 * tokens) / limit };
}
