import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { takeSlot } from "../support/slots.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine();
const example = fileURLToPath(new URL("../../examples/tool-monitor.ts", import.meta.url));

function start(...args: readonly string[]) {
  const child = spawn(process.execPath, ["--conditions=@quantumreef/source", example, ...args], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.err += text;
  });
  return { child, said, closed: once(child, "close") };
}

it("the monitor shows the calls of a play, and exits by itself", async () => {
  const slot = await takeSlot();
  onTestFinished(() => slot.release());
  const { said, closed } = start();
  const [code] = await closed;
  expect(said.err).toBe("");
  expect(said.out.replace(/\(\d+ ms/g, "(N ms")).toBe(
    "ok  bash cat greet.js Validation (N ms)\n" +
      "ok  edit greet.js Validation (N ms, +1 -0)\n" +
      "2 tool calls: bash, edit\n",
  );
  expect(code).toBe(0);
}, 120_000);

it("the monitor of a running engine shows what others do, until it is stopped", async () => {
  const { child, said, closed } = start(real.engine.url);
  const client = real.client();
  const session = await client.session.create({ title: "Theirs" });
  const prompt = script(
    callTool("read", { filePath: real.engine.workspace.path("none") }),
    nextStep(),
    say("Done."),
  );
  // It listens some time after it was started.
  await expect
    .poll(
      async () => {
        await client.session.prompt(session, prompt).text();
        return said.out;
      },
      { timeout: 60_000 },
    )
    .toMatch(/^no {2}read \/.+\/none Theirs \(\d+ ms\) File not found: \/.+\/none$/m);
  child.kill("SIGINT");
  expect(await closed).toEqual([0, null]);
  expect(said.err).toBe("");
}, 120_000);
