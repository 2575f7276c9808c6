import { stripVTControlCharacters } from "node:util";

/** Lines that stay, and below them lines that change. */
export interface LiveLines {
  print(line: string): void;
  /** What stands below from now on. Nothing is shown where the output is no terminal. */
  show(lines: readonly string[]): void;
  close(): void;
}

export function createLiveLines(output: NodeJS.WriteStream = process.stdout): LiveLines {
  let shown = 0;
  const clear = () => {
    if (shown > 0) output.write(`\x1b[${shown}A\x1b[0J`);
    shown = 0;
  };
  return {
    print(line) {
      clear();
      output.write(`${line}\n`);
    },
    show(lines) {
      if (!output.isTTY) return;
      clear();
      for (const line of lines) output.write(`${cut(line, output.columns)}\n`);
      shown = lines.length;
    },
    close: clear,
  };
}

/** A line that wraps would be two, and the next clearing would leave one. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line);
  return plain.length < columns ? line : `${plain.slice(0, columns - 2)}…`;
}
