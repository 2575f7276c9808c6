import type { Session } from "../engine/session.ts";

const LATEST = 100;

/** A run of neighbours in a `RecencyList`. */
export interface Block {
  /** Only the list of this edition may change it: an older one is what snapshots hold. */
  readonly edition: number;
  readonly sessions: Session[];
}

/** Where a session is, or would be put. */
export interface Place {
  /** Index of the block. */
  readonly at: number;
  /** Index in the block. */
  readonly index: number;
}

/** Newest first. The ids make the order total: a session is found again by its key alone. */
export function comesBefore(session: Session, other: Session): boolean {
  const time = session.updatedAt;
  const otherTime = other.updatedAt;
  return time === otherTime ? session.id < other.id : time > otherTime;
}

/** Two binary searches; in an empty list it is the place 0, 0. */
export function locate(blocks: readonly Block[], session: Session): Place {
  const begun = countWhile(blocks, ({ sessions }) => {
    const first = sessions[0];
    return first !== undefined && !comesBefore(session, first);
  });
  const at = Math.max(0, begun - 1);
  return { at, index: countWhile(blocks[at]?.sessions ?? [], (other) => comesBefore(other, session)) };
}

/** Would the session, in that place, stand right between the neighbours? */
export function fits(blocks: readonly Block[], { at, index }: Place, session: Session): boolean {
  const sessions = blocks[at]?.sessions;
  const before = index > 0 ? sessions?.[index - 1] : blocks[at - 1]?.sessions.at(-1);
  const after = sessions?.[index + 1] ?? blocks[at + 1]?.sessions[0];
  return (
    (before === undefined || comesBefore(before, session)) &&
    (after === undefined || comesBefore(session, after))
  );
}

/**
 * What a `RecencyList` held at one time. Both arrays are made when they are first read, and are the same ever after.
 *
 * A class: with an object literal of two getters in its place, changes that are each looked at take 2.5 times as long
 * (100,000 sessions, Node 24).
 */
export class RecencySnapshot {
  readonly #blocks: readonly Block[];
  #latest: readonly Session[] | undefined;
  #sessions: readonly Session[] | undefined;

  /** @param blocks must not change any more, nor what is in them */
  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks;
  }

  /** The newest 100, newest first. */
  get latest(): readonly Session[] {
    this.#latest ??= this.#first(LATEST);
    return this.#latest;
  }

  /** All of them, newest first. */
  get sessions(): readonly Session[] {
    this.#sessions ??= this.#blocks.flatMap(({ sessions }) => sessions);
    return this.#sessions;
  }

  #first(count: number): readonly Session[] {
    const first: Session[] = [];
    for (const { sessions } of this.#blocks) {
      if (first.length >= count) break;
      first.push(...sessions.slice(0, count - first.length));
    }
    return first;
  }
}

/** How many items the test holds for, if it holds for the first ones only. */
function countWhile<T>(items: readonly T[], test: (item: T) => boolean): number {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const item = items[middle];
    if (item !== undefined && test(item)) low = middle + 1;
    else high = middle;
  }
  return low;
}
