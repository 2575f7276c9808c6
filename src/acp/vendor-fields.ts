/*
 * What single agents say in `_meta`, where the protocol leaves them room. Only what an agent of `agents.ts` was seen to say,
 * and what would be missing otherwise.
 */

type Meta = Readonly<Record<string, unknown>> | null | undefined;

/** Tokens, in the words of the protocol. */
export interface ToldUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly thoughtTokens?: number | null | undefined;
  readonly cachedReadTokens?: number | null | undefined;
  readonly cachedWriteTokens?: number | null | undefined;
}

/** The name of a tool. Of Claude Code and Qwen Code. */
export function toolNameIn(meta: Meta): string | undefined {
  return text(meta, "claudeCode", "toolName") ?? text(meta, "toolName");
}

/** What a command has shown since this was told last. Of Codex. */
export function shownIn(meta: Meta): string | undefined {
  return text(meta, "terminal_output_delta", "data");
}

/** Whether the agent has failed, in spite of what else it says: Codex ends such a turn as if all was well. */
export function hasFailedIn(meta: Meta): boolean | undefined {
  const status = text(meta, "codex", "threadStatus", "type");
  return status === undefined ? undefined : status === "systemError";
}

/** What a turn has used: of Gemini CLI. */
export function turnUsageIn(meta: Meta): ToldUsage | undefined {
  const told = ["quota", "token_count"] as const;
  const [inputTokens, outputTokens] = [
    number(meta, ...told, "input_tokens"),
    number(meta, ...told, "output_tokens"),
  ];
  return inputTokens === undefined || outputTokens === undefined ? undefined : { inputTokens, outputTokens };
}

/** What one of the answers of its model has used: of Qwen Code, which tells it with a chunk of the message. */
export function stepUsageIn(meta: Meta): ToldUsage | undefined {
  const [inputTokens, outputTokens] = [
    number(meta, "usage", "inputTokens"),
    number(meta, "usage", "outputTokens"),
  ];
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const thoughtTokens = number(meta, "usage", "thoughtTokens") ?? 0;
  const cachedReadTokens = number(meta, "usage", "cachedReadTokens") ?? 0;
  return { inputTokens, outputTokens, thoughtTokens, cachedReadTokens };
}

export function addUsage(before: ToldUsage | undefined, step: ToldUsage): ToldUsage {
  if (before === undefined) return step;
  return {
    inputTokens: before.inputTokens + step.inputTokens,
    outputTokens: before.outputTokens + step.outputTokens,
    thoughtTokens: (before.thoughtTokens ?? 0) + (step.thoughtTokens ?? 0),
    cachedReadTokens: (before.cachedReadTokens ?? 0) + (step.cachedReadTokens ?? 0),
  };
}

function text(meta: Meta, ...path: readonly string[]): string | undefined {
  const found = at(meta, path);
  return typeof found === "string" ? found : undefined;
}

function number(meta: Meta, ...path: readonly string[]): number | undefined {
  const found = at(meta, path);
  return typeof found === "number" ? found : undefined;
}

function at(meta: Meta, path: readonly string[]): unknown {
  let found: unknown = meta;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = Reflect.get(found, key);
  }
  return found;
}
