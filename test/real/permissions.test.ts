import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine({
  config: { permission: { bash: "ask" } },
  workspace: { git: true, files: { "notes.txt": "line one\nline two\n" } },
});
const runEcho = script(
  callTool("bash", { command: "echo hi", description: "say hi" }),
  nextStep(),
  say("Done."),
);

describe("permissions of the real engine", () => {
  it("runs the tool when it is allowed", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, runEcho);
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      expect(event).toMatchObject({
        tool: "bash",
        description: "Run `echo hi`",
        patterns: ["echo hi"],
        sessionId: session.id,
      });
      expect(await client.permissions.list()).toMatchObject([{ permissionId: event.permissionId }]);
      expect(client.registry.get(session)?.activity).toBe("awaiting_permission");
      await client.permissions.reply(event, "allow");
    }
    const result = await call.result();
    expect(result.toolCalls[0]).toMatchObject({ status: "success", output: "hi\n" });
    expect(result.text).toBe("Done.");
    expect(await client.permissions.list()).toEqual([]);
  });

  it("ends the turn when it is denied, and answers are taken by id alone", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, runEcho);
    for await (const event of call) {
      if (event.type === "permission_requested") await client.permissions.reply(event.permissionId, "deny");
    }
    const result = await call.settled();
    expect(result.status).toBe("rejected");
    expect(result.toolCalls[0]).toMatchObject({ status: "error" });
    await expect(call.text()).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
      result: { status: "rejected" },
    });
    expect((await client.session.get(session)).status).toBe("idle");
  });

  it("lets the model go on when it is denied with a reason", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, runEcho);
    for await (const event of call) {
      if (event.type === "permission_requested")
        await client.permissions.reply(event, "deny", { message: "use printf" });
    }
    const result = await call.result();
    expect(result.text).toBe("Done.");
    expect(result.toolCalls[0]?.error).toContain("use printf");
  });

  it("denies at once what nobody is there to answer, so that a script does not hang", async () => {
    const client = real.client();
    const session = await client.session.create();
    const result = await client.session.prompt(session, runEcho).result();
    expect(result.text).toBe("Done.");
    expect(result.toolCalls[0]).toMatchObject({ status: "error" });
  });

  it("says so when a request is no longer there", async () => {
    const client = real.client();
    await expect(client.permissions.reply("per_nothing", "allow")).rejects.toMatchObject({
      code: "PERMISSION_NOT_FOUND",
    });
  });

  it("shows an edit's diff before the file changes, although the engine would not ask by itself", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const file = real.engine.workspace.path("notes.txt");
    const edit = callTool("edit", { filePath: file, oldString: "line two", newString: "line 2" });
    const write = callTool("write", { filePath: real.engine.workspace.path("new.txt"), content: "fresh\n" });
    const call = client.session.prompt(session, script(edit, nextStep(), write, nextStep(), say("Edited.")));
    const before: unknown[] = [];
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      before.push({ diff: event.diff, disk: await real.engine.workspace.read("notes.txt") });
      await client.permissions.reply(event, event.patterns?.includes("notes.txt") ? "allow" : "deny", {
        message: "no",
      });
    }
    expect(before).toHaveLength(2);
    expect(before[0]).toMatchObject({
      diff: [
        {
          path: file,
          status: "modified",
          additions: 1,
          deletions: 1,
          patch: expect.stringContaining("+line 2"),
        },
      ],
      disk: "line one\nline two\n",
    });
    expect(before[1]).toMatchObject({ diff: [{ status: "added", additions: 1, deletions: 0 }] });
    expect(await real.engine.workspace.read("notes.txt")).toBe("line one\nline 2\n");
    await expect(real.engine.workspace.read("new.txt")).rejects.toThrow("ENOENT");

    const result = await call.result();
    expect(result.text).toBe("Edited.");
    const diff = await client.session.diff(session);
    expect(diff).toMatchObject([{ path: "notes.txt", status: "modified", additions: 1, deletions: 1 }]);
    expect(await client.session.diff(session, { messageId: result.message?.id })).toEqual(diff);
  });
});
