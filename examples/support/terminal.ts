import pc from "picocolors";
import yoctoSpinner from "yocto-spinner";

/** Readable output: colour and a spinner on a terminal, plain lines elsewhere. */
export interface Terminal {
  /** Something takes a while. The next output ends it. */
  busy(what: string): void;
  fact(name: string, value: string): void;
  /** Text as it comes, without a line end. */
  stream(text: string): void;
  tool(name: string, input: string): void;
  result(text: string, isError: boolean): void;
  question(text: string): void;
  diff(patch: string): void;
  note(text: string): void;
  code(text: string): void;
  close(): void;
}

export function createTerminal(): Terminal {
  const spinner = yoctoSpinner({ stream: process.stderr });
  let midLine = false;
  let shown: string | undefined;

  const write = (text: string) => {
    if (spinner.isSpinning) spinner.stop();
    process.stdout.write(text);
    midLine = !text.endsWith("\n");
  };
  const line = (text: string) => write(`${midLine ? "\n" : ""}${text}\n`);
  const block = (text: string, paint: (line: string) => string = (part) => part) => {
    for (const part of text.trimEnd().split("\n")) line(`    ${paint(part)}`);
  };

  return {
    busy: (what) => {
      if (process.stderr.isTTY) spinner.start(what);
    },
    fact: (name, value) => line(`${pc.bold(name.padEnd(9))}${value}`),
    stream: write,
    tool(name, input) {
      const text = `${name} ${input}`;
      // A running tool is told again and again while its output grows.
      if (text === shown) return;
      shown = text;
      line(`${pc.cyan("  tool")}  ${pc.bold(name)} ${input}`);
    },
    result: (text, isError) => block(text, isError ? pc.red : pc.dim),
    question: (text) => line(`${pc.yellow("  asks")}  ${text}`),
    diff: (patch) => block(patch.replace(/^Index:.*\n=+\n/, ""), paintDiff),
    note: (text) => line(`${pc.green("    ->")}  ${text}`),
    code: (text) => block(text, pc.dim),
    close() {
      if (spinner.isSpinning) spinner.stop();
      if (midLine) process.stdout.write("\n");
    },
  };
}

function paintDiff(line: string): string {
  if (line.startsWith("+")) return pc.green(line);
  if (line.startsWith("-")) return pc.red(line);
  return line.startsWith("@@") ? pc.cyan(line) : pc.dim(line);
}
