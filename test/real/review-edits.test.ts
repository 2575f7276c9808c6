import type { ManagedEngineClient, PermissionRequestedEvent, PromptCall } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const limits = { tool_call: true, limit: { context: 200_000, output: 8_000 } };
// Nothing is said of permissions: by itself this engine edits without asking.
const real = useRealEngine({
  workspace: { git: true, files: { "notes.txt": "line one\nline two\n", "old.txt": "old\n" } },
  // Models of such a name are given `apply_patch` instead of `edit` and `write`.
  config: { provider: { local: { models: { "gpt-5.1": { name: "Patching", ...limits } } } } },
});
const file = (name: string) => real.engine.workspace.path(name);
const read = (name: string) => real.engine.workspace.read(name);

/** Answers every request of a turn with a decision made on the way. */
async function answering(
  client: ManagedEngineClient,
  call: PromptCall,
  decide: (event: PermissionRequestedEvent) => Promise<"allow" | "deny" | "allow_session">,
) {
  for await (const event of call) {
    if (event.type !== "permission_requested") continue;
    await client.permissions.reply(event, await decide(event), { message: "no" });
  }
  return call.result();
}

describe("edits under review", () => {
  it("are not asked for by the engine itself: this is its default", async () => {
    const client = real.client();
    const write = callTool("write", { filePath: file("unasked.txt"), content: "fresh\n" });
    const call = client.session.prompt(await client.session.create(), script(write, nextStep(), say("Ok.")));
    await answering(client, call, () => Promise.reject(new Error("It asked.")));
    expect(await read("unasked.txt")).toBe("fresh\n");
  });

  it("are shown with their diff before the file changes: edit and write", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const edit = callTool("edit", {
      filePath: file("notes.txt"),
      oldString: "line two",
      newString: "line 2",
    });
    const write = callTool("write", { filePath: file("new.txt"), content: "fresh\n" });
    const call = client.session.prompt(session, script(edit, nextStep(), write, nextStep(), say("Edited.")));
    const before: unknown[] = [];
    const result = await answering(client, call, async ({ description, diff, patterns, sessionPatterns }) => {
      before.push({ description, diff, sessionPatterns, disk: await read("notes.txt") });
      return patterns?.includes("notes.txt") ? "allow" : "deny";
    });
    expect(before).toMatchObject([
      {
        description: "Change notes.txt",
        diff: [
          {
            path: file("notes.txt"),
            status: "modified",
            additions: 1,
            deletions: 1,
            patch: expect.stringContaining("+line 2"),
          },
        ],
        sessionPatterns: ["*"],
        disk: "line one\nline two\n",
      },
      { diff: [{ status: "added", additions: 1, deletions: 0 }] },
    ]);
    expect(await read("notes.txt")).toBe("line one\nline 2\n");
    await expect(read("new.txt")).rejects.toThrow("ENOENT");
    expect(result.text).toBe("Edited.");
    const diff = await client.session.diff(session);
    expect(diff).toMatchObject([{ path: "notes.txt", status: "modified", additions: 1, deletions: 1 }]);
    expect(await client.session.diff(session, { messageId: result.message?.id })).toEqual(diff);
  });

  it("are shown with the diff of each file: apply_patch, on a client that reviews all", async () => {
    const client = real.client({ reviewEdits: true, model: "local/gpt-5.1" });
    const session = await client.session.create();
    const patchText = [
      "*** Begin Patch",
      "*** Add File: patched.txt",
      "+hello",
      "*** Update File: notes.txt",
      "@@",
      "-line one",
      "+line 1",
      "*** Delete File: old.txt",
      "*** End Patch",
    ].join("\n");
    const patch = script(callTool("apply_patch", { patchText }), nextStep(), say("Patched."));
    const asked: PermissionRequestedEvent[] = [];
    const call = client.session.prompt(session, patch);
    const result = await answering(client, call, async (event) => {
      asked.push(event);
      return "deny";
    });
    expect(result.toolCalls).toMatchObject([{ name: "apply_patch", status: "error" }]);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({
      tool: "edit",
      description: "Change patched.txt, notes.txt, old.txt",
      patterns: ["patched.txt", "notes.txt", "old.txt"],
      diff: [
        {
          path: file("patched.txt"),
          status: "added",
          additions: 1,
          deletions: 0,
          patch: expect.stringMatching(/^\+hello$/m),
        },
        {
          path: file("notes.txt"),
          status: "modified",
          additions: 1,
          deletions: 1,
          patch: expect.stringMatching(/^-line one$/m),
        },
        { path: file("old.txt"), status: "deleted", patch: expect.stringMatching(/^-old$/m) },
      ],
    });
    await expect(read("patched.txt")).rejects.toThrow("ENOENT");
    expect(await read("old.txt")).toBe("old\n");
  });

  it("are refused to subagents, whom the engine would not make ask", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const write = callTool("write", { filePath: file("child.txt"), content: "c\n" });
    const prompt = script(write, nextStep(), say("Tried."));
    const task = callTool("task", { description: "Write", subagent_type: "general", prompt });
    const call = client.session.prompt(session, script(task, nextStep(), say("Done.")));
    await answering(client, call, () => Promise.reject(new Error("It asked.")));
    const [child] = await client.session.children(session);
    const messages = await client.session.messages(child ?? "");
    expect(messages.flatMap(({ toolCalls = [] }) => toolCalls)).toMatchObject([{ name: "invalid" }]);
    await expect(read("child.txt")).rejects.toThrow("ENOENT");
  });

  it("can't be caught where a shell command writes", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const shell = callTool("bash", { command: "echo hi > shell.txt", description: "write" });
    const call = client.session.prompt(session, script(shell, nextStep(), say("Done.")));
    await answering(client, call, () => Promise.reject(new Error("It asked.")));
    expect(await read("shell.txt")).toBe("hi\n");
  });
});
