import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import type { Diagnostic } from "../../../src/engine/diagnostics.ts";
import { change, collect, open, useFolder } from "./files.ts";

const SCHEMA = `
  CREATE TABLE sessions (id TEXT PRIMARY KEY, parent_session_id TEXT, title TEXT, message_count INTEGER,
    prompt_tokens INTEGER, completion_tokens INTEGER, cost REAL, updated_at INTEGER, created_at INTEGER,
    summary_message_id TEXT);
  CREATE TABLE messages (id TEXT PRIMARY KEY, session_id TEXT, role TEXT, parts TEXT, model TEXT,
    created_at INTEGER, updated_at INTEGER, finished_at INTEGER);
  CREATE TABLE files (id TEXT PRIMARY KEY, session_id TEXT, path TEXT, content TEXT, version TEXT,
    created_at INTEGER, updated_at INTEGER);
`;
const MS = 1_750_000_000_000;
const part = (type: string, data: object) => ({ type, data });
const finish = (reason: string) => part("finish", { reason, time: 1_750_000_009 });

/** Sessions of the first OpenCode: each a list of messages, each of them a role and its parts. */
async function legacy(
  sessions: Readonly<Record<string, readonly [role: string, parts: readonly object[]][]>>,
) {
  const path = join(await useFolder(), ".opencode.db");
  const db = new DatabaseSync(path);
  db.exec(SCHEMA);
  const session = db.prepare("INSERT INTO sessions (id, title, created_at, updated_at) VALUES (?, ?, ?, ?)");
  const message = db.prepare(
    "INSERT INTO messages (id, session_id, role, parts, model, created_at) VALUES (?, ?, ?, ?, ?, ?)",
  );
  for (const [at, [id, messages]] of Object.entries(sessions).entries()) {
    // The first in seconds, the others in milliseconds, as files have it that lived through that change.
    session.run(id, `Title of ${id}`, at === 0 ? MS / 1000 : MS + at, at === 0 ? MS / 1000 : MS + at);
    for (const [index, [role, parts]] of messages.entries()) {
      message.run(`${id}-${index}`, id, role, JSON.stringify(parts), "claude", MS / 1000);
    }
  }
  db.close();
  const diagnostics: Diagnostic[] = [];
  const history = await open({ path, onDiagnostic: (diagnostic) => diagnostics.push(diagnostic) });
  return { path, history, diagnostics };
}

const user = (text: string): [string, object[]] => ["user", [part("text", { text })]];

it("reads the older layout as the same sessions and messages", async () => {
  const call = part("tool_call", { id: "c1", name: "bash", input: '{"command":"ls"}', finished: true });
  const { history } = await legacy({
    one: [
      [
        "user",
        [
          part("text", { text: "Hi" }),
          part("binary", { Path: "/a/b.png", MIMEType: "image/png", data: "QQ==" }),
        ],
      ],
      [
        "assistant",
        [part("reasoning", { thinking: "Hm." }), part("text", { text: "I look." }), call, finish("tool_use")],
      ],
      ["tool", [part("tool_result", { tool_call_id: "c1", name: "bash", content: "a\n", is_error: false })]],
      ["system", [part("text", { text: "not shown" })]],
      ["assistant", [part("text", { text: "Done." }), finish("end_turn")]],
    ],
    two: [user("Hi")],
  });
  expect(await collect(history.sessions())).toEqual([
    {
      id: "two",
      title: "Title of two",
      engineId: "opencode",
      createdAt: MS + 1,
      updatedAt: MS + 1,
      status: "idle",
    },
    {
      id: "one",
      title: "Title of one",
      engineId: "opencode",
      createdAt: MS,
      updatedAt: MS,
      status: "completed",
    },
  ]);
  const toolCall = { id: "c1", name: "bash", input: { command: "ls" }, status: "success", output: "a\n" };
  const messages = await history.messages("one");
  expect(messages).toMatchObject([
    {
      role: "user",
      turnId: "one-0",
      content: { text: "Hi" },
      createdAt: MS,
      parts: [{ type: "text" }, { type: "image", url: "data:image/png;base64,QQ==", name: "b.png" }],
    },
    {
      role: "assistant",
      turnId: "one-0",
      stopReason: "tool_calls",
      toolCalls: [toolCall],
      parts: [{ type: "reasoning", text: "Hm." }, { type: "text" }, { type: "tool" }],
    },
    {
      role: "assistant",
      turnId: "one-0",
      stopReason: "stop",
      completedAt: MS + 9000,
      content: { text: "Done." },
    },
  ]);
  expect(await history.messages("one", { limit: 1 })).toEqual(messages.slice(-1));
  expect(await history.messages("one", { limit: 0 })).toEqual([]);
  expect(await history.todos("one")).toEqual([]);
  expect(await collect(history.sessions({ workingDirectory: "/" }))).toEqual([]);
});

it.each([
  ["end_turn", "completed"],
  ["max_tokens", "completed"],
  ["error", "error"],
  ["canceled", "idle"],
  ["unknown", "idle"],
])("restores how a session rests whose last answer ended with %s", async (reason, status) => {
  const { history } = await legacy({ s: [user("Hi"), ["assistant", [finish(reason)]]] });
  expect(await history.session("s")).toMatchObject({ status });
});

it("tells a denied tool, and an answer that has no end", async () => {
  const call = part("tool_call", { id: "c1", name: "bash", input: '{"comm', finished: true });
  const denied = part("tool_result", { tool_call_id: "c1", content: "Permission denied", is_error: true });
  const { history } = await legacy({
    denied: [user("Hi"), ["assistant", [call, finish("permission_denied")]], ["tool", [denied]]],
    died: [user("Hi"), ["assistant", [call]]],
  });
  expect(await history.session("denied")).toMatchObject({ status: "idle" });
  const [, answer] = await history.messages("denied");
  expect(answer?.toolCalls).toEqual([
    { id: "c1", name: "bash", input: {}, status: "error", error: "Permission denied" },
  ]);
  expect(await history.session("died")).toMatchObject({ status: "idle" });
});

it("gives the versions of the files that a session changed", async () => {
  const { history, path } = await legacy({ one: [user("Hi")], two: [user("Hi")] });
  expect(history.layout).toBe("legacy");
  const at = MS / 1000;
  const rows = [
    ["f1", "one", "/b.ts", "b", "initial", at],
    ["f2", "one", "/a.ts", "", "initial", at],
    ...Array.from({ length: 10 }, (_, i) => [`f${9 - i}x`, "one", "/a.ts", `a${i + 1}`, `v${i + 1}`, MS + i]),
    ["g1", "two", "/a.ts", "other", "initial", at],
  ];
  const values = rows.map(
    (row) => `(${row.map((value) => JSON.stringify(value).replaceAll('"', "'")).join()})`,
  );
  change(path, `INSERT INTO files (id, session_id, path, content, version, created_at) VALUES ${values}`);
  expect(await history.files("one")).toEqual([
    {
      path: "/a.ts",
      versions: [
        { version: "initial", content: "", createdAt: MS },
        ...Array.from({ length: 10 }, (_, i) => ({
          version: `v${i + 1}`,
          content: `a${i + 1}`,
          createdAt: MS + i,
        })),
      ],
    },
    { path: "/b.ts", versions: [{ version: "initial", content: "b", createdAt: MS }] },
  ]);
  expect(await history.files("two")).toHaveLength(1);
  await expect(history.diff("one")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  change(path, "DROP TABLE files");
  const without = await open({ path });
  await expect(without.files("one")).rejects.toMatchObject({
    code: "HISTORY_UNREADABLE",
    message: expect.stringContaining("the table files is missing"),
  });
});

it("knows parents, leaves out what can't be understood, and names what is missing", async () => {
  const { history, path, diagnostics } = await legacy({ parent: [user("Hi")], child: [user("Look")] });
  change(path, "UPDATE sessions SET parent_session_id = 'parent' WHERE id = 'child'");
  expect(await history.children("parent")).toMatchObject([{ id: "child", parentId: "parent" }]);
  change(path, `UPDATE messages SET parts = '{"a":1}' WHERE session_id = 'child'`);
  expect(await history.messages("child")).toEqual([]);
  expect(diagnostics).toMatchObject([{ code: "history_row_unreadable", sessionId: "child" }]);
  change(path, "ALTER TABLE messages DROP COLUMN parts");
  await expect(open({ path })).rejects.toMatchObject({
    code: "HISTORY_UNREADABLE",
    message: expect.stringContaining("the column messages.parts is missing"),
  });
});
