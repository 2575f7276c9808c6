import { type ChildProcess, spawn } from "node:child_process";
import { captureLog, endOf, type ProcessEnd, terminate } from "./child-process.ts";
import { dieWithUs } from "./guard.ts";
import { openCodeBinary } from "./opencode-binary.ts";
import type { OpenCodeConfig } from "./scripted-config.ts";
import { type Slot, type SlotOptions, takeSlot } from "./slots.ts";
import { testPort } from "./test-port.ts";
import { type Home, homeEnv, openHome, writeGlobalConfig } from "./throwaway-home.ts";

/** How to start a real server. */
export interface OpenCodeServerOptions {
  /** The folder it runs in: its default project. */
  readonly cwd: string;
  /** Its program. Default: the installed release. */
  readonly binary?: string;
  /** Its global configuration, for all projects. */
  readonly config?: OpenCodeConfig;
  /** Added to a clean environment, such as `OPENCODE_SERVER_PASSWORD`. */
  readonly env?: Readonly<Record<string, string>>;
  /** The home of an earlier server, to go on with its data. It is not removed then. Default: a new one. */
  readonly home?: string;
  /** Default: one that no other test comes upon. 0 would be 4096 if that is free, and so the same for all. */
  readonly port?: number;
  /** How long it may take to listen, in milliseconds. Default 30,000. */
  readonly startTimeoutMs?: number;
  /** The wait for one of the two places that real servers have on a machine. */
  readonly slot?: SlotOptions;
}

/** A real OpenCode server that this process has started. */
export interface OpenCodeServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  /** Its home folder: data, configuration, state and cache are below it. */
  readonly home: string;
  /** Resolves when the process is gone, whoever ended it. */
  readonly ended: Promise<ProcessEnd>;
  /** The last 64 KB of what it printed. */
  log(): string;
  /** Kills it as a crash would (default SIGKILL), and waits until it is gone. Its home stays until `stop()`. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /** Ends its work, then its process, and removes the home it was given here. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts the installed `opencode serve`, in a home of its own. At most two run at a time on a machine: it waits for
 * a place first (120 s at most), so leave hooks that call it more time than that.
 *
 * @throws Error with what the server printed, when it ends or does not listen in time. Nothing is left then.
 */
export async function startOpenCode(options: OpenCodeServerOptions): Promise<OpenCodeServer> {
  const slot = await takeSlot(options.slot);
  try {
    const home = await openHome(options.home);
    try {
      return await launch(options, home, slot);
    } catch (error) {
      await home.remove();
      throw error;
    }
  } catch (error) {
    slot.release();
    throw error;
  }
}

async function launch(options: OpenCodeServerOptions, home: Home, slot: Slot): Promise<OpenCodeServer> {
  const { port = await testPort(), startTimeoutMs = 30_000 } = options;
  if (options.config) await writeGlobalConfig(home.directory, options.config);
  const env = { ...homeEnv(home.directory), ...options.env };
  const child = spawn(
    options.binary ?? openCodeBinary(),
    ["serve", "--port", String(port), "--hostname", "127.0.0.1"],
    {
      cwd: options.cwd,
      env,
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const log = captureLog(child, 65_536);
  const unguard = dieWithUs(child);
  const ended = endOf(child).finally(() => {
    unguard();
    slot.release();
  });

  const url = await listening(child, ended, log, startTimeoutMs).catch(async (error: unknown) => {
    await terminate(child, ended, 0).catch(() => {});
    throw error;
  });

  async function stop(): Promise<void> {
    if (child.exitCode === null && child.signalCode === null) {
      // A signal alone leaves the tools that it runs behind.
      await dispose(url, env);
      await terminate(child, ended, 3_000);
    }
    await ended;
    await home.remove();
  }

  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid ?? 0,
    home: home.directory,
    ended,
    log,
    async kill(signal = "SIGKILL") {
      child.kill(signal);
      await ended;
    },
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** The address that the server prints when it answers requests; before that it accepts them and never answers. */
async function listening(
  child: ChildProcess,
  ended: Promise<ProcessEnd>,
  log: () => string,
  timeoutMs: number,
): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let printed = "";
  const read = (text: string) => {
    printed += text;
    const url = /^opencode server listening on (http\S+)\s/m.exec(printed)?.[1];
    if (url !== undefined) resolve(url);
  };
  const fail = (why: string, cause?: unknown) =>
    reject(new Error(`opencode serve ${why}. It printed:\n${log()}`, { cause }));

  child.stdout?.on("data", read);
  const timer = setTimeout(() => fail(`did not listen within ${timeoutMs} ms`), timeoutMs);
  ended.then(
    ({ code, signal }) => fail(`ended with ${signal ?? `code ${code}`} before it listened`),
    (error: unknown) => fail("could not be started", error),
  );
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    child.stdout?.off("data", read);
  }
}

async function dispose(url: string, env: Readonly<Record<string, string>>): Promise<void> {
  const { OPENCODE_SERVER_USERNAME: user = "opencode", OPENCODE_SERVER_PASSWORD: password } = env;
  const headers = password ? { authorization: `Basic ${btoa(`${user}:${password}`)}` } : {};
  const signal = AbortSignal.timeout(2_000);
  try {
    const response = await fetch(`${url}/global/dispose`, { method: "POST", headers, signal });
    await response.body?.cancel();
  } catch {
    // It is stopped in any case.
  }
}
