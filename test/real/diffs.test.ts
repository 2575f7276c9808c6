import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type EngineEvent,
  type FileDiff,
  hunksOf,
  type ManagedEngineClient,
} from "@quantumreef/engine-client";
import { openHistory } from "@quantumreef/engine-client/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { callTool, nextStep, say, script, waitForGate } from "../support/scripted-model/script.ts";
import { createWorkspace, type Workspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";
import { collect } from "./fold.ts";

// The engine gives the tool that patches several files to models of this name only.
const patching = {
  "gpt-5-scripted": { name: "Patching", tool_call: true, limit: { context: 200_000, output: 8_000 } },
};
const real = useRealEngine({
  config: { permission: { edit: "ask" }, provider: { local: { models: patching } } },
});

const files = { "a.txt": "one\ntwo\nthree\n", "gone.txt": "gone\n", "old.txt": "old\nname\n" };

async function folder(git: boolean): Promise<Workspace> {
  const workspace = await createWorkspace({ git, files });
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  return workspace;
}

/** Runs a turn in which everything is allowed. */
async function run(client: ManagedEngineClient, session: string, prompt: string, model?: string) {
  const call = client.session.prompt(session, prompt, { model });
  const events = [];
  for await (const event of call) {
    events.push(event);
    if (event.type === "permission_requested") await client.permissions.reply(event, "allow");
  }
  return { events, result: await call.result() };
}

const hunk = {
  oldStart: 1,
  oldLines: 3,
  newStart: 1,
  newLines: 3,
  lines: [
    { kind: "context", text: "one", oldLine: 1, newLine: 1 },
    { kind: "deleted", text: "two", oldLine: 2 },
    { kind: "added", text: "TWO", newLine: 2 },
    { kind: "context", text: "three", oldLine: 3, newLine: 3 },
  ],
};
const edit = (workspace: Workspace) =>
  callTool("edit", { filePath: workspace.path("a.txt"), oldString: "two", newString: "TWO" });
const write = (workspace: Workspace, content: string) =>
  callTool("write", { filePath: workspace.path("new.txt"), content });
const shell = (command: string) => callTool("bash", { command, description: "x" });

/** Without the patch, by path. */
const summary = (diff: readonly FileDiff[]) =>
  diff.map(({ patch: _, ...rest }) => rest).toSorted((a, b) => (a.path < b.path ? -1 : 1));

describe("diffs of the real engine", () => {
  it.each([true, false])("show an edit line by line, asked for and done (git: %s)", async (git) => {
    const client = real.client();
    const workspace = await folder(git);
    const session = await client.session.create({ workingDirectory: workspace.directory });
    const { events } = await run(client, session.id, script(edit(workspace), nextStep(), say("Done.")));
    const asked = events.find(({ type }) => type === "permission_requested");
    const done = events.find(({ type }) => type === "tool_call_result");
    if (asked?.type !== "permission_requested" || done?.type !== "tool_call_result") throw new Error("Both.");
    const told = { path: workspace.path("a.txt"), status: "modified", additions: 1, deletions: 1 };
    for (const diff of [asked.diff, done.toolCall.diff]) {
      expect(diff).toEqual([expect.objectContaining(told)]);
      expect(diff?.map(hunksOf)).toEqual([[hunk]]);
    }
  });

  it("tell what a turn did to every kind of file, live, asked for and stored", async () => {
    const client = real.client();
    const workspace = await folder(true);
    await writeFile(workspace.path("image.bin"), Buffer.from([0, 1, 2, 255]));
    const session = await client.session.create({ workingDirectory: workspace.directory });
    const onBus: EngineEvent[] = [];
    client.events.subscribe((event) => onBus.push(event));
    const changes = "rm gone.txt; mv old.txt renamed.txt; printf '\\000\\001' > image.bin; touch empty.txt";
    const first = await run(
      client,
      session.id,
      script(
        edit(workspace),
        nextStep(),
        write(workspace, "hello"),
        shell(changes),
        nextStep(),
        say("Done."),
      ),
    );
    const expected = [
      { path: "a.txt", status: "modified", additions: 1, deletions: 1 },
      { path: "empty.txt", status: "added", additions: 0, deletions: 0 },
      { path: "gone.txt", status: "deleted", additions: 0, deletions: 1 },
      { path: "image.bin", status: "modified", additions: 0, deletions: 0 },
      { path: "new.txt", status: "added", additions: 1, deletions: 0 },
      // The engine does not look for renames.
      { path: "old.txt", status: "deleted", additions: 0, deletions: 2 },
      { path: "renamed.txt", status: "added", additions: 2, deletions: 0 },
    ];
    const turnId = first.result.message?.turnId;
    const diff = await client.session.diff(session, { messageId: turnId });
    expect(summary(diff)).toEqual(expected);
    const byPath = new Map(diff.map((file) => [file.path, file]));
    const hunks = (path: string) => hunksOf(byPath.get(path) ?? { path, patch: "missing" });
    expect(hunks("a.txt")).toEqual([hunk]);
    expect(hunks("gone.txt")[0]?.lines).toEqual([{ kind: "deleted", text: "gone", oldLine: 1 }]);
    expect(hunks("new.txt")[0]?.lines).toEqual([
      { kind: "added", text: "hello", newLine: 1, noNewline: true },
    ]);
    expect(byPath.get("image.bin")?.patch).toBe("");
    expect([hunks("image.bin"), hunks("empty.txt")]).toEqual([[], []]);

    // The engine notes it on the prompt, some time after the turn has ended.
    const told = () => onBus.findLast(({ type }) => type === "file_diff");
    await expect
      .poll(told, { timeout: 10_000 })
      .toEqual({ type: "file_diff", sessionId: session.id, messageId: turnId, diff });
    expect(first.events.some((event) => event.type === "file_diff" && event.messageId === turnId)).toBe(true);

    // Of any message of the turn; without one, of the newest turn.
    expect(await client.session.diff(session, { messageId: first.result.message?.id })).toEqual(diff);
    await run(client, session.id, script(write(workspace, "second"), nextStep(), say("Done.")));
    // That, too, it notes some time after the turn has ended.
    await expect
      .poll(async () => summary(await client.session.diff(session)), { timeout: 10_000 })
      .toEqual([{ path: "new.txt", status: "modified", additions: 1, deletions: 1 }]);

    const history = await openHistory({ path: databaseOf(real.engine.server.home) });
    try {
      expect(await history.diff(session, { messageId: turnId })).toEqual(diff);
    } finally {
      await history.close();
    }
  });

  it("tell an edit of several files file by file, and what was renamed", async () => {
    const client = real.client();
    const workspace = await folder(true);
    const session = await client.session.create({ workingDirectory: workspace.directory });
    const patchText = [
      "*** Begin Patch",
      "*** Add File: new.txt\n+hello",
      "*** Update File: old.txt\n*** Move to: renamed.txt\n@@\n-old\n+OLD\n name",
      "*** Delete File: gone.txt",
      "*** End Patch",
    ].join("\n");
    const { events } = await run(
      client,
      session.id,
      script(callTool("apply_patch", { patchText }), nextStep(), say("Done.")),
      "local/gpt-5-scripted",
    );
    const [asked] = events.filter((event) => event.type === "permission_requested");
    expect(summary(asked?.diff ?? [])).toMatchObject([
      { path: workspace.path("gone.txt"), status: "deleted" },
      { path: workspace.path("new.txt"), status: "added", additions: 1, deletions: 0 },
      {
        path: workspace.path("renamed.txt"),
        previousPath: workspace.path("old.txt"),
        status: "renamed",
        additions: 1,
        deletions: 1,
      },
    ]);
    const [done] = events.filter((event) => event.type === "tool_call_result");
    expect(done?.toolCall.diff).toEqual(asked?.diff);
    expect(done?.toolCall.diff?.map((file) => hunksOf(file).length)).toEqual([1, 1, 1]);
  });

  it("are empty where the engine keeps no record of the files: without git", async () => {
    const client = real.client();
    const workspace = await folder(false);
    const session = await client.session.create({ workingDirectory: workspace.directory });
    const { result } = await run(client, session.id, script(edit(workspace), nextStep(), say("Done.")));
    expect(await client.session.diff(session)).toEqual([]);
    expect(result.toolCalls[0]?.diff).toHaveLength(1);
  });
});

describe("what the real engine takes back", () => {
  /** Two turns: the first edits `a.txt` and answers, the second writes `new.txt`. */
  async function twoTurns(client: ManagedEngineClient, git: boolean) {
    const workspace = await folder(git);
    const session = await client.session.create({ workingDirectory: workspace.directory });
    const first = await run(
      client,
      session.id,
      script(edit(workspace), nextStep(), say("One."), write(workspace, "hello"), nextStep(), say("Two.")),
    );
    const second = await run(
      client,
      session.id,
      script(write(workspace, "second"), nextStep(), say("Three.")),
    );
    const files = async () => {
      const [edited, written] = await Promise.allSettled([
        workspace.read("a.txt"),
        workspace.read("new.txt"),
      ]);
      const textOf = (read: PromiseSettledResult<string>) =>
        read.status === "fulfilled" ? read.value : undefined;
      return [textOf(edited), textOf(written)];
    };
    const turnOf = ({ result }: typeof first) => result.message?.turnId ?? "";
    return { workspace, session, first, second, files, turns: [turnOf(first), turnOf(second)] as const };
  }
  const edited = "one\nTWO\nthree\n";
  const original = files["a.txt"];

  it("is a turn and all after it, with the files; messages go with the next prompt", async () => {
    const client = real.client();
    await client.connect();
    const { session, first, second, files, turns } = await twoTurns(client, true);
    const before = await client.session.messages(session);
    expect(await files()).toEqual([edited, "second"]);

    // By the answer: it is the whole turn all the same.
    const reverted = await client.session.revert(session, { messageId: second.result.message?.id ?? "" });
    expect(reverted.revert).toEqual({ messageId: turns[1], filesRestored: true });
    expect(client.registry.get(session)?.revert).toEqual(reverted.revert);
    expect((await client.session.get(session)).revert).toEqual(reverted.revert);
    expect((await client.session.list({ limit: 1 }))[0]?.revert).toEqual(reverted.revert);
    expect(await files()).toEqual([edited, "hello"]);
    expect(await client.session.messages(session)).toEqual(before);

    const further = await client.session.revert(session, { messageId: first.result.message?.id ?? "" });
    expect(further.revert?.messageId).toBe(turns[0]);
    expect(await files()).toEqual([original, undefined]);

    const restored = await client.session.unrevert(session);
    expect(restored.revert).toBeUndefined();
    expect(client.registry.get(session)?.revert).toBeUndefined();
    expect(await files()).toEqual([edited, "second"]);
    expect((await client.session.unrevert(session)).revert).toBeUndefined();

    await client.session.revert(session, { messageId: turns[1] });
    const history = await openHistory({ path: databaseOf(real.engine.server.home) });
    try {
      expect((await history.session(session)).revert).toEqual({ messageId: turns[1], filesRestored: true });
    } finally {
      await history.close();
    }
    const removed: string[] = [];
    client.events.subscribe((event) => {
      if (event.type === "message_removed" && event.sessionId === session.id) removed.push(event.messageId);
    });
    const again = await run(client, session.id, script(say("Again.")));
    expect(again.result.text).toBe("Again.");
    const after = await client.session.messages(session);
    const kept = before.filter(({ turnId }) => turnId === turns[0]).map(({ id }) => id);
    expect(after.slice(0, kept.length).map(({ id }) => id)).toEqual(kept);
    expect(after.slice(kept.length).map(({ role }) => role)).toEqual(["user", "assistant"]);
    expect(removed).toEqual(before.filter(({ turnId }) => turnId === turns[1]).map(({ id }) => id));
    expect(client.registry.get(session)?.revert).toBeUndefined();
    expect(await files()).toEqual([edited, "hello"]);
  });

  it("begins with a part, where something stands before it in its message", async () => {
    const client = real.client();
    const { session, first, files, turns } = await twoTurns(client, true);
    const [answer] = first.result.messages.filter(({ content }) => content.text === "One.");
    const [text, tool] = answer?.parts ?? [];
    const [messageId, partId] = [answer?.id ?? "", tool?.id ?? ""];
    const { revert } = await client.session.revert(session, { messageId, partId });
    expect(revert).toEqual({ messageId, partId, filesRestored: true });
    expect(await files()).toEqual([edited, undefined]);

    // Nothing stands before the text: then it is the whole turn, and so it is in the files.
    const whole = await client.session.revert(session, { messageId, partId: text?.id });
    expect(whole.revert).toEqual({ messageId: turns[0], filesRestored: true });
    expect(await files()).toEqual([original, undefined]);

    await client.session.revert(session, { messageId, partId });
    await run(client, session.id, script(say("Again.")));
    const messages = await client.session.messages(session);
    expect(messages.find(({ id }) => id === messageId)?.parts).toEqual([text]);
    expect(messages.at(-1)?.content.text).toBe("Again.");
  });

  it("is the messages alone without git, and says so", async () => {
    const client = real.client();
    const { session, files, turns } = await twoTurns(client, false);
    const { revert } = await client.session.revert(session, { messageId: turns[0] });
    expect(revert).toEqual({ messageId: turns[0], filesRestored: false });
    expect(await files()).toEqual([edited, "second"]);
    await run(client, session.id, script(say("Again.")));
    expect(await client.session.messages(session)).toHaveLength(2);
  });

  it("is refused of what is not there, and while the session is at work", async () => {
    const client = real.client();
    const session = await client.session.create();
    const { result } = await run(client, session.id, script(say("Hello.")));
    const { id: messageId = "" } = result.message ?? {};
    for (const one of ["msg_none", "none"]) {
      await expect(client.session.revert(session, { messageId: one })).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringContaining(`no message "${one}" to take back`),
      });
    }
    await expect(client.session.revert(session, { messageId, partId: "prt_none" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining('no part "prt_none" to take back'),
    });
    for (const id of ["ses_none", "none"]) {
      const missing = { code: "SESSION_NOT_FOUND" };
      await expect(client.session.revert(id, { messageId })).rejects.toMatchObject(missing);
      await expect(client.session.unrevert(id)).rejects.toMatchObject(missing);
    }
    const call = client.session.prompt(session, script(say("Working"), waitForGate("revert"), say(".")));
    for await (const event of call) {
      if (event.type !== "text_delta" || event.offset > 0) continue;
      await expect(client.session.revert(session, { messageId })).rejects.toMatchObject({
        code: "SESSION_RUNNING",
      });
      await expect(client.session.unrevert(session)).rejects.toMatchObject({ code: "SESSION_RUNNING" });
      real.engine.model.openGate("revert");
    }
    expect(await call.text()).toBe("Working.");
  });
});

it("the list that the agent works through is told as it changes", async () => {
  const client = real.client();
  const session = await client.session.create();
  const controller = new AbortController();
  const told = collectUntil(client, session.id, controller.signal);
  const todos = [{ content: "One", status: "in_progress", priority: "high" }];
  await run(client, session.id, script(callTool("todowrite", { todos }), nextStep(), say("Done.")));
  controller.abort();
  expect(await told).toEqual([{ type: "todo_updated", sessionId: session.id, todos }]);
  expect(await client.session.todo(session)).toEqual(todos);
});

async function collectUntil(client: ManagedEngineClient, sessionId: string, signal: AbortSignal) {
  const seen: EngineEvent[] = [];
  const stream = client.events.stream({ sessionId, types: ["todo_updated"], signal });
  await collect(
    (async function* () {
      for await (const event of stream) yield seen.push(event);
    })(),
  ).catch((reason: unknown) => {
    if (!signal.aborted) throw reason;
  });
  return seen;
}

function databaseOf(home: string): string {
  return join(home, ".local/share/opencode/opencode.db");
}
