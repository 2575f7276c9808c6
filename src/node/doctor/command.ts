import { parseArgs } from "node:util";
import { reasonOf } from "../../engine/errors.ts";
import { examineMachine } from "./examine.ts";
import { formatReport } from "./format-report.ts";

const USAGE = `Usage: engine-client doctor [options]

Finds out why an OpenCode engine can't be used from here, and says what to do. Changes nothing.

  --json               the report as JSON
  --host <name>        instead of QUANTUMREEF_OPENCODE_HOST and 127.0.0.1
  --port <number>      instead of QUANTUMREEF_OPENCODE_PORT and 4096
  --cwd <folder>       the workspace to look at, instead of this one
  -h, --help           this text

Exit code: 0 nothing is wrong, 1 something is, 2 wrong use.
`;

export interface CommandOutput {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** `npx @quantumreef/engine-client doctor`. Resolves with the exit code. */
export async function runCommand(args: readonly string[], { out, err }: CommandOutput): Promise<number> {
  const parsed = parse(args);
  if (typeof parsed === "string") {
    err(`${parsed}\n\n${USAGE}`);
    return 2;
  }
  const { json, host, port, cwd, help } = parsed;
  if (help) {
    out(USAGE);
    return 0;
  }
  const report = await examineMachine({
    host,
    port: port === undefined ? undefined : Number(port),
    workingDirectory: cwd,
  });
  out(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
  return report.ok ? 0 : 1;
}

function parse(args: readonly string[]) {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        json: { type: "boolean" },
        host: { type: "string" },
        port: { type: "string" },
        cwd: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    });
    if (values.help) return values;
    const [command, ...more] = positionals;
    if (values.port !== undefined && !/^\d+$/.test(values.port))
      return `--port is ${JSON.stringify(values.port)}; a whole number from 0 to 65535 is wanted.`;
    if (command !== "doctor" || more.length > 0)
      return command === undefined
        ? "Say what to do."
        : `There is no command ${JSON.stringify(positionals.join(" "))}.`;
    return values;
  } catch (error) {
    return reasonOf(error);
  }
}
