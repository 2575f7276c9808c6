/** A line of a hunk. */
export interface DiffLine {
  /** In both files, in the new one only, or in the old one only. */
  readonly kind: "context" | "added" | "deleted";
  /** Without the mark before it, and without its line break (a `\r` before that stays). */
  readonly text: string;
  /** Its number in the old file, from 1; absent where the line is new. */
  readonly oldLine?: number | undefined;
  /** Its number in the new file, from 1; absent where the line is gone. */
  readonly newLine?: number | undefined;
  /** `true`: the file ends with this line, and has no line break behind it. */
  readonly noNewline?: boolean | undefined;
}

/** A piece of a file that changed, with some lines around it. */
export interface DiffHunk {
  /** Number of its first line in the old file, from 1. */
  readonly oldStart: number;
  readonly oldLines: number;
  /** Number of its first line in the new file, from 1. */
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly DiffLine[];
}
