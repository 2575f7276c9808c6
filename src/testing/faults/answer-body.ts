import type { IncomingMessage } from "node:http";

/**
 * The body of the target's answer, read in portions of exact size. No more is read ahead than Node does by itself
 * (64 KB), so a client that is slow slows the target down.
 */
export class AnswerBody {
  readonly #answer: IncomingMessage;
  #rest: Uint8Array | undefined;
  #wake = () => {};

  constructor(answer: IncomingMessage) {
    this.#answer = answer;
    for (const event of ["readable", "end", "close"]) answer.on(event, () => this.#wake());
    // That it broke is told by `complete`; what came before is still to be passed on.
    answer.on("error", () => {});
  }

  /** Bytes that have come and were not taken. */
  get held(): number {
    return (this.#rest?.length ?? 0) + this.#answer.readableLength;
  }

  /** Whether the target said all of it; otherwise its connection broke. To be asked after everything was taken. */
  get complete(): boolean {
    return this.#answer.complete;
  }

  /** The next so many bytes, piece by piece as they come; fewer only if there are no more. */
  async *take(bytes = Number.POSITIVE_INFINITY): AsyncGenerator<Uint8Array, undefined> {
    for (let left = bytes; left > 0; ) {
      const chunk = await this.#next();
      if (!chunk) return;
      const piece = chunk.subarray(0, left);
      if (piece.length < chunk.length) this.#rest = chunk.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }

  async #next(): Promise<Uint8Array | undefined> {
    const rest = this.#rest;
    this.#rest = undefined;
    if (rest) return rest;
    for (;;) {
      // Not by iteration: that loses what was buffered when the target's connection breaks.
      const chunk: Uint8Array | null = this.#answer.read();
      if (chunk) return chunk;
      if (this.#answer.complete || this.#answer.destroyed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}
