import type { EngineEvent } from "../engine/events.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";

/** Two deltas of one part that wait for a slow reader are one: nothing is lost, and nothing grows. */
export function mergePromptDeltas(previous: PromptEvent, next: PromptEvent): PromptEvent | undefined {
  if (previous.type !== "text_delta" && previous.type !== "reasoning_delta") return undefined;
  if (next.type !== previous.type || !follows(previous, next)) return undefined;
  return { ...previous, delta: previous.delta + next.delta };
}

/** As {@link mergePromptDeltas}, for the events of the engine. */
export function mergeEngineDeltas<Event extends EngineEvent>(
  previous: Event,
  next: Event,
): Event | undefined {
  if (previous.type !== "message_delta" || next.type !== "message_delta") return undefined;
  return follows(previous, next) ? { ...previous, delta: previous.delta + next.delta } : undefined;
}

interface Delta {
  readonly partId: string;
  readonly offset: number;
  readonly delta: string;
}

/** Not so after a reset that the reader did not ask for: its filter leaves it out. */
function follows(previous: Delta, next: Delta): boolean {
  return next.partId === previous.partId && next.offset === previous.offset + previous.delta.length;
}
