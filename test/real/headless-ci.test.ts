import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { takeSlot } from "../support/slots.ts";

const example = fileURLToPath(new URL("../../examples/headless-ci.ts", import.meta.url));

/** Runs the example; `onLine` sees what it says to people. */
async function run(onLine: (line: string, kill: () => void) => void = () => {}) {
  const slot = await takeSlot();
  onTestFinished(() => slot.release());
  const child = spawn(process.execPath, ["--conditions=@quantumreef/source", example], {
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let out = "";
  let err = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    err += text;
    onLine(text, () => child.kill("SIGTERM"));
  });
  const [code] = await once(child, "close");
  return { code, out, err };
}

it("the pipeline example answers by its list, tells one line of JSON, and exits by itself", async () => {
  const { code, out, err } = await run();
  expect(err).toBe(
    "allowed: Run `cat greet.js`\nbash: cat greet.js\nallowed: Change greet.js\nedit: greet.js\n",
  );
  expect(JSON.parse(out)).toMatchObject({
    status: "completed",
    text: expect.stringContaining("greet() now throws a TypeError"),
    tools: ["bash", "edit"],
  });
  expect(code).toBe(0);
}, 120_000);

it("a pipeline that is cancelled stops its engine, and says so", async () => {
  const { code, out, err } = await run((line, kill) => {
    if (line.startsWith("allowed: Run")) kill();
  });
  expect(err).toContain("The job was ended by SIGTERM.");
  expect(out).toBe("");
  expect(code).toBe(130);
}, 120_000);
