import { examineMachine } from "../node/doctor/examine.ts";
import { formatReport } from "../node/doctor/format-report.ts";
import type { Command } from "./command.ts";
import { readOptions, readPort } from "./read-options.ts";

/** `engine-client doctor` */
export const doctor: Command = {
  name: "doctor",
  summary: "finds out why an OpenCode engine can't be used from here",
  help: `Finds out why an OpenCode engine can't be used from here, and says what to do. Changes nothing.

  --json               the report as JSON
  --host <name>        instead of QUANTUMREEF_OPENCODE_HOST and 127.0.0.1
  --port <number>      instead of QUANTUMREEF_OPENCODE_PORT and 4096
  --cwd <folder>       the workspace to look at, instead of this one
  -h, --help           this text

Exit code: 0 nothing is wrong, 1 something is, 2 wrong use.
`,
  async run(args, { out }) {
    const { json, host, port, cwd } = readOptions(args, {
      json: { type: "boolean" },
      host: { type: "string" },
      port: { type: "string" },
      cwd: { type: "string" },
    });
    // One that is too large is a setting that is wrong: the report says so, with its origin.
    const settled = /^\d+$/.test(port ?? "") ? Number(port) : readPort(port);
    const report = await examineMachine({ host, port: settled, workingDirectory: cwd });
    out(json ? `${JSON.stringify(report, undefined, 2)}\n` : formatReport(report));
    return report.ok ? 0 : 1;
  },
};
