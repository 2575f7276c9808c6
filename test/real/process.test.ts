import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { inspect } from "node:util";
import { createOpenCode, openHistory } from "@quantumreef/engine-client/node";
import { expect, it } from "vitest";
import { platformPackages, thisMachine } from "../../src/node/process/platform-packages.ts";
import { readRecord } from "../../src/node/process/read-record.ts";
import { recordFile } from "../../src/node/process/record.ts";
import { openCodeBinary } from "../support/opencode-binary.ts";
import { callTool, repeat, say, script } from "../support/scripted-model/script.ts";
import { STUB } from "../support/stub.ts";
import { databaseOf } from "../support/throwaway-home.ts";
import { emptyWithin, lives, processesOf, setUpMachine } from "./machine.ts";

it("restarts an engine that crashes, and goes on with its sessions", async () => {
  const { options, home } = await setUpMachine();
  const codes: string[] = [];
  const restarted = Promise.withResolvers<void>();
  const client = await createOpenCode({
    ...options,
    cors: ["tauri://localhost"],
    logLevel: "ERROR",
    onDiagnostic: ({ code }) => {
      codes.push(code);
      if (code === "engine_restarted") restarted.resolve();
    },
  });
  const { pid = 0, url } = client.process;

  // A front end in Tauri may ask, one of another origin may not.
  const preflight = (origin: string) =>
    fetch(`${url}/session`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST" },
    });
  const allowed = (await preflight("tauri://localhost")).headers.get("access-control-allow-origin");
  expect(allowed).toBe("tauri://localhost");
  const refused = (await preflight("https://evil.example")).headers.get("access-control-allow-origin");
  expect(refused ?? "").not.toMatch(/evil|\*/);

  // Nothing that people print shows the password.
  const password = await passwordOf(pid);
  expect(password).toMatch(/^[\w-]{43}$/);
  expect(inspect(client, { depth: 10, showHidden: true, getters: true })).not.toContain(password);

  const session = await client.session.create();
  const call = client.session.prompt(session, script(repeat(400, "tick# ", 25)));
  for await (const event of call) {
    if (event.type === "text_delta" && event.delta.startsWith("tick2")) process.kill(pid, "SIGKILL");
  }
  expect(await call.settled()).toMatchObject({ status: "lost", error: { code: "TURN_LOST" } });
  await restarted.promise;
  expect(await client.session.prompt(session, script(say("Back."))).text()).toBe("Back.");
  expect(client.process.url).toBe(url);
  expect(client.process.pid).not.toBe(pid);
  expect(await passwordOf(client.process.pid)).toBe(password);
  expect(client.registry.get(session)?.status).toBe("completed");
  expect(codes).toEqual(expect.arrayContaining(["engine_crashed", "stream_dropped", "engine_restarted"]));
  await client.dispose();
  expect(processesOf(home)).toEqual([]);
});

it("fails pending calls soon when a crashed engine is not to be restarted", async () => {
  const { options } = await setUpMachine();
  const client = await createOpenCode({ ...options, restart: false });
  const session = await client.session.create();
  const call = client.session.prompt(session, script(repeat(400, "tick# ", 25)));
  for await (const event of call) {
    if (event.type === "text_delta" && event.delta.startsWith("tick2"))
      process.kill(client.process.pid ?? 0, "SIGKILL");
  }
  const began = performance.now();
  expect(await call.settled()).toMatchObject({ status: "lost" });
  const gone = { code: "PROCESS_FAILED", message: expect.stringMatching(/was ended by SIGKILL/) };
  await expect(client.session.list()).rejects.toMatchObject(gone);
  await expect(client.session.prompt(session, "again").text()).rejects.toMatchObject(gone);
  expect(performance.now() - began).toBeLessThan(10_000);
  await client.dispose();
});

it("dispose() ends the turn, its tools, a grandchild that ignores SIGTERM and a daemon, and writes the turn down", async () => {
  const { options, home, workspace } = await setUpMachine();
  const told: string[] = [];
  const client = await createOpenCode({ ...options, onDiagnostic: ({ code }) => told.push(code) });
  const session = await client.session.create();
  const command = [
    "(trap '' TERM; while :; do sleep 1; done) & echo $! > stubborn",
    "(setsid sh -c 'exec </dev/null >/dev/null 2>&1; echo $$ > daemon; exec sleep 300' &)",
    "while ! [ -s daemon ]; do sleep 0.01; done; echo begun; wait",
  ].join("\n");
  const call = client.session.prompt(
    session,
    script(say("I begin. "), callTool("bash", { command, description: "work" })),
  );
  for await (const event of call) {
    if (event.type === "tool_call_update" && event.toolCall.output?.includes("begun")) break;
  }
  const pids = await Promise.all(
    ["stubborn", "daemon"].map(async (name) => Number(await workspace.read(name))),
  );
  for (const pid of pids) expect(await lives(pid)).toBe(true);
  expect(processesOf(home).length).toBeGreaterThanOrEqual(4);
  await client.dispose();
  expect(processesOf(home)).toEqual([]);
  for (const pid of pids) expect(await lives(pid)).toBe(false);
  expect(told.filter((code) => /left|daemons/.test(code))).toEqual([]);

  const history = await openHistory({ path: databaseOf(home) });
  const messages = await history.messages(session.id);
  expect(messages.at(-1)).toMatchObject({
    error: { code: "PROMPT_ABORTED" },
    content: { text: "I begin. " },
  });
  history.close();
});

it("lets OpenCode's own program in, with the password of the record", async () => {
  const { options, state } = await setUpMachine();
  const client = await createOpenCode({ ...options, model: "local/scripted" });
  const record = await readRecord(recordFile(state, client.process.url));
  const args = [
    "run",
    "--attach",
    client.process.url,
    "--dir",
    options.workingDirectory,
    script(say("Let in.")),
  ];
  const run = async (password: string) => {
    const child = execFile(openCodeBinary(), args, {
      env: { ...options.env, OPENCODE_SERVER_PASSWORD: password },
      cwd: options.workingDirectory,
      timeout: 60_000,
    });
    // It would wait for the end of what is piped to it.
    child.stdin?.end();
    let said = "";
    child.stdout?.on("data", (text: string) => {
      said += text;
    });
    const [code] = await once(child, "close");
    return { code, said };
  };
  const refused = await run("wrong");
  expect(refused.said).not.toContain("Let in.");
  expect(refused.code).toBeGreaterThan(0);
  expect(await run(record?.password ?? "")).toEqual({ code: 0, said: expect.stringContaining("Let in.") });
  // And what it did is seen here.
  const statuses = () => client.registry.list().map(({ status }) => status);
  await expect.poll(statuses, { timeout: 10_000 }).toContain("completed");
  await client.dispose();
});

it("starts the program behind a stub, and stops an idle engine in less than a second", async () => {
  const { options, home } = await setUpMachine();
  const client = await createOpenCode({ ...options, password: false, binary: await installStub(home) });
  expect(client.process).toMatchObject({ mode: "spawned", version: "1.18.33" });
  expect((await fetch(`${client.process.url}/global/health`)).status).toBe(200);
  const began = performance.now();
  await client.dispose();
  expect(performance.now() - began).toBeLessThan(1000);
  await emptyWithin(home, 0);
});

/** An install whose scripts did not run, beside the package with the program. */
async function installStub(folder: string): Promise<string> {
  const packages = join(folder, "node_modules");
  const stub = join(packages, "opencode-ai", "bin", "opencode.exe");
  await mkdir(dirname(stub), { recursive: true });
  await writeFile(stub, STUB, { mode: 0o755 });
  const [name = ""] = platformPackages(thisMachine());
  const installed = fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url));
  await symlink(installed, join(packages, name));
  return stub;
}

async function passwordOf(pid: number | undefined): Promise<string> {
  const environment = await readFile(`/proc/${pid}/environ`, "utf8");
  return /(?:^|\0)OPENCODE_SERVER_PASSWORD=([^\0]*)/.exec(environment)?.[1] ?? "";
}
