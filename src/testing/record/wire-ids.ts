import type { WireEntry } from "./schema.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";
/** With a digit: a long word is none. */
const PREFIXED = "(?:[A-Za-z]{1,12}_)?(?=[A-Za-z]*\\d)[0-9A-Za-z]{16,}";

/** Which ids the client chose when it was recorded, and which stand in their place now. */
export class WireIds {
  /** Of which each is one whatever it begins with. */
  readonly #kinds: readonly string[];
  readonly #pattern: RegExp;
  /** Recorded ids that no answer had named before the client did. */
  readonly #coined: ReadonlySet<string>;
  readonly #live = new Map<string, string>();

  /** `others`: what else is an id, besides UUIDs and the like of `msg_01f3...`. */
  constructor(entries: readonly WireEntry[], others: RegExp | undefined) {
    this.#kinds = [...(others ? [others.source] : []), UUID];
    this.#pattern = new RegExp(`(?<![\\w-])(?:${[...this.#kinds, PREFIXED].join("|")})(?![\\w-])`, "g");
    this.#coined = this.#findCoined(entries);
  }

  /** Can the one stand for the other, now that the client says it in its place? */
  mayStandFor(recorded: string, live: string): boolean {
    if (!this.#coined.has(recorded) || this.#live.has(recorded)) return false;
    if (live.length !== recorded.length) return false;
    const bothAre = (kind: string) => [recorded, live].every((id) => new RegExp(`^(?:${kind})$`).test(id));
    return this.#kinds.some(bothAre) || (bothAre(PREFIXED) && prefixOf(recorded) === prefixOf(live));
  }

  /** From now on they do. */
  learn(pairs: ReadonlyMap<string, string>): void {
    for (const [recorded, live] of pairs) this.#live.set(recorded, live);
  }

  /** A recorded text with the ids of now: by text, as an id stands in many places, and nothing else looks like one. */
  toLive(text: string, also: ReadonlyMap<string, string> = new Map()): string {
    let named = text;
    for (const [recorded, live] of [...this.#live, ...also]) named = named.replaceAll(recorded, () => live);
    return named;
  }

  /** Text of now with the recorded ids. */
  toRecorded(text: string): string {
    let named = text;
    for (const [recorded, live] of this.#live) named = named.replaceAll(live, () => recorded);
    return named;
  }

  #findCoined(entries: readonly WireEntry[]): ReadonlySet<string> {
    const seen = new Set<string>();
    const coined = new Set<string>();
    for (const entry of entries) {
      const ids = this.#idsIn(entry.type === "frame" ? entry.text : JSON.stringify(entry));
      for (const id of ids) {
        if (entry.type === "request" && !seen.has(id)) coined.add(id);
        seen.add(id);
      }
    }
    return coined;
  }

  #idsIn(text: string): readonly string[] {
    return text.match(this.#pattern) ?? [];
  }
}

function prefixOf(id: string): string {
  return id.slice(0, id.indexOf("_") + 1);
}
