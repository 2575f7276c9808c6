import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { EngineError, reasonOf } from "../engine/errors.ts";
import { delay, withDeadline } from "../engine/scope.ts";
import { type HeadersSource, readHeaders } from "../http/headers.ts";
import { LogRing } from "./log-ring.ts";

export interface ServerProcessOptions {
  readonly binary: string;
  readonly host: string;
  readonly port: number;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds until it must listen. */
  readonly startTimeout: number;
  /** Sent with the request that ends it well. */
  readonly headers: HeadersSource | undefined;
  /** Kept out of its output where that is shown. */
  readonly secrets: readonly string[];
}

/** A server that this process started. */
export interface ServerProcess {
  readonly pid: number;
  readonly url: string;
  /** Resolves when the process is gone. Never rejects. */
  stop(): Promise<void>;
}

const LOG_SIZE = 64 * 1024;
const FAREWELL_MS = 3_000;
const GRACE_MS = 5_000;
const ASK_AGAIN_MS = 250;
const LAST_WORDS_MS = 200;

/**
 * Starts `opencode serve` and waits until it listens: requests sent earlier are accepted and never answered.
 * @throws EngineError `PROCESS_FAILED` with what the process said last
 */
export async function startServer(options: ServerProcessOptions): Promise<ServerProcess> {
  const { binary, host, port, cwd, env, startTimeout, headers, secrets } = options;
  const log = new LogRing(LOG_SIZE, secrets);
  const child = spawn(binary, ["serve", "--hostname", host, "--port", String(port)], {
    cwd,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    windowsHide: true,
  });
  const gone = whenGone(child);
  // If this process ends without `dispose()`, the server ends with it. There is no time to ask politely.
  const onExit = () => child.kill("SIGKILL");
  process.once("exit", onExit);
  void gone.then(() => process.off("exit", onExit));

  const failed = (why: string, cause?: unknown) => {
    const said = String(log);
    const message = `\`${binary} serve\` ${why}.${said === "" ? "" : ` It said:\n${said}`}`;
    return new EngineError("PROCESS_FAILED", message, { engine: "opencode", cause });
  };
  const late = () => failed(`did not listen within ${startTimeout} ms`);
  try {
    const url = await withDeadline(startTimeout, late, [], () =>
      Promise.race([listening(child, log), earlyEnd(child, gone, failed)]),
    );
    return { pid: child.pid ?? 0, url, stop: () => stop(child, gone, url, headers) };
  } catch (error) {
    child.kill("SIGKILL");
    await gone;
    throw error;
  }
}

/** Resolves when the process has ended and its last words are read. */
async function whenGone(child: ChildProcess): Promise<void> {
  // It could not be started: then there is nothing to wait for.
  await once(child, "exit").catch(() => {});
  // Its pipes may be held open by a process of its own: not for ever.
  const late = () => new Error("Its output does not end.");
  await withDeadline(LAST_WORDS_MS, late, [], () => once(child, "close")).catch(() => {});
  child.stdout?.destroy();
  child.stderr?.destroy();
}

async function listening(child: ChildProcess, log: LogRing): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let line = "";
  // Both are read to the end: a pipe that nobody empties stops the server.
  child.stderr?.setEncoding("utf8").on("data", (text: string) => log.add(text));
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    log.add(text);
    // The end of what came before is enough: the address may be cut in two, but it is not long.
    line = (line + text).slice(-LOG_SIZE);
    const url = /listening on (https?:\/\/\S+)\s/.exec(line)?.[1];
    if (url !== undefined) resolve(url);
  });
  return promise;
}

async function earlyEnd(
  child: ChildProcess,
  gone: Promise<void>,
  failed: (why: string, cause?: unknown) => EngineError,
): Promise<never> {
  try {
    const [code, signal] = await once(child, "exit");
    await gone;
    throw failed(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`);
  } catch (cause) {
    if (EngineError.is(cause)) throw cause;
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const hint = missing
      ? "could not be found (install it with `npm install -g opencode-ai`, or name it in the option `binary` or in OPENCODE_BIN)"
      : `could not be started: ${reasonOf(cause)}`;
    throw failed(hint, cause);
  }
}

async function stop(
  child: ChildProcess,
  gone: Promise<void>,
  url: string,
  headers: HeadersSource | undefined,
): Promise<void> {
  if (!isRunning(child)) return gone;
  // A signal alone would leave the tools of the server running: they are in process groups of their own.
  const late = () => new Error("The server did not end its work in time.");
  await withDeadline(FAREWELL_MS, late, [], async (signal) => {
    const where = `${url}/global/dispose`;
    const access = await readHeaders(headers, `POST ${where}`);
    const response = await fetch(where, { method: "POST", headers: access, signal });
    await response.body?.cancel();
  }).catch(() => {});
  // Said again until it is heard: while the server installs a plugin, a SIGTERM ends that and nothing else.
  const patience = new AbortController();
  for (let waited = 0; waited < GRACE_MS && isRunning(child); waited += ASK_AGAIN_MS) {
    child.kill("SIGTERM");
    await Promise.race([gone, delay(ASK_AGAIN_MS, patience.signal)]);
  }
  patience.abort();
  child.kill("SIGKILL");
  await gone;
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null;
}
