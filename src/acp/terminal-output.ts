/** Bytes that are kept of what a command shows. */
export const MOST_OUTPUT = 1024 * 1024;

/** The end of what a command has shown. */
export class TerminalOutput {
  readonly #limit: number;
  #pieces: Buffer[] = [];
  #length = 0;
  #isCut = false;

  /** `limit`: bytes; the agent may ask for fewer. */
  constructor(limit = MOST_OUTPUT) {
    this.#limit = Math.max(0, Math.min(limit, MOST_OUTPUT));
  }

  /** Something from its beginning is gone. */
  get isCut(): boolean {
    return this.#isCut;
  }

  get text(): string {
    this.#cut();
    return Buffer.concat(this.#pieces).toString();
  }

  add(chunk: Buffer): void {
    this.#pieces.push(chunk);
    this.#length += chunk.length;
    // Not each time: to cut copies what is kept.
    if (this.#length > 2 * this.#limit + 65_536) this.#cut();
  }

  #cut(): void {
    if (this.#length <= this.#limit) return;
    const all = Buffer.concat(this.#pieces);
    let start = all.length - this.#limit;
    // Not in the middle of a character.
    while (start < all.length && ((all[start] ?? 0) & 0xc0) === 0x80) start += 1;
    this.#pieces = [all.subarray(start)];
    this.#length = all.length - start;
    this.#isCut = true;
  }
}
