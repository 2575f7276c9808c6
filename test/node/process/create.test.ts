import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { inspect } from "node:util";
import { type CreateOpenCodeOptions, createOpenCode } from "@quantumreef/engine-client/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { testPort } from "../../support/test-port.ts";
import type { Fake } from "./fake-engine.ts";
import { fakeBinary, lives, temporaryFolder } from "./keeper-support.ts";

/** Options for an engine that is not real, in a folder whose name is hard to pass on. */
async function fakeOptions(fake: Fake = {}) {
  const folder = join(await temporaryFolder("create"), "Jörg's projekt ✓");
  await mkdir(folder);
  return {
    binary: await fakeBinary(folder),
    workingDirectory: folder,
    serverDirectory: folder,
    env: { FAKE: JSON.stringify(fake), XDG_STATE_HOME: join(folder, "state"), OPENCODE_SERVER_PASSWORD: "" },
  } satisfies CreateOpenCodeOptions;
}

async function create(options: CreateOpenCodeOptions) {
  const client = await createOpenCode(options);
  onTestFinished(() => client.dispose());
  return client;
}

describe("createOpenCode", () => {
  it("passes on what was asked for, by the environment and by arguments, the password by the former only", async () => {
    const options = await fakeOptions();
    const port = await testPort();
    const client = await create({
      ...options,
      port,
      password: "open sesame",
      cors: ["tauri://localhost", "https://app.example"],
      logLevel: "DEBUG",
      env: { ...options.env, MINE: "ünder", NOT_MINE: undefined },
    });
    const { args, env, cwd } = Object(await client.request("GET", "/arguments"));
    expect(args).toEqual({
      hostname: "127.0.0.1",
      port: String(port),
      cors: ["tauri://localhost", "https://app.example"],
      "log-level": "DEBUG",
    });
    expect(cwd).toBe(options.serverDirectory);
    expect(env).toMatchObject({
      MINE: "ünder",
      OPENCODE_SERVER_PASSWORD: "open sesame",
      PATH: process.env.PATH,
    });
    expect(env).not.toHaveProperty("NOT_MINE");
    expect(inspect(client, { depth: 12, showHidden: true, getters: true })).not.toContain("sesame");
    expect(JSON.stringify(client)).not.toContain("sesame");
  });

  it("names the user of a server as the option does", async () => {
    const client = await create({ ...(await fakeOptions()), port: 0, username: "reef" });
    const { env } = Object(await client.request("GET", "/arguments"));
    expect(env).toMatchObject({ OPENCODE_SERVER_USERNAME: "reef" });
    expect(client.settings.username).toEqual({ value: "reef", origin: { kind: "option", name: "username" } });
  });

  it("gives a server no password where nobody wants one", async () => {
    const client = await create({ ...(await fakeOptions()), port: 0, password: false });
    const { env } = Object(await client.request("GET", "/arguments"));
    expect(env).not.toHaveProperty("OPENCODE_SERVER_PASSWORD");
    expect((await fetch(`${client.process.url}/global/health`)).status).toBe(200);
  });

  it("started eight times at once in one process starts one engine, which ends with the last client", async () => {
    const options = { ...(await fakeOptions()), port: await testPort() };
    const clients = await Promise.all(Array.from({ length: 8 }, () => create(options)));
    const modes = clients.map((client) => client.process.mode).toSorted();
    expect(modes).toEqual([...Array(7).fill("attached"), "spawned"]);
    const [pid = 0, ...others] = new Set(clients.map((client) => client.process.pid));
    expect(others).toEqual([]);
    const [last, ...rest] = clients;
    await Promise.all(rest.map((client) => client.dispose()));
    expect(await lives(pid)).toBe(true);
    expect(await last?.health()).toMatchObject({ ok: true });
    await last?.process.stop();
    expect(await lives(pid)).toBe(false);
    await expect(last?.session.list()).rejects.toMatchObject({ code: "PROCESS_FAILED" });
  });

  it("takes another port when a free one is taken before the engine has it", async () => {
    const findsPortTaken = join(await temporaryFolder("taken"), "taken");
    const client = await create({ ...(await fakeOptions({ findsPortTaken })), port: 0 });
    expect(client.process.mode).toBe("spawned");
  });

  it("ends the engine that it started when the client can't be made", async () => {
    const options = await fakeOptions();
    const port = await testPort();
    const wrong = { authorization: "Basic wrong" };
    await expect(createOpenCode({ ...options, port, headers: wrong })).rejects.toMatchObject({
      code: "AUTH_REQUIRED",
    });
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  it("restarts what crashes, and tells it", async () => {
    const codes: string[] = [];
    const restarted = Promise.withResolvers<void>();
    const client = await create({
      ...(await fakeOptions()),
      port: 0,
      onDiagnostic: ({ code }) => {
        codes.push(code);
        if (code === "engine_restarted") restarted.resolve();
      },
    });
    const { pid = 0 } = client.process;
    process.kill(pid, "SIGKILL");
    await restarted.promise;
    expect(client.process.pid).not.toBe(pid);
    expect(await client.health()).toMatchObject({ ok: true });
    expect(codes).toContain("engine_crashed");
  });
});
