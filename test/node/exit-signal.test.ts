import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { exitSignal } from "../../src/node/exit-signal.ts";

const program = fileURLToPath(new URL("./exit-signal-program.ts", import.meta.url));

/** Runs the program, and sends it the next signal whenever it has said something. */
async function run(signals: readonly NodeJS.Signals[], ...args: readonly string[]) {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = once(child, "exit");
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const signal = signals[said.length];
    said.push(line);
    if (signal !== undefined) child.kill(signal);
  }
  const [code, endedBy] = await ended;
  return { said, code, endedBy };
}

it.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s aborts the signal, and the process ends by itself, with its code", async (name, code) => {
  const said = ["ready", `The process was ended by ${name}.`];
  expect(await run([name])).toEqual({ said, code, endedBy: null });
});

it("a second signal ends a process that does not end by itself", async () => {
  expect(await run(["SIGINT", "SIGTERM"], "stay")).toMatchObject({ code: null, endedBy: "SIGTERM" });
});

it("leaves no listener behind", () => {
  const count = () => process.listenerCount("SIGINT") + process.listenerCount("SIGTERM");
  const before = count();
  const leaving = exitSignal();
  expect(count()).toBe(before + 2);
  leaving.close();
  leaving.close();
  expect(count()).toBe(before);
  expect(leaving).toMatchObject({ exitCode: undefined, signal: { aborted: false } });
});
