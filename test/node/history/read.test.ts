import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../../src/engine/diagnostics.ts";
import type { OpenHistoryOptions } from "../../../src/node/history/history.ts";
import { change, collect, ids, open, putDatabase, useFolder } from "./files.ts";

async function useHistory(options: Pick<OpenHistoryOptions, "engineRuns"> = {}) {
  const diagnostics: Diagnostic[] = [];
  const path = putDatabase(await useFolder(), "opencode.db");
  const onDiagnostic = (diagnostic: Diagnostic) => diagnostics.push(diagnostic);
  const history = await open({ ...options, path, onDiagnostic });
  return { path, history, diagnostics };
}

describe("sessions", () => {
  it("come newest first, each with how it rests", async () => {
    const { history, path } = await useHistory();
    expect(history).toMatchObject({ path, isCopy: false, layout: "current" });
    const sessions = await collect(history.sessions());
    expect(sessions.map(({ id, status }) => [id, status])).toEqual([
      [ids.aborted, "idle"],
      [ids.parent, "completed"],
      [ids.child, "completed"],
      [ids.failed, "error"],
      [ids.answers, "completed"],
    ]);
    expect(sessions[0]).toEqual({
      id: ids.aborted,
      title: "Aborted in b",
      engineId: "opencode",
      createdAt: expect.any(Number),
      updatedAt: expect.any(Number),
      status: "idle",
      model: "local/scripted",
      workingDirectory: "/tmp/workspace-b",
      archived: true,
    });
    for (const session of sessions) expect(await history.session(session.id)).toEqual(session);
  });

  it("are starred where the engine's own metadata says so", async () => {
    const { path, history } = await useHistory();
    change(path, `UPDATE session SET metadata = '{"starred":true,"other":1}' WHERE id = '${ids.child}'`);
    expect(await history.session(ids.child)).toMatchObject({ starred: true });
    expect((await history.session(ids.parent)).starred).toBeUndefined();
  });

  it("can be limited, and narrowed to a directory", async () => {
    const { history } = await useHistory();
    const found = async (options: Parameters<typeof history.sessions>[0]) =>
      (await collect(history.sessions(options))).map(({ id }) => id);
    expect(await found({ limit: 2 })).toEqual([ids.aborted, ids.parent]);
    expect(await found({ limit: 0 })).toEqual([]);
    expect(await found({ workingDirectory: "/tmp/workspace-b/" })).toEqual([ids.aborted]);
    expect(await found({ workingDirectory: "/tmp/x/../workspace-a", limit: 1 })).toEqual([ids.parent]);
    expect(await found({ workingDirectory: "/tmp" })).toEqual([]);
    await expect(found({ limit: -1 })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await expect(history.messages(ids.answers, { limit: 1.5 })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  it("can be iterated again, left early, and change meanwhile", async () => {
    const { history, path } = await useHistory();
    const sessions = history.sessions();
    for await (const session of sessions) {
      expect(session.id).toBe(ids.aborted);
      break;
    }
    const titles: string[] = [];
    for await (const { title } of sessions) {
      if (titles.length === 0) {
        // No cursor is open here, so the writer may write, and tidy up its log.
        change(path, `DELETE FROM session WHERE id = '${ids.child}'; UPDATE session SET title = 'new'`);
        change(path, "PRAGMA wal_checkpoint(TRUNCATE)");
      }
      titles.push(title);
    }
    expect(titles).toEqual(["Aborted in b", "new", "new", "new"]);
  });

  it("have children and todos", async () => {
    const { history } = await useHistory();
    const children = await history.children({ id: ids.parent });
    expect(children).toEqual([await history.session(ids.child)]);
    expect(children).toMatchObject([{ parentId: ids.parent }]);
    expect(await history.todos(ids.answers)).toEqual([
      { content: "first", status: "completed", priority: "high" },
      { content: "second", status: "pending", priority: "low" },
    ]);
    expect(await history.todos(ids.failed)).toEqual([]);
  });

  it("tell what a turn changed", async () => {
    const { history, path } = await useHistory();
    const messages = await history.messages(ids.answers);
    expect(await history.diff(ids.answers)).toEqual([]);
    const [first, second] = messages.filter(({ role }) => role === "user");
    const note = {
      file: "a.txt",
      patch: "@@ -1 +1 @@\n-a\n+b",
      additions: 1,
      deletions: 1,
      status: "modified",
    };
    change(
      path,
      `UPDATE message SET data = json_set(data, '$.summary.diffs', json('${JSON.stringify([note])}'))
       WHERE id = '${second?.id}'`,
    );
    const diff = [{ path: "a.txt", patch: note.patch, additions: 1, deletions: 1, status: "modified" }];
    expect(await history.diff(ids.answers)).toEqual(diff);
    expect(await history.diff(ids.answers, { messageId: messages.at(-1)?.id })).toEqual(diff);
    expect(await history.diff(ids.answers, { messageId: first?.id })).toEqual([]);
    expect(await history.diff(ids.answers, { messageId: "msg_none" })).toEqual([]);
    expect(await history.diff(ids.failed, { messageId: second?.id })).toEqual([]);
    await expect(history.files(ids.answers)).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringMatching(/git snapshots/),
    });
  });

  it.each(["session", "messages", "children", "todos", "diff", "files"] as const)(
    "%s() names a missing one",
    async (method) => {
      const { history } = await useHistory();
      await expect(history[method]("ses_none")).rejects.toMatchObject({
        code: "SESSION_NOT_FOUND",
        sessionId: "ses_none",
      });
    },
  );

  it("whose turn has no last word are idle while it may come, also in the middle of a tool", async () => {
    const { history, path } = await useHistory({ engineRuns: true });
    const newest = `(SELECT id FROM message WHERE session_id = '${ids.answers}' ORDER BY time_created DESC LIMIT 1)`;
    change(
      path,
      `UPDATE message SET data = json_remove(data, '$.finish', '$.time.completed') WHERE id = ${newest}`,
    );
    expect(await history.session(ids.answers)).toMatchObject({ status: "idle" });
    change(path, `DELETE FROM message WHERE id = ${newest}`);
    // Its model wanted to go on after its tools, and was not asked: as a client says it.
    expect(await history.session(ids.answers)).toMatchObject({ status: "completed" });
    change(path, `DELETE FROM message WHERE session_id = '${ids.answers}'`);
    expect(await history.session(ids.answers)).toMatchObject({ status: "idle" });
  });

  it("in which somebody ran a command without the model are completed", async () => {
    const { history, path } = await useHistory();
    const answer = `session_id = '${ids.child}' AND json_extract(data, '$.role') = 'assistant'`;
    change(path, `UPDATE message SET data = json_remove(data, '$.finish') WHERE ${answer}`);
    expect(await history.session(ids.child)).toMatchObject({ status: "idle" });
    change(
      path,
      `UPDATE part SET data = json_set(data, '$.synthetic', json('true')) WHERE session_id = '${ids.child}'`,
    );
    expect(await history.session(ids.child)).toMatchObject({ status: "completed" });
  });
});

describe("messages", () => {
  it("come oldest first, with their parts", async () => {
    const { history } = await useHistory();
    const messages = await history.messages(ids.answers);
    expect(messages.map(({ role }) => role)).toEqual([
      "user",
      "assistant",
      "assistant",
      "user",
      "assistant",
      "assistant",
    ]);
    expect(messages.at(-1)).toMatchObject({
      sessionId: ids.answers,
      content: { type: "text", text: "Second answer." },
      turnId: messages[3]?.id,
      model: "local/scripted",
      stopReason: "stop",
      usage: { inputTokens: 26, outputTokens: 5, reasoningTokens: 2, cachedTokens: 4, costUsd: 0.00004 },
    });
    expect(messages[1]).toMatchObject({
      stopReason: "tool_calls",
      toolCalls: [
        { name: "read", status: "success" },
        { name: "bash", output: "hi\n" },
      ],
    });
    expect(await history.messages(ids.answers, { limit: 2 })).toEqual(messages.slice(-2));
    expect(await history.messages(ids.answers, { limit: 100 })).toEqual(messages);
    expect(await history.messages(ids.answers, { limit: 0 })).toEqual([]);
    const failed = await history.messages(ids.failed);
    expect(failed.at(-1)?.error).toMatchObject({ code: "AUTH_REQUIRED" });
  });

  it("that can't be understood are left out, and told of", async () => {
    const { history, path, diagnostics } = await useHistory();
    const [first, second, third] = await history.messages(ids.answers);
    change(path, `UPDATE message SET data = '{"role":' WHERE id = '${first?.id}'`);
    change(path, `UPDATE message SET data = '{"role":"user"}' WHERE id = '${second?.id}'`);
    change(path, `UPDATE part SET data = '[]' WHERE message_id = '${third?.id}'`);
    change(path, `UPDATE session SET model = '{}' WHERE id = '${ids.child}'`);
    expect(await history.messages(ids.answers)).toHaveLength(3);
    expect(await collect(history.sessions())).toHaveLength(4);
    expect(diagnostics).toMatchObject([
      { code: "history_row_unreadable", message: expect.stringContaining(`message ${first?.id}`) },
      { code: "history_row_unreadable", message: expect.stringMatching(/time: /) },
      { code: "history_row_unreadable", message: expect.stringMatching(/its data is no object/) },
      { code: "history_row_unreadable", sessionId: ids.child, message: expect.stringMatching(/providerID/) },
    ]);
    await expect(history.session(ids.child)).rejects.toMatchObject({ code: "HISTORY_UNREADABLE" });
  });
});

it("closes once, and says so afterwards", async () => {
  const { history } = await useHistory();
  const loop = history.sessions()[Symbol.asyncIterator]();
  await loop.next();
  await history.close();
  await history.close();
  await history[Symbol.asyncDispose]();
  const closed = { code: "HISTORY_UNREADABLE", message: "This history is closed." };
  await expect(loop.next()).rejects.toMatchObject(closed);
  await expect(history.messages(ids.answers)).rejects.toMatchObject(closed);
});
