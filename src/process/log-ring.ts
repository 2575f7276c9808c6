import { stripVTControlCharacters } from "node:util";

/** What is kept besides, so that a secret or a colour that the cut goes through is never shown in part. */
const MARGIN = 1024;

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
    this.#text = all.length > 2 * (this.#limit + MARGIN) ? all.slice(-this.#limit - MARGIN) : all;
  }

  toString(): string {
    let text = stripVTControlCharacters(this.#text);
    for (const secret of this.#secrets) text = text.replaceAll(secret, "***");
    return text.slice(-this.#limit).trim();
  }
}
