import { execFile, spawn, spawnSync } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it, onTestFinished } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { OpenCodeClient } from "../../src/opencode/client.ts";

const folder = new URL("../../examples/custom-adapter/", import.meta.url);
const pathOf = (name: string) => fileURLToPath(new URL(name, folder));
const python = ["python3", "python"].find((name) =>
  spawnSync(name, ["--version"]).stdout?.includes("Python 3"),
);
const skipped = python === undefined ? " (SKIPPED: this machine has no Python 3)" : "";

it("the custom adapter conforms", async () => {
  const args = [
    "--conditions=@quantumreef/source",
    "--test",
    "--test-reporter=tap",
    pathOf("adapter.test.ts"),
  ];
  // A test runner in a test runner: what the outer one left in the environment would silence the inner.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  expect(stdout).toMatch(/^# pass 45$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
}, 120_000);

it("docs/adapters.md shows the text of the files (else: node docs/generate-adapters.ts)", async () => {
  const page = await readFile(new URL("../../docs/adapters.md", import.meta.url), "utf8");
  const blocks = [...page.matchAll(/<!-- ([\w./-]+)(?:#(\w+))? -->\n```\w+\n(.*?)```/gs)];
  expect(blocks.map(([, file, region]) => `${file}#${region}`)).toEqual([
    "driver.ts#errors",
    "driver.ts#decode",
    "driver.ts#connection",
    "driver.ts#driver",
    "adapter.test.ts#undefined",
  ]);
  for (const [, file = "", region, block] of blocks) {
    const text = await readFile(pathOf(file), "utf8");
    const [, part] = new RegExp(`// #region ${region}\\n(.*?)// #endregion`, "s").exec(text) ?? [];
    expect(block).toBe(region === undefined ? text : part);
  }
});

it.skipIf(python === undefined)(`a /v1 server in Python is an engine like any other${skipped}`, async () => {
  const server = spawn(python ?? "", [pathOf("server.py"), "0"], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void server.kill("SIGKILL"));
  const baseUrl = await new Promise<string>((resolve, reject) => {
    server.once("error", reject).once("exit", () => reject(new Error("The server ended.")));
    server.stdout.once("data", (line) => resolve(String(line).trim()));
  });
  const client = new OpenCodeClient({ protocol: "v1", baseUrl });
  onTestFinished(() => client.dispose());

  const session = await client.session.create({ title: "From Python" });
  const deltas: string[] = [];
  const call = client.session.prompt(session, "One two three.");
  for await (const event of call) if (event.type === "text_delta") deltas.push(event.delta);
  expect(deltas.join("")).toBe("One two three.");
  const { turnId, status } = await call.result();
  expect(status).toBe("completed");
  expect(await client.session.list()).toMatchObject([
    { id: session.id, title: "From Python", status: "completed" },
  ]);
  expect(await client.session.messages(session)).toMatchObject([
    { role: "user", turnId, content: { text: "One two three." } },
    { role: "assistant", turnId, content: { text: "One two three." } },
  ]);
  await client.session.abort(session);
  const missing = await client.session.messages("nobody").catch((error: unknown) => error);
  expect(EngineError.is(missing, "SESSION_NOT_FOUND")).toBe(true);
  expect(await client.health()).toMatchObject({ ok: true });
});
