import type { TurnStatus } from "../../src/engine/events.ts";
import type { FileDiff } from "../../src/engine/message.ts";
import type { SessionStatus } from "../../src/engine/session.ts";

/** What must come of a recording, written down by reading the recording itself. */
export interface Scenario {
  /** By title, in the order in which they were created. */
  readonly sessions: Readonly<Record<string, SessionScenario>>;
  /** The permission requests, oldest first. */
  readonly asks?: readonly Ask[];
}

export interface SessionScenario {
  /** How each turn ended, oldest first. */
  readonly turns: readonly TurnScenario[];
  readonly status: SessionStatus;
  /** It lives in another directory than the one that `/event` was asked for. */
  readonly elsewhere?: boolean;
}

export interface TurnScenario {
  readonly status: TurnStatus;
  /** What the engine answered: the texts of its messages, joined. */
  readonly text: string;
  readonly code?: string;
  readonly stopReason?: string;
  /** How often the engine said that it tries again. */
  readonly retries?: number;
  /** It asked a person, and this is what. */
  readonly question?: string;
}

interface Ask {
  readonly tool: string;
  readonly description: string;
  readonly patterns: readonly string[];
  readonly diff?: readonly FileDiff[];
}

/** Those of which something must be said that others have no words for; each has tests of its own. */
export const APART = ["busy-queue", "delete-while-busy", "no-reply", "unknown-model"] as const;

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  text: answered("plain text", "Hello from the model."),
  "cold-start-text": answered("plain text", "Hello from the model."),
  "title-generated": answered("Neat greeting", "Hi."),
  reasoning: answered("reasoning", "The answer is 42."),
  "file-parts": answered("files", "Seen."),
  "finish-length": {
    sessions: {
      length: { turns: [{ ...completed("Cut sh"), stopReason: "length" }], status: "completed" },
    },
  },
  "finish-content-filter": ended("filter", { status: "error", text: "Hm", code: "PROVIDER_ERROR" }),

  todo: answered("todo", "Listed."),
  mcp: answered("mcp", "The sum is 5."),
  "tool-invalid": answered("invalid tool", "Gave up."),
  "tool-parallel": {
    ...answered("parallel tools", "All done."),
    asks: [bash("echo A"), bash("ls")],
  },
  "tool-permission-once": {
    ...answered("tool once", "I will run a command. It printed hi."),
    asks: [bash("echo hi")],
  },
  "tool-permission-always": { ...answered("tool always", "Both ran."), asks: [bash("printf one")] },
  "tool-permission-reject": { ...rejected("tool reject"), asks: [bash("echo no")] },
  "tool-permission-reject-message": {
    ...answered("tool reject with message", "Understood."),
    asks: [bash("echo no")],
  },
  "tool-permission-legacy-route": { ...answered("legacy route", "ok."), asks: [bash("echo legacy")] },
  "external-directory": {
    ...answered("external", "Read it."),
    asks: [
      {
        tool: "external_directory",
        description: "Reach outside the working directory: /tmp/workspace-b/*",
        patterns: ["/tmp/workspace-b/*"],
      },
    ],
  },
  "edit-permission-diff": {
    // Between the two turns the first is reverted.
    sessions: {
      edit: { turns: [completed("Edited."), completed("After revert.")], status: "completed" },
    },
    asks: [
      edit("notes.txt", "modified", 1, 1, "@@ -1,3 +1,3 @@\n line one\n-line two\n+line 2\n line three\n"),
      edit("new.txt", "added", 1, 0, "@@ -0,0 +1,1 @@\n+fresh\n"),
    ],
  },
  "edit-permission-reject": {
    ...rejected("edit reject"),
    asks: [edit("README.md", "modified", 1, 1, "@@ -1,1 +1,1 @@\n-hello\n+bye\n")],
  },
  question: {
    sessions: {
      question: { turns: [{ ...completed("Noted."), question: "Which colour?" }], status: "completed" },
    },
  },
  "question-reject": {
    sessions: {
      "question reject": { turns: [{ status: "rejected", text: "", question: "Sure?" }], status: "idle" },
    },
  },

  "task-subagent": {
    sessions: {
      task: one(completed("Child is done.")),
      "Look around (@general subagent)": one(completed("Child says hello.")),
    },
  },
  "task-subagent-permission": {
    sessions: {
      "task with permission": one(completed("Child ran it.")),
      "Run it (@general subagent)": one(completed("Ran it.")),
    },
    asks: [bash("echo child")],
  },
  "two-directories": {
    sessions: {
      "in a": one(completed("From a.")),
      "in b": { ...one(completed("From b.")), elsewhere: true },
    },
  },

  "abort-mid-stream": aborted("abort", "tick0  tick1  tick2  tick3  tick4  tick5  "),
  "abort-during-tool": aborted("abort tool", "", [
    {
      ...bash("echo begin; sleep 30; echo end"),
      patterns: ["echo begin", "sleep 30", "echo end"],
    },
  ]),
  "instance-dispose": aborted("dispose", "d0 "),

  "error-400": ended("400", { status: "error", text: "", code: "PROVIDER_ERROR" }),
  "error-401": ended("401", { status: "error", text: "", code: "AUTH_REQUIRED" }),
  "retry-429-once": ended("429", { ...completed("Recovered."), retries: 1 }),
  "retry-500-once": ended("500", { ...completed("Recovered."), retries: 1 }),
  "retries-exhausted": ended("retries exhausted", {
    status: "error",
    text: "",
    code: "PROVIDER_ERROR",
    retries: 5,
  }),
  // Of these the recording's client had enough, and aborted them while the engine waited to try again. That abort
  // leaves no error behind.
  "retry-429-abort": ended("429 abort", { status: "aborted", text: "", retries: 1 }),
  "network-refused": ended("refused", { status: "aborted", text: "", retries: 2 }),
  "stream-error": ended("stream error", { status: "aborted", text: "", retries: 3 }),
  "stream-cut": ended("cut", { status: "aborted", text: "Half of an answer", retries: 3 }),

  // Its only message ended before it was compacted; the answer that follows is one to the engine's "continue".
  "auto-compaction": answered("auto compaction", "The real answer.Hello there from the scripted model."),
  "context-overflow": answered("overflow", "Hello there from the scripted model."),
  // The third turn is the summary that somebody asked for: it answers no prompt.
  summarize: {
    sessions: {
      summarize: {
        turns: ["First answer.", "Second answer.", "", "Third answer."].map(completed),
        status: "completed",
      },
    },
  },
  "shell-command": answered("shell", ""),
  "structured-output": answered("structured", ""),
  "structured-output-missing": ended("structured missing", {
    status: "error",
    text: "no json",
    code: "UNKNOWN",
  }),
};

function completed(text: string): TurnScenario {
  return { status: "completed", text };
}

/** A session that rests as its only turn left it. */
function one(turn: TurnScenario): SessionScenario {
  const { status } = turn;
  return { turns: [turn], status: status === "completed" || status === "error" ? status : "idle" };
}

function ended(title: string, turn: TurnScenario): Scenario {
  return { sessions: { [title]: one(turn) } };
}

function answered(title: string, text: string): Scenario {
  return ended(title, completed(text));
}

function rejected(title: string): Scenario {
  return ended(title, { status: "rejected", text: "" });
}

function aborted(title: string, text: string, asks?: readonly Ask[]): Scenario {
  return {
    ...ended(title, { status: "aborted", text, code: "PROMPT_ABORTED" }),
    ...(asks === undefined ? {} : { asks }),
  };
}

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

/** The events that this client reads, by the engine's names; all others are to be passed on. */
export const READ: ReadonlySet<string> = new Set([
  "server.connected",
  "server.heartbeat",
  "session.created",
  "session.updated",
  "session.deleted",
  "session.status",
  "session.idle",
  "session.error",
  "session.diff",
  "todo.updated",
  "message.updated",
  "message.removed",
  "message.part.updated",
  "message.part.delta",
  "permission.asked",
  "permission.replied",
  "question.asked",
  "question.replied",
  "question.rejected",
]);
