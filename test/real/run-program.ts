import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { CreateOpenCodeOptions } from "@quantumreef/engine-client/node";
import { onTestFinished } from "vitest";

const program = fileURLToPath(new URL("./program.ts", import.meta.url));

/** A program that uses an engine; see `program.ts`. */
export class Program {
  readonly child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #ended: Promise<unknown>;

  constructor(options: CreateOpenCodeOptions) {
    const flags = ["--conditions=@quantumreef/source", program, JSON.stringify(options)];
    const child = spawn(process.execPath, flags, {
      // Its keeper has this variable of it, and is known by that.
      env: { ...process.env, TMPDIR: options.env?.HOME },
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    this.#ended = once(child, "exit");
    child.stdin.on("error", () => {});
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  /** What it tells next. */
  async next(): Promise<Record<string, unknown>> {
    const { value, done } = await this.#lines.next();
    if (done) throw new Error("The program has ended.");
    return JSON.parse(value);
  }

  say(line: string): void {
    this.child.stdin?.write(`${line}\n`);
  }

  async dispose(): Promise<void> {
    this.say("dispose");
    await this.#ended;
  }

  async kill(): Promise<void> {
    this.child.kill("SIGKILL");
    await this.#ended;
  }
}
