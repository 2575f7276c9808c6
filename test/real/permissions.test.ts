import type { DecisionRecord, PermissionPolicy } from "@quantumreef/engine-client";
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

  it("does not list what an aborted turn asked, nor takes an answer to it, also when another turn runs", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const write = callTool("write", { filePath: real.engine.workspace.path("late.txt"), content: "late\n" });
    const ask = async () => {
      const call = client.session.prompt(session, script(write, nextStep(), say("Done.")));
      for await (const event of call) if (event.type === "permission_requested") return { call, event };
      throw new Error("It did not ask.");
    };
    const stale = await ask();
    await stale.call.abort();
    await stale.call.settled();
    expect(await client.permissions.list()).toEqual([]);
    const { call, event } = await ask();
    expect(await client.permissions.list()).toMatchObject([{ permissionId: event.permissionId }]);
    for (const decision of ["allow", "allow_session"] as const) {
      await expect(client.permissions.reply(stale.event, decision)).rejects.toMatchObject({
        code: "PERMISSION_NOT_FOUND",
      });
    }
    await client.permissions.reply(event, "deny", { message: "no" });
    await expect(client.permissions.reply(event, "allow")).rejects.toMatchObject({
      code: "PERMISSION_NOT_FOUND",
    });
    expect((await call.result()).text).toBe("Done.");
    // The engine itself would have said `true`, and have written the file.
    await expect(real.engine.workspace.read("late.txt")).rejects.toThrow("ENOENT");
  });

  it("lets a policy decide for the turn and its subagents, with words for the model, and notes it", async () => {
    const told: DecisionRecord[] = [];
    const rules: PermissionPolicy = [
      { tool: "bash", pattern: "echo *", decision: "allow" },
      { tool: "bash", pattern: "rm *", decision: "deny", message: "Nothing is removed here." },
    ];
    const client = real.client({ permissionPolicy: rules, onDecision: (record) => told.push(record) });
    const bash = (command: string) => callTool("bash", { command, description: command });
    const child = script(bash("echo child"), nextStep(), say("Child."));
    const task = callTool("task", { description: "Look", subagent_type: "general", prompt: child });
    const prompt = script(
      bash("echo a && rm notes.txt"),
      nextStep(),
      bash("echo b && echo c"),
      nextStep(),
      task,
      nextStep(),
      bash("touch x"),
      nextStep(),
      say("Done."),
    );
    const result = await client.session.prompt(await client.session.create(), prompt).result();
    expect(result.text).toBe("Done.");
    expect(result.toolCalls.map(({ status }) => status)).toEqual(["error", "success", "success", "error"]);
    expect(result.toolCalls[0]?.error).toContain("Nothing is removed here.");
    expect(await real.engine.workspace.read("notes.txt")).toContain("line one");
    expect(
      told.map((record) => record.type === "permission" && [record.by, record.decision, record.patterns]),
    ).toEqual([
      ["rule", "deny", ["echo a", "rm notes.txt"]],
      ["rule", "allow", ["echo b", "echo c"]],
      ["rule", "allow", ["echo child"]],
      ["nobody", "deny", ["touch x"]],
    ]);
    expect(told[0]).toHaveProperty("rule", rules[1]);
    expect(client.permissions.decisions()).toEqual(told);
  }, 60_000);
});
