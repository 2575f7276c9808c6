import { setTimeout } from "node:timers/promises";
import { expect, it } from "vitest";
import { callTool, script } from "../support/scripted-model/script.ts";
import { emptyWithin, processesOf, setUpMachine } from "./machine.ts";
import { Program } from "./run-program.ts";

/** `npm run test:kills` makes it 200. */
const kills = Number(process.env.KILLS ?? 10);
/** How long an engine and its tools may go on after the program is dead. */
const SECONDS = 5;

const commands = [
  "echo begun; sleep 300",
  "echo begun; while :; do sleep 0.01; done",
  "(sleep 300 & sleep 300 &) ; echo begun; sleep 300",
  "(setsid sh -c 'exec </dev/null >/dev/null 2>&1; sleep 300' &) ; echo begun; sleep 300",
  "trap '' TERM HUP; echo begun; while :; do sleep 1; done",
];

it(
  `leaves nothing behind when its program is killed at a random moment (${kills} times)`,
  async () => {
    const { options, home } = await setUpMachine();
    let slowest = 0;
    for (let round = 0; round < kills; round += 1) {
      const program = new Program(options);
      // One in five dies while the engine starts.
      if (round % 5 === 4) {
        await setTimeout(Math.random() * 2_500);
      } else {
        await program.next();
        const command = commands[round % commands.length];
        program.say(`prompt ${script(callTool("bash", { command, description: "work" }))}`);
        while (!String((await program.next()).output).includes("begun"));
        await setTimeout(Math.random() * 300);
        expect(processesOf(home).length).toBeGreaterThan(1);
      }
      await program.kill();
      const took = await emptyWithin(home, SECONDS * 1000).catch((error: unknown) => {
        throw new Error(`In round ${round}: ${error}`);
      });
      slowest = Math.max(slowest, took);
    }
    process.stdout.write(`${kills} kills; the slowest was over after ${Math.round(slowest)} ms.\n`);
  },
  600_000 + kills * 20_000,
);
