import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { promisify } from "node:util";

/** A process as the system lists it. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** When it was started, in the system's own words: the same id with another is another process. */
  readonly identity: string;
}

/** All processes that live. Empty on Windows, whose `taskkill` finds the tree itself. */
export async function listProcesses(platform: NodeJS.Platform = process.platform): Promise<ProcessEntry[]> {
  if (platform === "linux") return readProc();
  if (platform === "win32") return [];
  const { stdout } = await promisify(execFile)("ps", ["-axo", "pid=,ppid=,stat=,lstart="], {
    env: { ...process.env, LC_ALL: "C" },
    maxBuffer: 16 * 1024 * 1024,
  });
  return parsePs(stdout);
}

/** `undefined`: there is no such process (any more), or the system does not tell. */
export async function identityOf(pid: number): Promise<string | undefined> {
  if (process.platform === "linux") return readStat(pid)?.identity;
  return (await listProcesses()).find((entry) => entry.pid === pid)?.identity;
}

/** Of the processes that stem from these, all that are listed; not these themselves. */
export function descendantsOf(
  roots: readonly number[],
  processes: readonly ProcessEntry[],
): readonly ProcessEntry[] {
  const children = Map.groupBy(processes, ({ parent }) => parent);
  const found = new Map<number, ProcessEntry>();
  const visit = (pid: number): void => {
    for (const child of children.get(pid) ?? []) {
      if (found.has(child.pid) || roots.includes(child.pid)) continue;
      found.set(child.pid, child);
      visit(child.pid);
    }
  };
  for (const pid of roots) visit(pid);
  return [...found.values()];
}

function readProc(): ProcessEntry[] {
  return numericNames("/proc")
    .map(readStat)
    .filter((entry) => entry !== undefined);
}

function readStat(pid: number): ProcessEntry | undefined {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // It is gone.
    return undefined;
  }
}

/** A line of Linux's `/proc/<pid>/stat`; `undefined` for one that is dead and only waits for its parent to notice. */
export function parseStat(line: string): ProcessEntry | undefined {
  // The name comes second, in brackets, and may hold brackets and spaces itself.
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  const [state, parent] = fields;
  const identity = fields[19];
  if (identity === undefined || state === "Z" || state === "X") return undefined;
  return { pid: Number.parseInt(line, 10), parent: Number(parent), identity };
}

/** What `ps -axo pid=,ppid=,stat=,lstart=` prints. */
export function parsePs(output: string): ProcessEntry[] {
  return [...output.matchAll(/^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/gm)]
    .filter(([, , , state = ""]) => !state.startsWith("Z"))
    .map(([, pid, parent, , identity = ""]) => ({ pid: Number(pid), parent: Number(parent), identity }));
}

export function numericNames(folder: string): number[] {
  return readdirSync(folder)
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}
