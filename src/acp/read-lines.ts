import type { Readable } from "node:stream";

/** Bytes. A string can't be much longer, and a line that is longer is no message of anybody. */
const LONGEST_LINE = 256 * 1024 * 1024;
const NEWLINE = 0x0a;

export interface LineHandlers {
  line(text: string): void;
  /** Everything was read, or it broke, or a line was longer than can be read (`error`). Called once. */
  end(error?: Error): void;
}

/** Reads a stream line by line, at a cost that does not grow with the length of a line. An empty line is none. */
export function readLines(input: Readable, { line, end }: LineHandlers, longest = LONGEST_LINE): void {
  let pieces: Buffer[] = [];
  let length = 0;
  let isOver = false;
  const over = (error?: Error): void => {
    if (isOver) return;
    isOver = true;
    pieces = [];
    end(error);
  };
  const flush = (): void => {
    const text = (
      pieces.length === 1 ? (pieces[0] ?? Buffer.of()) : Buffer.concat(pieces, length)
    ).toString();
    pieces = [];
    length = 0;
    if (text.trim() !== "") line(text);
  };
  input.on("data", (chunk: Buffer) => {
    let start = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0 && !isOver; at = chunk.indexOf(NEWLINE, start)) {
      pieces.push(chunk.subarray(start, at));
      length += at - start;
      start = at + 1;
      flush();
    }
    if (isOver || start === chunk.length) return;
    pieces.push(chunk.subarray(start));
    length += chunk.length - start;
    if (length > longest) over(new Error(`It sent a line of more than ${longest} bytes.`));
  });
  input.on("end", () => {
    if (!isOver && length > 0) flush();
    over();
  });
  input.on("error", over);
  input.on("close", () => over());
}
