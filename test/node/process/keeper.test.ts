import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile, stat } from "node:fs/promises";
import { connect } from "node:net";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { EngineHandle } from "../../../src/node/process/engine-handle.ts";
import { joinEngine } from "../../../src/node/process/join-engine.ts";
import { keeperProgram } from "../../../src/node/process/keeper-program.ts";
import { Lease } from "../../../src/node/process/lease.ts";
import { readRecord } from "../../../src/node/process/read-record.ts";
import { recordFile } from "../../../src/node/process/record.ts";
import { startKeeper } from "../../../src/node/process/start-keeper.ts";
import type { KeeperOrder } from "../../../src/node/process/wire.ts";
import { markedProcesses } from "../../../src/process/sweep.ts";
import { removeFolder } from "../../support/throwaway.ts";
import { fakeOrder, goneWithin, keep, lives, watch } from "./keeper-support.ts";

const recordOf = (order: KeeperOrder, lease: Lease) => recordFile(order.stateFolder, lease.engine.url);

async function keeperOf(order: KeeperOrder, lease: Lease) {
  const record = await readRecord(recordOf(order, lease));
  if (record === undefined) throw new Error("There is no record.");
  return { path: record.lease, pid: record.keeperPid };
}

describe("a kept engine", () => {
  it("is recorded for the user's eyes only, and its password is in nobody's arguments", async () => {
    const order = await fakeOrder();
    const { lease, warning } = await keep(order);
    expect(warning).toBeUndefined();
    const file = recordOf(order, lease);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(order.stateFolder)).mode & 0o777).toBe(0o700);
    const keeper = await keeperOf(order, lease);
    expect(await readRecord(file)).toEqual({
      ...lease.engine,
      username: "opencode",
      password: "fake-password",
      lease: keeper.path,
      keeperPid: keeper.pid,
    });
    expect(lease.engine.version).toBe("1.18.33");
    for (const pid of [keeper.pid, lease.engine.pid]) {
      expect(await readFile(`/proc/${pid}/cmdline`, "utf8")).not.toContain("fake-password");
    }
    expect(await readFile(`/proc/${keeper.pid}/environ`, "utf8")).not.toMatch(/fake-password|sk-secret/);
    await lease.release();
    expect(await lives(lease.engine.pid)).toBe(false);
    expect(await readdir(order.stateFolder)).toEqual([]);
    await expect(stat(keeper.path)).rejects.toMatchObject({ code: "ENOENT" });
    await goneWithin(keeper.pid, 1000);
  });

  it("lives until its last lease is given back, and not longer", async () => {
    const order = await fakeOrder();
    const { lease } = await keep(order);
    const { path } = await keeperOf(order, lease);
    const second = await Lease.open(path);
    if (typeof second === "string") throw new Error(second);
    expect(await lease.release()).toBeUndefined();
    expect(await lives(lease.engine.pid)).toBe(true);
    expect(await second.release()).toEqual({ left: [], daemonsSought: true });
    expect(await lives(lease.engine.pid)).toBe(false);
    expect(await Lease.open(path)).toBe("gone");
  });

  it("is joined by its record, also when the starter has left", async () => {
    const order = await fakeOrder();
    const { lease } = await keep(order);
    const diagnostics: string[] = [];
    const handle = await joinEngine(recordOf(order, lease), 1000, ({ code }) => diagnostics.push(code));
    await lease.release();
    expect(handle).toMatchObject({ mode: "attached", url: lease.engine.url, pid: lease.engine.pid });
    expect(handle?.credentials).toEqual({ username: "opencode", password: "fake-password" });
    expect(await lives(lease.engine.pid)).toBe(true);
    await handle?.stop();
    expect(await lives(lease.engine.pid)).toBe(false);
    expect(await joinEngine(recordOf(order, lease), 1000, () => {})).toBeUndefined();
    expect(diagnostics).toEqual([]);
  });

  it("refuses who comes while it stops, and that one waits until it is gone", async () => {
    const order = await fakeOrder({ neverDisposes: true });
    const { lease } = await keep(order);
    const { path } = await keeperOf(order, lease);
    // Once that is answered, the keeper has seen that the starter's pipe is closed.
    const second = await Lease.open(path);
    if (typeof second !== "string") await second.release();
    const releasing = lease.release();
    expect(await Lease.open(path)).toBe("stopping");
    expect(await lives(lease.engine.pid)).toBe(false);
    await releasing;
  });

  it("does not mind what strangers say at its door", async () => {
    const order = await fakeOrder();
    const { lease, ask } = await keep(order);
    const stranger = connect((await keeperOf(order, lease)).path);
    stranger.on("error", () => {});
    await once(stranger, "data");
    stranger.end("GET / HTTP/1.1\r\n\r\n");
    await once(stranger, "close");
    expect(await ask("GET", "/global/health")).toMatchObject({ healthy: true });
  });

  it("is ended by force when it does not listen to reason", async () => {
    const { lease } = await keep(await fakeOrder({ isStubborn: true, neverDisposes: true }));
    expect(await lease.release()).toEqual({ left: [], daemonsSought: true });
    expect(await lives(lease.engine.pid)).toBe(false);
  });

  it("takes with it a tool that ignores SIGTERM, its children, and one that made itself a daemon", async () => {
    const { lease, ask } = await keep(await fakeOrder());
    const stubborn = "trap '' TERM; (trap '' TERM; echo $$; while :; do sleep 1; done)";
    await ask("POST", `/tool?script=${encodeURIComponent(stubborn)}`);
    const daemon = "(setsid sh -c 'exec >/dev/null 2>&1; sleep 300' &) ; sleep 0.1; echo done";
    await ask("POST", `/tool?script=${encodeURIComponent(daemon)}`);
    expect(markedProcesses(lease.engine.mark).length).toBeGreaterThanOrEqual(4);
    expect(await lease.release()).toEqual({ left: [], daemonsSought: true });
    expect(markedProcesses(lease.engine.mark)).toEqual([]);
  });
});

describe("an engine that crashes", () => {
  it("is started again on the same port, with the same password, and its tools are ended", async () => {
    const order = await fakeOrder();
    const { lease, events, ask } = await keep(order);
    const { url, pid, mark } = lease.engine;
    const tool = Number(await ask("POST", `/tool?script=${encodeURIComponent("echo $$; exec sleep 300")}`));
    await ask("POST", "/crash").catch(() => {});
    const crashed = await events.next();
    expect(crashed).toMatchObject({ type: "crashed", restartInMs: 20 });
    expect("message" in crashed && crashed.message).toMatch(
      /ended with exit code 3.*out of memory, key \*\*\*/s,
    );
    expect(await lives(tool)).toBe(false);
    expect(await events.next()).toMatchObject({ type: "restarted" });
    expect(lease.engine).toMatchObject({ url, mark });
    expect(lease.engine.pid).not.toBe(pid);
    expect(await ask("GET", "/global/health")).toMatchObject({ healthy: true });
    expect((await readRecord(recordOf(order, lease)))?.pid).toBe(lease.engine.pid);
  });

  it("again and again is given up, with the reason", async () => {
    const order = await fakeOrder();
    const { lease, events } = await keep(order);
    const { path, pid } = await keeperOf(order, lease);
    for (let crash = 1; crash <= 3; crash += 1) {
      process.kill(lease.engine.pid, "SIGKILL");
      const event = await events.next();
      if (crash < 3) {
        expect(event).toMatchObject({ type: "crashed", restartInMs: crash === 1 ? 20 : 40 });
        expect(await events.next()).toMatchObject({ type: "restarted" });
      } else {
        expect(event).toMatchObject({
          type: "gave_up",
          message: expect.stringMatching(/was ended by SIGKILL/),
        });
      }
    }
    await goneWithin(pid, 2000);
    expect(await Lease.open(path)).toBe("gone");
    expect(await readRecord(recordOf(order, lease))).toBeUndefined();
    expect(events.all.map(({ type }) => type)).not.toContain("lost");
  });

  it("is given up when it does not start any more", async () => {
    const folder = await fakeOrder();
    const order = await fakeOrder({ failsOnce: `${folder.cwd}/started` });
    const { lease, events } = await keep(order);
    process.kill(lease.engine.pid, "SIGKILL");
    const types = [];
    for (let event = await events.next(); ; event = await events.next()) {
      types.push(event.type);
      if (event.type !== "gave_up") continue;
      expect(event.message).toMatch(/ended with exit code 7/);
      break;
    }
    expect(types).toEqual(["crashed", "crashed", "gave_up"]);
  });

  it("is not started again when nobody wants that, and the handle tells why it is gone", async () => {
    const order = await fakeOrder({}, { restart: false });
    const { lease } = await startKeeper(order);
    const told = Promise.withResolvers<string>();
    const { username, password, url = "" } = { ...order, ...lease.engine };
    const handle = new EngineHandle({
      mode: "spawned",
      url,
      credentials: { username, password },
      lease,
      diagnostic: ({ code }) => told.resolve(code),
    });
    process.kill(lease.engine.pid, "SIGKILL");
    expect(await told.promise).toBe("engine_gone");
    expect(handle.failure).toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(/not restarted.*SIGKILL/),
    });
    await handle.stop();
  });

  it("is waited for by who joins meanwhile", async () => {
    const order = await fakeOrder({}, { timing: { firstPause: 300 } });
    const { lease, events } = await keep(order);
    process.kill(lease.engine.pid, "SIGKILL");
    await events.next();
    const handle = await joinEngine(recordOf(order, lease), 5000, () => {});
    expect(handle?.pid).toBe(lease.engine.pid);
    expect(await lives(lease.engine.pid)).toBe(true);
    await handle?.stop();
  });
});

describe("an engine that does not start", () => {
  it.each([
    [
      "ends at once",
      { fails: { says: "last words; sk-secret-1 fake-password", code: 3 } },
      /ended with exit code 3.*last words; \*\*\* \*\*\*/s,
    ],
    ["never listens", { hangs: "hello" }, /did not listen within 400 ms.*hello/s],
  ])("because it %s is told with its last words, without secrets", async (_, fake, message) => {
    const order = await fakeOrder(fake, { startTimeout: "hangs" in fake ? 400 : 10_000 });
    const failure: unknown = await startKeeper(order).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "PROCESS_FAILED", message: expect.stringMatching(message) });
    expect(String(failure)).not.toMatch(/sk-secret|fake-password/);
    expect(markedProcesses(order.mark)).toEqual([]);
    await expect(stat(order.stateFolder)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("a keeper", () => {
  it("that is asked to end takes its engine with it, and says so", async () => {
    const order = await fakeOrder();
    const { lease, events } = await keep(order);
    const { pid } = await keeperOf(order, lease);
    process.kill(pid, "SIGTERM");
    expect(await events.next()).toMatchObject({ type: "gave_up", message: expect.stringMatching(/SIGTERM/) });
    await goneWithin(pid, 3000);
    expect(await lives(lease.engine.pid)).toBe(false);
  });

  it("that is killed is missed: the engine ends with the client that goes on", async () => {
    const order = await fakeOrder();
    const { lease } = await startKeeper(order);
    const lost = Promise.withResolvers<void>();
    const handle = new EngineHandle({
      mode: "spawned",
      url: lease.engine.url,
      credentials: { username: order.username, password: order.password },
      lease,
      diagnostic: ({ code }) => code === "keeper_lost" && lost.resolve(),
    });
    const { pid, path } = await keeperOf(order, lease);
    // It can't clean up any more.
    onTestFinished(() => removeFolder(dirname(path)));
    process.kill(pid, "SIGKILL");
    await lost.promise;
    expect(await lives(lease.engine.pid)).toBe(true);
    // Who comes now uses it, but knows that nobody watches over it.
    const codes: string[] = [];
    const orphan = await joinEngine(recordOf(order, lease), 1000, ({ code }) => codes.push(code));
    await orphan?.stop();
    expect(codes).toEqual(["keeper_lost"]);
    expect(await lives(lease.engine.pid)).toBe(true);
    await handle.stop();
    await goneWithin(lease.engine.pid, 1000);
    expect(markedProcesses(order.mark)).toEqual([]);
  });

  it.each(["SIGKILL", "SIGHUP", "SIGINT"] as const)(
    "ends its engine and the tools soon after its starter got %s",
    async (signal) => {
      const order = await fakeOrder();
      const starter = spawn(
        process.execPath,
        [fileURLToPath(new URL("./starter.ts", import.meta.url)), JSON.stringify(order)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      onTestFinished(() => void starter.kill("SIGKILL"));
      const [text] = await once(starter.stdout.setEncoding("utf8"), "data");
      const { pid } = JSON.parse(text);
      expect(await lives(pid)).toBe(true);
      const ended = once(starter, "exit");
      starter.kill(signal);
      await ended;
      await goneWithin(pid, 3000);
      expect(markedProcesses(order.mark)).toEqual([]);
    },
  );

  it("ends itself when its starter is gone as soon as it has said what it wants", async () => {
    const order = await fakeOrder();
    const { command, file, env } = keeperProgram();
    const keeper = spawn(command, [file], { env, stdio: ["pipe", "ignore", "inherit"] });
    onTestFinished(() => void keeper.kill("SIGKILL"));
    keeper.stdin.end(`${JSON.stringify(order)}\n`);
    expect(await once(keeper, "exit")).toEqual([0, null]);
    expect(markedProcesses(order.mark)).toEqual([]);
  });

  it("ends what it has begun when its starter dies before the engine listens", async () => {
    const order = await fakeOrder({ hangs: "wait" });
    const starter = spawn(
      process.execPath,
      [fileURLToPath(new URL("./starter.ts", import.meta.url)), JSON.stringify(order)],
      { stdio: "inherit" },
    );
    onTestFinished(() => void starter.kill("SIGKILL"));
    const ended = once(starter, "exit");
    let [pid] = markedProcesses(order.mark);
    while (pid === undefined) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      [pid] = markedProcesses(order.mark);
    }
    starter.kill("SIGKILL");
    await ended;
    await goneWithin(pid, 3000);
  });
});

it("watch() tells what came before it was asked", async () => {
  const order = await fakeOrder({}, { restart: false });
  const { lease } = await startKeeper(order);
  process.kill(lease.engine.pid, "SIGKILL");
  await goneWithin((await keeperOf(order, lease).catch(() => ({ pid: 0 }))).pid || lease.engine.pid, 3000);
  expect((await watch(lease).next()).type).toBe("gave_up");
});
