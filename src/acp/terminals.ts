import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import type {
  CreateTerminalRequest,
  TerminalOutputResponse,
  WaitForTerminalExitResponse,
} from "@agentclientprotocol/sdk";
import { howItEnds } from "../process/how-it-ends.ts";
import { identityOf } from "../process/process-table.ts";
import { stopProcess } from "../process/stop-process.ts";
import { MARK_VARIABLE } from "../process/sweep.ts";
import { OutsideError, resolveInside } from "./inside.ts";
import { refusal } from "./sdk.ts";
import { TerminalOutput } from "./terminal-output.ts";

/** Terminals that one agent may have at a time. */
export const MOST_TERMINALS = 32;
/** Milliseconds that a command has to end after it was asked to. */
const GRACE_MS = 1_000;
/** Milliseconds between two looks at what a command shows: it may be a lot, in small pieces. */
const LOOK_MS = 100;
/** What shells answer for a command that can't be started. */
const NOT_STARTED = 127;

interface Terminal {
  readonly sessionId: string;
  readonly child: ChildProcess;
  readonly mark: string;
  readonly identity: Promise<string | undefined>;
  readonly output: TerminalOutput;
  readonly ended: Promise<WaitForTerminalExitResponse>;
  exit: WaitForTerminalExitResponse | undefined;
  /** Something is to be told of it. */
  look: ReturnType<typeof setTimeout> | undefined;
}

export interface TerminalsOptions {
  readonly env: Readonly<Record<string, string>>;
  /** A terminal has shown more, or has ended. */
  onOutput(sessionId: string, terminalId: string): void;
}

/** The commands that an agent runs through its client. */
export class Terminals {
  readonly #options: TerminalsOptions;
  readonly #terminals = new Map<string, Terminal>();

  constructor(options: TerminalsOptions) {
    this.#options = options;
  }

  /** @throws what the agent is answered for what may not be run, or can't */
  async create(folder: string, request: CreateTerminalRequest): Promise<{ terminalId: string }> {
    if (this.#terminals.size >= MOST_TERMINALS) {
      throw refusal("invalidParams", `There are ${MOST_TERMINALS} terminals; release one first`);
    }
    const cwd = await directoryIn(folder, request.cwd ?? folder);
    const mark = randomUUID();
    const own = Object.fromEntries((request.env ?? []).map(({ name, value }) => [name, value]));
    const { command, args = [] } = request;
    // What comes without arguments is a line for the shell, mostly.
    const child = spawn(command, args, {
      cwd,
      env: { ...this.#options.env, ...own, [MARK_VARIABLE]: mark },
      shell: args.length === 0,
      stdio: ["ignore", "pipe", "pipe"],
      windowsHide: true,
    });
    const terminalId = `term_${randomUUID()}`;
    const output = new TerminalOutput(request.outputByteLimit ?? undefined);
    const terminal: Terminal = {
      sessionId: request.sessionId,
      child,
      mark,
      identity:
        child.pid === undefined ? Promise.resolve(undefined) : identityOf(child.pid).catch(() => undefined),
      output,
      ended: endOf(child).then((exit) => {
        terminal.exit = exit;
        this.#tell(terminalId, terminal);
        return exit;
      }),
      exit: undefined,
      look: undefined,
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        output.add(chunk);
        terminal.look ??= setTimeout(() => this.#tell(terminalId, terminal), LOOK_MS).unref();
      });
    }
    this.#terminals.set(terminalId, terminal);
    return { terminalId };
  }

  output(sessionId: string, terminalId: string): TerminalOutputResponse {
    const { output, exit } = this.#need(sessionId, terminalId);
    return {
      output: output.text,
      truncated: output.isCut,
      ...(exit === undefined ? {} : { exitStatus: exit }),
    };
  }

  /** `undefined`: there is no such terminal (any more). */
  textOf(terminalId: string): string | undefined {
    return this.#terminals.get(terminalId)?.output.text;
  }

  async waitForExit(sessionId: string, terminalId: string): Promise<WaitForTerminalExitResponse> {
    return this.#need(sessionId, terminalId).ended;
  }

  async kill(sessionId: string, terminalId: string): Promise<void> {
    await stop(this.#need(sessionId, terminalId));
  }

  async release(sessionId: string, terminalId: string): Promise<void> {
    const terminal = this.#need(sessionId, terminalId);
    this.#tell(terminalId, terminal);
    this.#terminals.delete(terminalId);
    await stop(terminal);
  }

  /** Ends all commands. Never rejects. */
  async close(): Promise<void> {
    const all = [...this.#terminals.values()];
    this.#terminals.clear();
    for (const { look } of all) clearTimeout(look);
    await Promise.all(all.map(stop));
  }

  #tell(terminalId: string, terminal: Terminal): void {
    clearTimeout(terminal.look);
    terminal.look = undefined;
    this.#options.onOutput(terminal.sessionId, terminalId);
  }

  #need(sessionId: string, terminalId: string): Terminal {
    const terminal = this.#terminals.get(terminalId);
    if (terminal?.sessionId === sessionId) return terminal;
    throw refusal("notFound", `There is no terminal ${terminalId}.`);
  }
}

async function directoryIn(folder: string, path: string): Promise<string> {
  try {
    const target = await resolveInside(folder, path);
    if ((await stat(target)).isDirectory()) return target;
    throw new OutsideError(`${path} is no folder.`);
  } catch (error) {
    throw refusal("invalidParams", error instanceof Error ? error.message : String(error));
  }
}

/** Never rejects: a command that can't be started has ended. */
async function endOf(child: ChildProcess): Promise<WaitForTerminalExitResponse> {
  await howItEnds(child);
  const { exitCode, signalCode } = child;
  return signalCode === null ? { exitCode: exitCode ?? NOT_STARTED } : { signal: signalCode };
}

async function stop({ child, mark, identity, ended, exit }: Terminal): Promise<void> {
  if (exit !== undefined || child.pid === undefined) return;
  const request = { pid: child.pid, identity: await identity, mark, gone: ended, grace: GRACE_MS };
  await stopProcess({ ...request, ask: async () => {} });
}
