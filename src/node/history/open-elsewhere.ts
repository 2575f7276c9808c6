import { readFileSync, realpathSync, statSync } from "node:fs";

/** `1: POSIX  ADVISORY  READ 4711 fe:10:131074 128 128`: its process, and the inode of its file. */
const LOCK = /^\d+: (?:-> )?POSIX +\S+ +\S+ +(\d+) [0-9a-f]+:[0-9a-f]+:(\d+) /;

/**
 * Does another process have this database open? Whoever has one in write-ahead mode holds a lock on its shared memory,
 * and Linux tells of all locks and who holds them. `undefined`: it can't be told, here or of this file. The caller must
 * have it open itself.
 */
export function isOpenElsewhere(path: string): boolean | undefined {
  try {
    const inode = String(statSync(`${realpathSync(path)}-shm`, { bigint: true }).ino);
    const holders = new Set<number>();
    for (const line of readFileSync("/proc/locks", "utf8").split("\n")) {
      const [, pid, file] = LOCK.exec(line) ?? [];
      if (file === inode) holders.add(Number(pid));
    }
    // A list that lacks our own lock is of another system than the file, and tells nothing of the others either.
    return holders.has(process.pid) ? holders.size > 1 : undefined;
  } catch {
    return undefined;
  }
}
