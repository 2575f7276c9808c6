import type { Session } from "../engine/session.ts";
import { type Block, fits, locate, type Place, RecencySnapshot } from "./recency-blocks.ts";

const BLOCK_SIZE = 512;

/**
 * Sessions, those updated last first, for a list that is long, changes with every event and is read as snapshots: a
 * change costs a search and a block, a snapshot costs nothing until it is read.
 */
export class RecencyList {
  readonly #byId = new Map<string, Session>();
  readonly #blockSize: number;
  /** In order. None is empty, and no two neighbours hold so little that one block would do. */
  #blocks: Block[] = [];
  /** Blocks of this edition are in no snapshot: they are changed in place. */
  #edition = 0;
  /** From when it is asked for until the next change. While there is one, `#blocks` is its own. */
  #snapshot: RecencySnapshot | undefined;

  /** @param blockSize at least 2. The default suits any number of sessions; tests want it small. */
  constructor(blockSize: number = BLOCK_SIZE) {
    this.#blockSize = blockSize;
  }

  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Session | undefined {
    return this.#byId.get(id);
  }

  /** Puts a session in, or in place of the one with its id. */
  put(session: Session): void {
    const former = this.#byId.get(session.id);
    if (former === session) return;
    this.#detach();
    this.#byId.set(session.id, session);
    if (former === undefined) {
      this.#insert(session);
      return;
    }
    const place = locate(this.#blocks, former);
    if (fits(this.#blocks, place, session)) {
      this.#own(place.at)[place.index] = session;
      return;
    }
    this.#remove(place);
    this.#insert(session);
  }

  /** `false`: there is none with that id. */
  delete(id: string): boolean {
    const session = this.#byId.get(id);
    if (session === undefined) return false;
    this.#detach();
    this.#byId.delete(id);
    this.#remove(locate(this.#blocks, session));
    return true;
  }

  /** What it holds now, immutable whatever comes after. The same object while nothing changed. */
  snapshot(): RecencySnapshot {
    this.#snapshot ??= new RecencySnapshot(this.#blocks);
    return this.#snapshot;
  }

  /** What it holds when the iteration begins, newest first. */
  *[Symbol.iterator](): IterableIterator<Session> {
    // So that changes in the meantime are made to other blocks.
    this.snapshot();
    for (const { sessions } of this.#blocks) yield* sessions;
  }

  /** Before every change: leaves to the snapshot what it holds. */
  #detach(): void {
    if (this.#snapshot === undefined) return;
    this.#snapshot = undefined;
    this.#blocks = this.#blocks.slice();
    this.#edition += 1;
  }

  /** The sessions of a block, to be changed. Behind the last block it begins a new one. */
  #own(at: number): Session[] {
    const block = this.#blocks[at];
    if (block?.edition === this.#edition) return block.sessions;
    const sessions = block?.sessions.slice() ?? [];
    this.#blocks[at] = { edition: this.#edition, sessions };
    return sessions;
  }

  #insert(session: Session): void {
    const { at, index } = locate(this.#blocks, session);
    const sessions = this.#own(at);
    sessions.splice(index, 0, session);
    if (sessions.length <= this.#blockSize) return;
    const rest = sessions.splice(this.#blockSize >>> 1);
    this.#blocks.splice(at + 1, 0, { edition: this.#edition, sessions: rest });
  }

  #remove({ at, index }: Place): void {
    const sessions = this.#own(at);
    sessions.splice(index, 1);
    if (sessions.length === 0) this.#blocks.splice(at, 1);
    this.#join(at);
    this.#join(at - 1);
  }

  /** Makes one block of two neighbours that hold little: else every session that stays still keeps one to itself. */
  #join(at: number): void {
    const next = this.#blocks[at + 1]?.sessions;
    const held = this.#blocks[at]?.sessions;
    if (held === undefined || next === undefined) return;
    if (held.length + next.length > this.#blockSize >>> 1) return;
    this.#own(at).push(...next);
    this.#blocks.splice(at + 1, 1);
  }
}
