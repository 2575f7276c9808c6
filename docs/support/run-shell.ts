import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { dieWithUs } from "../../test/support/guard.ts";

export interface ShellOptions {
  /** The folder in which it runs. */
  readonly cwd: string;
  /** All that it has of an environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after which it is ended. Default: 10000. */
  readonly deadline?: number | undefined;
}

/**
 * Runs a script in bash and resolves with what it printed. The first command that fails is the script's failure.
 * Nothing that it started outlives it.
 */
export async function runShell(
  script: string,
  { cwd, env, deadline = 10_000 }: ShellOptions,
): Promise<string> {
  const args = ["-e", "-o", "pipefail", "-c", script];
  // Detached: it leads a process group, and what it has in the background can be ended with it.
  const shell = spawn("bash", args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], detached: true });
  const unguard = dieWithUs(shell);
  const over = new AbortController();
  const late = setTimeout(deadline, true, { signal: over.signal }).catch(() => false);
  const printed = Promise.all([text(shell.stdout), text(shell.stderr)]);
  try {
    const isLate = await Promise.race([once(shell, "exit").then(() => false), late]);
    endGroup(shell.pid);
    const [stdout, stderr] = await printed;
    if (isLate) throw failure(`took more than ${deadline} ms`, script, stdout, stderr);
    if (shell.exitCode !== 0) throw failure(`ended with ${shell.exitCode}`, script, stdout, stderr);
    return stdout;
  } finally {
    over.abort();
    unguard();
  }
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, "SIGKILL");
  } catch {
    // Nobody is left in it.
  }
}

function failure(how: string, script: string, stdout: string, stderr: string): Error {
  return new Error(`An example ${how}:\n${script}\nIt printed:\n${stdout}${stderr}`);
}
