/** Waits for the signal, says why it aborted, and ends; told to stay, it does not. */
import { exitSignal } from "../../src/node/exit-signal.ts";

const leaving = exitSignal();
const waiting = setInterval(() => {}, 60_000);
leaving.signal.addEventListener("abort", () => {
  process.stdout.write(`${leaving.signal.reason.message}\n`);
  if (process.argv[2] !== "stay") clearInterval(waiting);
  process.exitCode = leaving.exitCode;
});
process.stdout.write("ready\n");
