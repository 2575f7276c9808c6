import type { InOneView } from "./one-view.ts";

export interface Settled<T> {
  readonly value: T;
  /** The answers in it that died with their engine. */
  readonly lost: ReadonlySet<string>;
}

/**
 * Reads, and once more if there are answers without a last word and nobody is left who could write it: an engine may
 * have written it, and gone, in between. What is still without one died with its engine.
 */
export function readSettled<T>(
  view: InOneView,
  read: () => T,
  unfinishedIn: (value: T) => readonly string[],
  mayBeWritten: () => boolean,
): Settled<T> {
  const value = view(read);
  const unfinished = unfinishedIn(value);
  if (unfinished.length === 0 || mayBeWritten()) return { value, lost: new Set() };
  const again = view(read);
  const still = new Set(unfinishedIn(again));
  return { value: again, lost: new Set(unfinished.filter((id) => still.has(id))) };
}
