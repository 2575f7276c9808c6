import { EngineError, type ManagedEngineClient, type PromptEvent } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import {
  callTool,
  failWith,
  hang,
  nextStep,
  say,
  script,
  think,
  waitForGate,
} from "../support/scripted-model/script.ts";
import { useRealAcp } from "./acp-engine.ts";
import { emptyWithin } from "./machine.ts";

const real = useRealAcp({ permission: { bash: "ask", edit: "ask" } });

/** Runs a prompt, answers what it asks, and gives what was told and how it ended. */
async function run(
  client: ManagedEngineClient,
  session: { readonly id: string },
  text: string,
  decision: "allow" | "deny" = "allow",
) {
  const call = client.session.prompt(session, text);
  const events: PromptEvent[] = [];
  for await (const event of call) {
    events.push(event);
    if (event.type === "permission_requested") await client.permissions.reply(event, decision);
  }
  return { events, result: await call.settled() };
}

const bash = (command: string) => callTool("bash", { command, description: "A command" });

describe("the real opencode acp", () => {
  it("says who it is, what it has, and that it is well", async () => {
    const client = real.client();
    expect(await client.health()).toMatchObject({ ok: true });
    expect(client.version).toMatch(/^\d+\.\d+\.\d+$/);
    expect([client.id, client.name]).toEqual(["opencode", "OpenCode"]);
    const models = await client.models.list();
    expect(models).toContainEqual(
      expect.objectContaining({ id: "local/scripted", provider: "local", isDefault: true }),
    );
    expect((await client.agents.list()).map(({ id, isDefault }) => [id, isDefault])).toEqual(
      expect.arrayContaining([
        ["build", true],
        ["plan", false],
      ]),
    );
    expect((await client.commands.list()).map(({ name }) => name)).toContain("review");
    // Who only looks makes no session.
    expect(await client.session.list()).toEqual([]);
    await client.dispose();
    await emptyWithin(real.home, 5_000);
  });

  it("streams text and reasoning, and what was streamed is the message", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Mine" });
    expect(session).toMatchObject({ title: "Mine", workingDirectory: real.workspace.directory });
    const text = script(think("Let me see."), say("It is done, I think."));
    const { events, result } = await run(client, session, text);
    expect(result).toMatchObject({ status: "completed", stopReason: "stop", text: "It is done, I think." });
    expect(result.usage).toMatchObject({ inputTokens: 10, outputTokens: 5 });
    const told = (type: PromptEvent["type"]) =>
      events.map((event) => (event.type === type && "delta" in event ? event.delta : "")).join("");
    expect(told("reasoning_delta")).toBe("Let me see.");
    expect(told("text_delta")).toBe("It is done, I think.");
    const [prompt, answer] = await client.session.messages(session);
    expect(prompt).toMatchObject({ role: "user", content: { text } });
    expect(answer).toEqual(result.message);
    expect(await client.session.get(session.id)).toMatchObject({ status: "completed" });
    await client.dispose();
  });

  it("runs a tool that was allowed, and not one that was denied", async () => {
    const client = real.client();
    const session = await client.session.create();
    const allowed = await run(client, session, script(bash("echo hi"), nextStep(), say("Seen.")));
    expect(allowed.events).toContainEqual(
      expect.objectContaining({
        type: "permission_requested",
        tool: "execute",
        description: "Run `echo hi`",
        patterns: ["echo hi"],
        options: ["allow", "allow_session", "deny"],
      }),
    );
    expect(allowed.result).toMatchObject({ status: "completed", text: "Seen." });
    expect(allowed.result.toolCalls).toMatchObject([
      { name: "execute", title: "echo hi", status: "success", output: "hi\n", input: { command: "echo hi" } },
    ]);

    const denied = await run(client, session, script(bash("echo no"), nextStep(), say("Never.")), "deny");
    expect(denied.result).toMatchObject({ status: "rejected", text: "" });
    expect(denied.result.toolCalls).toMatchObject([
      { status: "error", error: expect.stringMatching(/rejected/) },
    ]);
    expect((await client.session.messages(session)).at(-1)).toEqual(denied.result.message);
    await client.dispose();
  });

  it("shows an edit before it is made", async () => {
    const client = real.client();
    const session = await client.session.create();
    const filePath = real.workspace.path("new.txt");
    const write = callTool("write", { filePath, content: "one\ntwo\n" });
    const { events, result } = await run(client, session, script(write, nextStep(), say("Written.")));
    const diff = [expect.objectContaining({ path: filePath, status: "added", additions: 2, deletions: 0 })];
    expect(events).toContainEqual(
      expect.objectContaining({ type: "permission_requested", tool: "edit", patterns: [filePath], diff }),
    );
    expect(result.toolCalls).toMatchObject([{ name: "edit", status: "success", diff }]);
    expect(await real.workspace.read("new.txt")).toBe("one\ntwo\n");
    await client.dispose();
  });

  it("stops in the middle of a turn, and goes on with the next", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(say("Begun "), hang()));
    for await (const event of call) if (event.type === "text_delta") await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted", text: "Begun " });
    expect(await client.session.get(session.id)).toMatchObject({ status: "idle" });
    expect((await run(client, session, script(say("Again.")))).result).toMatchObject({ text: "Again." });
    await client.dispose();
  });

  it("tells of a failure of its provider", async () => {
    const client = real.client();
    const session = await client.session.create();
    const { result } = await run(client, session, script(failWith(401, { message: "bad key" })));
    expect(result).toMatchObject({ status: "error", error: { code: "PROVIDER_ERROR", message: "bad key" } });
    expect(await client.session.get(session.id)).toMatchObject({ status: "error" });
    await client.dispose();
  });

  it("works in two sessions at once", async () => {
    const client = real.client();
    const [one, two] = [await client.session.create(), await client.session.create()];
    const first = run(client, one, script(say("One "), waitForGate("two"), say("one.")));
    const second = await run(client, two, script(say("Two.")));
    expect(second.result).toMatchObject({ status: "completed", text: "Two.", sessionId: two.id });
    real.model.openGate("two");
    expect((await first).result).toMatchObject({ status: "completed", text: "One one.", sessionId: one.id });
    await client.dispose();
  });

  it("takes model and agent for one prompt, and then what the session had", async () => {
    const client = real.client();
    const session = await client.session.create();
    const used = () => real.model.requests.filter(({ kind }) => kind === "chat").at(-1)?.model;
    await client.session.prompt(session, "Hello", { model: "local/small", agent: "plan" }).result();
    expect(used()).toBe("small");
    await client.session.prompt(session, "Hello").result();
    expect(used()).toBe("scripted");
    const nobody = client.session.prompt(session, "Hello", { model: "local/nothing" });
    await expect(nobody.result()).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    const command = await client.session.command(session, "init", "now").settled();
    expect(command).toMatchObject({ status: "completed" });
    await client.dispose();
  });

  it("lists sessions and goes on with them in another process", async () => {
    const first = real.client();
    const session = await first.session.create();
    const { result } = await run(
      first,
      session,
      script(think("Hm."), bash("echo hi"), nextStep(), say("There.")),
    );
    await first.dispose();
    await emptyWithin(real.home, 5_000);

    const second = real.client();
    expect((await second.session.list()).map(({ id }) => id)).toContain(session.id);
    const [prompt, answer] = await second.session.messages(session);
    expect(prompt?.role).toBe("user");
    expect(answer).toMatchObject({ role: "assistant", turnId: prompt?.id, stopReason: "stop" });
    expect(answer?.content.text).toBe(result.text);
    expect(answer?.parts?.map(({ type }) => type)).toEqual(["reasoning", "tool", "text"]);
    expect(answer?.toolCalls).toMatchObject([{ name: "execute", status: "success", output: "hi\n" }]);
    expect((await run(second, session, script(say("On.")))).result).toMatchObject({ text: "On." });
    expect(await second.session.messages(session)).toHaveLength(4);
    const none = second.session.messages("ses_none");
    await expect(none).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await second.dispose();
  });

  it("is started again after it was killed in a turn, which is lost, and goes on with the session", async () => {
    const client = real.client();
    await client.connect();
    const session = await client.session.create();
    await run(client, session, script(say("Before.")));
    const call = client.session.prompt(session, script(say("Half "), hang()));
    for await (const event of call) {
      if (event.type !== "text_delta") continue;
      for (const pid of real.processes()) process.kill(pid, "SIGKILL");
    }
    const lost = await call.settled();
    expect(lost).toMatchObject({ status: "lost", text: "Half ", message: { complete: false } });
    expect(EngineError.is(lost.error, "TURN_LOST")).toBe(true);
    expect(lost.error?.message).toMatch(/SIGKILL/);
    const after = await run(client, session, script(say("After.")));
    expect(after.result).toMatchObject({ status: "completed", text: "After." });
    const texts = (await client.session.messages(session)).map(({ role, content }) => [role, content.text]);
    expect(texts.filter(([role]) => role === "assistant")).toEqual([
      ["assistant", "Before."],
      ["assistant", "Half "],
      ["assistant", "After."],
    ]);
    await client.dispose();
    await emptyWithin(real.home, 5_000);
  });
});
