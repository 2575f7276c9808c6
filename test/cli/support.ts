import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { captureLog, endOf, type ProcessEnd, terminate } from "../support/child-process.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** `engine-client` as a process of its own. */
export interface Cli {
  readonly pid: number;
  /** All that it has printed, on both streams. */
  log(): string;
  kill(signal: NodeJS.Signals): void;
  readonly end: Promise<ProcessEnd>;
}

/** It is ended with the test, if it still runs then. */
export function startCli(args: readonly string[], { env = {}, cwd }: CliOptions = {}): Cli {
  const child = spawn(process.execPath, ["--conditions=@quantumreef/source", cli, ...args], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...(cwd === undefined ? {} : { cwd }),
  });
  const log = captureLog(child, 100_000);
  const end = endOf(child);
  onTestFinished(() => terminate(child, end, 10_000));
  return { pid: child.pid ?? 0, log, kill: (signal) => void child.kill(signal), end };
}

/** A command that comes to its end by itself. */
export async function runCli(args: readonly string[], options: CliOptions = {}) {
  const cli = startCli(args, options);
  const { code } = await cli.end;
  return { code, log: cli.log() };
}

/** A command that serves, once it does. */
export interface ServingCli extends Cli {
  readonly url: string;
  readonly port: number;
}

/** @throws when it ends before it serves */
export async function startServing(args: readonly string[], options: CliOptions = {}): Promise<ServingCli> {
  const started = startCli([...args, "--port", "0"], options);
  const url = await listening(started);
  return { ...started, url, port: Number(new URL(url).port) };
}

async function listening({ log, end }: Cli): Promise<string> {
  for (;;) {
    const [, url] = /^Listening on (http:\S+)$/m.exec(log()) ?? [];
    if (url !== undefined) return url;
    const ended = await Promise.race([end, new Promise<undefined>((resolve) => setTimeout(resolve, 20))]);
    if (ended !== undefined) throw new Error(`It ended with ${ended.code}:\n${log()}`);
  }
}
