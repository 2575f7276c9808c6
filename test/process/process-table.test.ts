import { spawn } from "node:child_process";
import { once } from "node:events";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  descendantsOf,
  identityOf,
  listProcesses,
  parsePs,
  parseStat,
} from "../../src/process/process-table.ts";
import { MARK_VARIABLE, markedProcesses, sweep } from "../../src/process/sweep.ts";
import { lives } from "../node/process/keeper-support.ts";

const tail = (state: string, parent: number, started: number) =>
  `${state} ${parent} 1 1 0 -1 4194304 1 0 0 0 1 1 0 0 20 0 1 0 ${started} 4000 100`;

describe("the process table", () => {
  it("is read from Linux's stat lines, whatever a process is called", () => {
    for (const name of ["sh", "a b", "a) S 1 (b", ")", "ü"]) {
      const entry = { pid: 42, parent: 7, identity: "12345" };
      expect(parseStat(`42 (${name}) ${tail("S", 7, 12345)}`)).toEqual(entry);
    }
    expect(parseStat(`42 (sh) ${tail("Z", 7, 12345)}`)).toBeUndefined();
    expect(parseStat("")).toBeUndefined();
  });

  it("is read from what macOS's ps prints", () => {
    const printed = [
      "    1     0 Ss   Mon Nov 24 08:00:01 2026    ",
      "  501     1 S+   Tue Nov  3 18:22:09 2026    ",
      "  502   501 Z    Tue Nov  3 18:22:10 2026    ",
    ].join("\n");
    expect(parsePs(printed)).toEqual([
      { pid: 1, parent: 0, identity: "Mon Nov 24 08:00:01 2026" },
      { pid: 501, parent: 1, identity: "Tue Nov  3 18:22:09 2026" },
    ]);
  });

  it("holds this process and its children, with their birth", async () => {
    const child = spawn("sleep", ["300"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    const processes = await listProcesses();
    const own = descendantsOf([process.pid], processes).find(({ pid }) => pid === child.pid);
    expect(own?.parent).toBe(process.pid);
    expect(await identityOf(child.pid ?? 0)).toBe(own?.identity);
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
    expect(await identityOf(child.pid ?? 0)).toBeUndefined();
  });

  it("gives all descendants once, and nothing else, also of a table that makes no sense", () => {
    const table = fc.array(
      fc.record({ pid: fc.integer({ min: 1, max: 15 }), parent: fc.integer({ min: 0, max: 15 }) }),
    );
    fc.assert(
      fc.property(table, fc.integer({ min: 1, max: 15 }), (rows, root) => {
        const processes = rows.map((row) => ({ ...row, identity: "" }));
        const found = descendantsOf([root], processes).map(({ pid }) => pid);
        expect(new Set(found).size).toBe(found.length);
        expect(found).not.toContain(root);
        // Whatever names a descendant or the root as its parent is a descendant itself.
        const family = new Set([root, ...found]);
        for (const { pid, parent } of processes) if (family.has(parent)) expect(family).toContain(pid);
        for (const pid of found) {
          expect(processes.some((row) => row.pid === pid && family.has(row.parent))).toBe(true);
        }
      }),
    );
  });
});

describe("sweep", () => {
  const sleeper = (mark?: string) => {
    const child = spawn("sh", ["-c", "trap '' TERM; sleep 300 & wait"], {
      detached: true,
      env: { PATH: process.env.PATH, ...(mark && { [MARK_VARIABLE]: mark }) },
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child.pid ?? 0;
  };

  it("kills what is known with its children, what is marked, and nothing else", async () => {
    const mark = crypto.randomUUID();
    const [known, marked, other] = [sleeper(), sleeper(mark), sleeper(crypto.randomUUID())];
    const identity = (await identityOf(known)) ?? "";
    expect(await sweep([{ pid: known, parent: 0, identity }], mark)).toEqual([]);
    expect(await Promise.all([known, marked, other].map(lives))).toEqual([false, false, true]);
    expect(markedProcesses(mark)).toEqual([]);
  });

  it("leaves a process alone that has the id of one that is gone", async () => {
    const pid = sleeper();
    expect(await sweep([{ pid, parent: 0, identity: "another birth" }], crypto.randomUUID())).toEqual([]);
    expect(await lives(pid)).toBe(true);
  });

  it("tells what is left when its time is over", async () => {
    const pid = sleeper();
    const identity = (await identityOf(pid)) ?? "";
    const left = await sweep([{ pid, parent: 0, identity }], crypto.randomUUID(), -1);
    expect(left).toContain(pid);
  });
});
