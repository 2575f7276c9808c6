/** What ends a frame: a blank line, or the end of a line. */
export type Framing = "blank-line" | "line";

// A CR at the end of what is here may be half a line break.
const ENDS: Record<Framing, RegExp> = {
  "blank-line": /(?:\r\n|\n|\r(?!\n))(?:\r\n|\n|\r(?!\n|$))/g,
  line: /\n/g,
};

/** How much of what came before may belong to an end. */
const TAIL = 3;

/** How the body of such a content type is cut into frames; `undefined`: it is no stream of them. */
export function framingOf(contentType: string | null): Framing | undefined {
  const [mediaType = ""] = (contentType ?? "").toLowerCase().split(";");
  if (mediaType.trim() === "text/event-stream") return "blank-line";
  return /^application\/(?:x-)?(?:ndjson|jsonl|json-seq|json-lines)$/.test(mediaType.trim())
    ? "line"
    : undefined;
}

/** Cuts a text that comes in pieces into its frames. All of them together are the text, character by character. */
export class FrameSplitter {
  readonly #end: RegExp;
  /** Pieces of the frame that has not ended, and their last characters. Joined once: a frame may have megabytes. */
  #held: string[] = [];
  #tail = "";

  constructor(framing: Framing) {
    this.#end = ENDS[framing];
  }

  /** The frames that end in this piece. */
  feed(piece: string): readonly string[] {
    const frames: string[] = [];
    const seen = this.#tail + piece;
    const before = this.#tail.length;
    let from = 0;
    for (const { index, 0: end } of seen.matchAll(this.#end)) {
      const to = index + end.length - before;
      frames.push(this.#take(piece.slice(from, to)));
      from = to;
    }
    this.#hold(piece.slice(from), frames.length > 0);
    return frames;
  }

  /** What is left when nothing more comes; `""` if the text ended with a frame. */
  rest(): string {
    return this.#take("");
  }

  #take(last: string): string {
    const frame = this.#held.join("") + last;
    this.#held = [];
    this.#tail = "";
    return frame;
  }

  #hold(piece: string, isNew: boolean): void {
    if (piece === "") return;
    this.#held.push(piece);
    this.#tail = ((isNew ? "" : this.#tail) + piece).slice(-TAIL);
  }
}
