import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { basicAuth } from "../../../src/node/process/access.ts";
import type { Lease, LeaseEvent } from "../../../src/node/process/lease.ts";
import { startKeeper } from "../../../src/node/process/start-keeper.ts";
import type { KeeperOrder } from "../../../src/node/process/wire.ts";
import { identityOf } from "../../../src/process/process-table.ts";
import { MARK_VARIABLE } from "../../../src/process/sweep.ts";
import { testPort } from "../../support/test-port.ts";
import { createFolder, removeFolder } from "../../support/throwaway.ts";
import type { Fake } from "./fake-engine.ts";

const program = fileURLToPath(new URL("./fake-engine.ts", import.meta.url));

/** A program that is started as `opencode` is, and does what `FAKE` says. */
export async function fakeBinary(folder: string): Promise<string> {
  const file = join(folder, "opencode");
  await writeFile(file, `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`);
  await chmod(file, 0o755);
  return file;
}

export async function temporaryFolder(purpose: string): Promise<string> {
  const folder = await createFolder(purpose);
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** What a keeper is told that keeps a fake engine. Times are short. */
export async function fakeOrder(fake: Fake = {}, more: Partial<KeeperOrder> = {}): Promise<KeeperOrder> {
  const folder = await temporaryFolder("keeper");
  const port = await testPort();
  const mark = crypto.randomUUID();
  const password = "fake-password";
  const env = {
    PATH: process.env.PATH ?? "",
    FAKE: JSON.stringify(fake),
    ANTHROPIC_API_KEY: "sk-secret-1",
    OPENCODE_SERVER_PASSWORD: password,
    [MARK_VARIABLE]: mark,
  };
  return {
    binary: await fakeBinary(folder),
    args: ["serve", "--hostname", "127.0.0.1", "--port", String(port)],
    cwd: folder,
    env,
    mark,
    username: "opencode",
    password,
    secrets: [],
    startTimeout: 10_000,
    restart: true,
    stateFolder: join(folder, "state"),
    timing: { farewell: 300, grace: 500, firstPause: 20, longestPause: 50, healthy: 60_000, crashes: 3 },
    ...more,
  };
}

/** A kept engine with what its lease tells. The lease is given back after the test. */
export async function keep(order: KeeperOrder) {
  const { lease, warning } = await startKeeper(order);
  onTestFinished(async () => void (await lease.release()));
  return { lease, warning, events: watch(lease), ask: asker(lease, order) };
}

/** The events of a lease, as they come. */
export function watch(lease: Lease): {
  readonly next: () => Promise<LeaseEvent>;
  readonly all: LeaseEvent[];
} {
  const all: LeaseEvent[] = [];
  let read = 0;
  let wakeUp = () => {};
  lease.listen((event) => {
    all.push(event);
    wakeUp();
  });
  const next = async (): Promise<LeaseEvent> => {
    for (;;) {
      const event = all[read];
      if (event !== undefined) {
        read += 1;
        return event;
      }
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
    }
  };
  return { next, all };
}

function asker(lease: Lease, { username, password }: KeeperOrder) {
  return async (method: string, path: string): Promise<unknown> => {
    const headers = basicAuth(username, password);
    return (await fetch(lease.engine.url + path, { method, headers })).json();
  };
}

/** Whether it runs: one that is dead and was not fetched by its parent does not. */
export async function lives(pid: number): Promise<boolean> {
  return (await identityOf(pid)) !== undefined;
}

/** Resolves when there is no such process; fails after a while. */
export async function goneWithin(pid: number, ms: number): Promise<void> {
  for (const end = performance.now() + ms; await lives(pid); ) {
    if (performance.now() > end) throw new Error(`Process ${pid} still lives after ${ms} ms.`);
    await setTimeout(10);
  }
}
