import type { ChildProcess } from "node:child_process";
import crossSpawn from "cross-spawn";
import { withDeadline } from "../../engine/scope.ts";
import { howItEnds } from "../../process/how-it-ends.ts";
import { LogRing } from "../../process/log-ring.ts";
import { descendantsOf, listProcesses } from "../../process/process-table.ts";
import { sweep } from "../../process/sweep.ts";

export interface EngineProcessOptions {
  readonly binary: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** By which what it started is found. */
  readonly mark: string;
  /** Milliseconds until it must listen. */
  readonly startTimeout: number;
  /** Kept out of its output where that is shown. */
  readonly secrets: readonly string[];
  /** Ends the wait, and the process with it. */
  readonly signal: AbortSignal;
}

/** A server that this process started. */
export interface EngineProcess {
  readonly pid: number;
  readonly url: string;
  /** Resolves with how it ended, in words, when it is gone. Never rejects. */
  readonly ended: Promise<string>;
}

const LOG_SIZE = 64 * 1024;

/**
 * Starts `opencode serve` and waits until it listens: requests sent earlier are accepted and never answered.
 * @throws Error with what the process said last. It is gone then, with what it had started
 */
export async function startEngine(options: EngineProcessOptions): Promise<EngineProcess> {
  const { binary, args, cwd, env, mark, startTimeout, secrets, signal } = options;
  const log = new LogRing(LOG_SIZE, secrets);
  const words = (how: string) => {
    const said = String(log);
    return `\`${binary} ${args[0] ?? ""}\` ${how}.${said === "" ? "" : ` It said:\n${said}`}`;
  };
  const child = crossSpawn(binary, args, {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const ended = howItEnds(child).then(words);
  const failed = async (): Promise<never> => {
    throw new Error(await ended);
  };
  const late = () => new Error(words(`did not listen within ${startTimeout} ms`));
  try {
    const url = await withDeadline(startTimeout, late, [signal], () =>
      Promise.race([listening(child, log), failed()]),
    );
    return { pid: child.pid ?? 0, url, ended };
  } catch (error) {
    const { pid } = child;
    const processes = pid === undefined ? [] : await listProcesses().catch(() => []);
    child.kill("SIGKILL");
    await ended;
    await sweep(pid === undefined ? [] : descendantsOf([pid], processes), mark);
    throw error;
  }
}

function listening(child: ChildProcess, log: LogRing): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let line = "";
  // Both are read to the end: a pipe that nobody empties stops the server.
  child.stderr?.setEncoding("utf8").on("data", (text: string) => log.add(text));
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    log.add(text);
    // The end of what came before is enough: the address may be cut in two, but it is not long.
    line = (line + text).slice(-LOG_SIZE);
    const url = /listening on (https?:\/\/\S+)\s/.exec(line)?.[1];
    if (url !== undefined) resolve(reachable(url));
  });
  return promise;
}

/** "All addresses" is none that a request can be sent to everywhere. */
function reachable(address: string): string {
  const url = new URL(address);
  if (url.hostname === "0.0.0.0") url.hostname = "127.0.0.1";
  if (url.hostname === "[::]") url.hostname = "[::1]";
  return url.origin;
}
