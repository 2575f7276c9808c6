import { spawn } from "node:child_process";
import { captureLog, endOf, type ProcessEnd } from "./child-process.ts";
import { dieWithUs } from "./guard.ts";
import { openCodeBinary } from "./opencode-binary.ts";
import { homeEnv } from "./throwaway-home.ts";

/** What a person does in a terminal beside a server: a process of its own in the same home. */
export interface OpenCodeRun {
  readonly pid: number;
  /** Resolves when it is gone, whoever ended it. */
  readonly ended: Promise<ProcessEnd>;
  /** What it printed. */
  log(): string;
  /** As a crash would. */
  kill(): Promise<void>;
}

export interface OpenCodeRunOptions {
  readonly home: string;
  readonly cwd: string;
  /** Goes before the prompt, such as `["--session", id]`. */
  readonly args?: readonly string[];
}

/** Runs `opencode run` with a prompt. */
export function openCodeRun(prompt: string, { home, cwd, args = [] }: OpenCodeRunOptions): OpenCodeRun {
  const child = spawn(openCodeBinary(), ["run", ...args], {
    cwd,
    env: homeEnv(home),
    stdio: ["pipe", "pipe", "pipe"],
  });
  // As an argument it would be changed: quotes in it are escaped.
  child.stdin.on("error", () => {}).end(prompt);
  const log = captureLog(child, 65_536);
  const unguard = dieWithUs(child);
  const ended = endOf(child).finally(unguard);
  return {
    pid: child.pid ?? 0,
    ended,
    log,
    async kill() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
