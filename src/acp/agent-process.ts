import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import crossSpawn from "cross-spawn";
import { howItEnds } from "../process/how-it-ends.ts";
import { LogRing } from "../process/log-ring.ts";
import { identityOf } from "../process/process-table.ts";
import { stopProcess } from "../process/stop-process.ts";
import { MARK_VARIABLE, sweep } from "../process/sweep.ts";

export interface AgentProcessOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Never shown of what it says. */
  readonly secrets: readonly string[];
}

/** What is kept of what an agent says on its standard error. */
const LOG_SIZE = 16 * 1024;
/** Characters of it that an error shows. */
const SHOWN = 2_000;
/** Milliseconds that an agent has to end after its standard input did: by that it knows that nobody needs it. */
const FAREWELL_MS = 500;
/** Milliseconds to end after the first SIGTERM. */
const GRACE_MS = 2_000;

/** A process that speaks the protocol on its standard streams, and all that it starts. */
export class AgentProcess {
  readonly #child: ChildProcess;
  readonly #log: LogRing;
  readonly #command: string;
  readonly #mark = randomUUID();
  readonly #identity: Promise<string | undefined>;
  readonly #gone: Promise<string>;
  #isGone = false;
  #stopping: Promise<readonly number[]> | undefined;
  /** Resolves with how it ended and what it said last, in words, when it and what it had started is gone. */
  readonly ended: Promise<string>;

  constructor({ command, args, cwd, env, secrets }: AgentProcessOptions) {
    this.#command = [command, ...args].join(" ");
    this.#log = new LogRing(LOG_SIZE, secrets);
    this.#child = crossSpawn(command, args, {
      cwd,
      env: { ...env, [MARK_VARIABLE]: this.#mark },
      stdio: ["pipe", "pipe", "pipe"],
      windowsHide: true,
    });
    // It is read to the end: a pipe that nobody empties stops the agent.
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => this.#log.add(text));
    const { pid } = this.#child;
    this.#identity = pid === undefined ? Promise.resolve(undefined) : identityOf(pid).catch(() => undefined);
    this.#gone = howItEnds(this.#child).then((how) => {
      this.#isGone = true;
      return this.#words(how);
    });
    this.ended = this.#gone.then(async (words) => {
      // Its tools are of no use to anybody. Who stops it sees to that himself.
      if (this.#stopping === undefined) await sweep([], this.#mark);
      return words;
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get streams() {
    const { stdin, stdout } = this.#child;
    if (stdin === null || stdout === null) throw new Error("The agent has no standard streams.");
    return { input: stdout, output: stdin };
  }

  /** What became of it, with what it said last. */
  #words(how: string): string {
    const said = this.said;
    return `\`${this.#command}\` ${how}.${said === "" ? "" : ` It said last:\n${said}`}`;
  }

  /** The end of what it said on its standard error, without secrets. */
  get said(): string {
    return String(this.#log).slice(-SHOWN).trim();
  }

  /** Ends it with all that it started. Returns the ids of what could not be ended. Never rejects. */
  stop(): Promise<readonly number[]> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<readonly number[]> {
    const { pid } = this.#child;
    if (pid === undefined) return [];
    const identity = await this.#identity;
    const ask = async (): Promise<void> => {
      this.#child.stdin?.end();
      const clock = new AbortController();
      const late = setTimeout(FAREWELL_MS, undefined, { signal: clock.signal }).catch(() => {});
      await Promise.race([this.#gone, late]);
      clock.abort();
    };
    if (this.#isGone) return sweep([], this.#mark);
    return stopProcess({ pid, identity, mark: this.#mark, gone: this.#gone, grace: GRACE_MS, ask });
  }
}
