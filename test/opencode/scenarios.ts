import type { TurnStatus } from "../../src/engine/events.ts";
import type { FileDiff } from "../../src/engine/message.ts";
import type { SessionStatus } from "../../src/engine/session.ts";

/** What must come of a recording, written down by reading the recording itself. */
export interface Scenario {
  /** How each turn ended, oldest first. */
  readonly turns: readonly TurnStatus[];
  readonly session: SessionStatus;
  /** The code of the error that the last turn ended with. */
  readonly code?: string;
  /** The permission requests, oldest first. */
  readonly asks?: readonly Ask[];
}

interface Ask {
  readonly tool: string;
  readonly description: string;
  readonly patterns: readonly string[];
  readonly diff?: readonly FileDiff[];
}

const completed = { turns: ["completed"], session: "completed" } as const;
const rejected = { turns: ["rejected"], session: "idle" } as const;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  text: completed,
  reasoning: completed,
  "tool-permission-once": { ...completed, asks: [bash("echo hi")] },
  "tool-permission-always": { ...completed, asks: [bash("printf one")] },
  "tool-permission-reject": { ...rejected, asks: [bash("echo no")] },
  "tool-permission-reject-message": { ...completed, asks: [bash("echo no")] },
  "tool-permission-legacy-route": { ...completed, asks: [bash("echo legacy")] },
  "edit-permission-diff": {
    turns: ["completed", "completed"],
    session: "completed",
    asks: [
      edit("notes.txt", "modified", 1, 1, "@@ -1,3 +1,3 @@\n line one\n-line two\n+line 2\n line three\n"),
      edit("new.txt", "added", 1, 0, "@@ -0,0 +1,1 @@\n+fresh\n"),
    ],
  },
  "edit-permission-reject": {
    ...rejected,
    asks: [edit("README.md", "modified", 1, 1, "@@ -1,1 +1,1 @@\n-hello\n+bye\n")],
  },
  "abort-mid-stream": { turns: ["aborted"], session: "idle", code: "PROMPT_ABORTED" },
  "error-401": { turns: ["error"], session: "error", code: "AUTH_REQUIRED" },
  "retry-429-once": completed,
  "stream-cut": { turns: ["aborted"], session: "idle" },
};

/** The events that this client reads, by the engine's names; all others are to be passed on. */
export const READ: ReadonlySet<string> = new Set([
  "server.connected",
  "server.heartbeat",
  "session.created",
  "session.updated",
  "session.status",
  "session.idle",
  "session.error",
  "session.diff",
  "message.updated",
  "message.removed",
  "message.part.updated",
  "message.part.delta",
  "permission.asked",
  "permission.replied",
]);

function bash(command: string): Ask {
  return { tool: "bash", description: `Run \`${command}\``, patterns: [command] };
}

function edit(
  file: string,
  status: FileDiff["status"],
  additions: number,
  deletions: number,
  hunk: string,
): Ask {
  const path = `/tmp/workspace-a/${file}`;
  const patch = `Index: ${path}\n${"=".repeat(67)}\n--- ${path}\n+++ ${path}\n${hunk}`;
  const diff = [{ path, status, additions, deletions, patch }];
  return { tool: "edit", description: `Change ${file}`, patterns: [file], diff };
}
