import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { reasonOf } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";

/** Milliseconds for what a process has said and nobody has read yet. */
const LAST_WORDS_MS = 200;

/** Resolves with how a process ended, in words, when it has and its last words are read. Never rejects. */
export async function howItEnds(child: ChildProcess): Promise<string> {
  const closed = once(child, "close");
  closed.catch(() => {});
  try {
    const [code, signal] = await once(child, "exit");
    // Its pipes may be held open by a process of its own: not for ever.
    const late = () => new Error("Its output does not end.");
    await withDeadline(LAST_WORDS_MS, late, [], () => closed).catch(() => {});
    return signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`;
  } catch (cause) {
    return `could not be started: ${reasonOf(cause)}`;
  } finally {
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}
