import { type ChildProcess, spawn } from "node:child_process";
import { Socket } from "node:net";

/**
 * Makes a child process die with this one, however this one dies: test runners end their workers by a signal, which
 * runs no exit handler, and OpenCode does not notice that its parent is gone. Returns what takes the guard away.
 */
export function dieWithUs(child: ChildProcess): () => void {
  if (child.pid === undefined) return () => {};
  // Waits for the end of its input, which nobody but this process holds open.
  const guard = spawn("/bin/sh", ["-c", `read _; kill -KILL ${child.pid}`], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  // Without a shell there is no guard, and nothing else is wrong.
  guard.on("error", () => {});
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  return () => void guard.kill("SIGKILL");
}
