/** The last words of a process, bounded. */
export class LogRing {
  readonly #limit: number;
  readonly #secrets: readonly string[];
  #text = "";

  /** `secrets` are never given out. */
  constructor(limit: number, secrets: readonly string[]) {
    this.#limit = limit;
    this.#secrets = secrets.filter((secret) => secret !== "");
  }

  add(text: string): void {
    const all = this.#text + text;
    this.#text = all.length > 2 * this.#limit ? all.slice(-this.#limit) : all;
  }

  toString(): string {
    let text = this.#text.slice(-this.#limit);
    for (const secret of this.#secrets) text = text.replaceAll(secret, "***");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of one
    return text.replace(/\u001b\[[0-9;]*m/g, "").trim();
  }
}
