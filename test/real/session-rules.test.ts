import type {
  ManagedEngineClient,
  PermissionDecision,
  PermissionRequestedEvent,
  PromptCall,
} from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const real = useRealEngine({
  workspace: { git: true, files: { "notes.txt": "0\n" } },
  config: { permission: { bash: "ask" } },
});
const bash = (command: string) => callTool("bash", { command, description: command });
let count = 0;
const edit = () => {
  const [oldString, newString] = [String(count), String(count + 1)];
  count += 1;
  return callTool("edit", { filePath: real.engine.workspace.path("notes.txt"), oldString, newString });
};

/** Runs a turn to its end, and gives what was asked of the person, and how the tools went. */
async function run(
  client: ManagedEngineClient,
  call: PromptCall,
  decide: (event: PermissionRequestedEvent) => PermissionDecision = () => "allow",
) {
  const asked: string[] = [];
  for await (const event of call) {
    if (event.type !== "permission_requested") continue;
    asked.push(event.description);
    await client.permissions.reply(event, decide(event));
  }
  const { toolCalls } = await call.result();
  return { asked, tools: toolCalls.map(({ name, status }) => `${name} ${status}`) };
}

describe("what is allowed for a session", () => {
  it("is not asked again in the turn that runs, nor in its subagents, nor in later turns; elsewhere it is", async () => {
    const client = real.client();
    const session = await client.session.create();
    const child = script(bash("echo child"), bash("ls"), nextStep(), say("Child."));
    const task = callTool("task", { description: "Look", subagent_type: "general", prompt: child });
    const first = client.session.prompt(
      session,
      // In one step, so that some are pending when the first is answered.
      script(
        bash("echo a"),
        bash("echo b"),
        nextStep(),
        bash("echo c"),
        nextStep(),
        task,
        nextStep(),
        say("Ok."),
      ),
    );
    const { asked, tools } = await run(client, first, ({ sessionId }) =>
      sessionId === session.id ? "allow_session" : "allow",
    );
    // The second may have been shown before the first was answered.
    expect(asked.filter((one) => !/^Run `echo [ab]`$/.test(one))).toEqual(["Run `ls`"]);
    expect(tools).toEqual(["bash success", "bash success", "bash success", "task success"]);

    const later = await run(
      client,
      client.session.prompt(session, script(bash("echo d"), bash("ls"), nextStep(), say("Ok."))),
    );
    expect(later.asked).toEqual(["Run `ls`"]);
    const other = client.session.prompt(
      await client.session.create(),
      script(bash("echo e"), nextStep(), say("Ok.")),
    );
    expect((await run(client, other)).asked).toEqual(["Run `echo e`"]);
    expect(client.permissions.decisions().map(({ by }) => by)).toContain("session");
  }, 60_000);
});

describe("tools that are off for one prompt", () => {
  it("are not offered in it, and are back in the next; what lasts survives", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    const all = () => script(bash("echo x"), nextStep(), edit(), nextStep(), say("Ok."));
    const before = await run(client, client.session.prompt(session, all()), ({ tool }) =>
      tool === "bash" ? "allow_session" : "allow",
    );
    expect(before).toEqual({
      asked: ["Run `echo x`", "Change notes.txt"],
      tools: ["bash success", "edit success"],
    });

    const off = client.session.prompt(session, all(), { tools: { bash: false, webfetch: false } });
    expect(await run(client, off)).toEqual({
      asked: ["Change notes.txt"],
      tools: ["invalid success", "edit success"],
    });
    const offAgain = client.session.prompt(session, all(), { tools: { bash: false } });
    expect(await run(client, offAgain)).toEqual({
      asked: ["Change notes.txt"],
      tools: ["invalid success", "edit success"],
    });

    // Allowed for the session: not asked. Reviewed: asked.
    const after = await run(client, client.session.prompt(session, all()));
    expect(after).toEqual({ asked: ["Change notes.txt"], tools: ["bash success", "edit success"] });
    // Each prompt is one message, and has one answer.
    const messages = await client.session.messages(session);
    expect(messages.filter(({ role }) => role === "user")).toHaveLength(4);
    expect(messages.filter(({ stopReason }) => stopReason === "stop")).toHaveLength(4);
  }, 60_000);

  it("are taken back by another client, that knows nothing of it", async () => {
    const session = await real.client().session.create({ reviewEdits: true });
    const one = real.client();
    const off = one.session.prompt(session, script(edit(), nextStep(), say("Ok.")), {
      tools: { edit: false },
    });
    expect(await run(one, off)).toEqual({ asked: [], tools: ["invalid success"] });
    count -= 1;
    const other = real.client();
    const back = other.session.prompt(
      session,
      script(edit(), nextStep(), bash("echo y"), nextStep(), say("Ok.")),
    );
    expect(await run(other, back)).toEqual({
      asked: ["Change notes.txt", "Run `echo y`"],
      tools: ["edit success", "bash success"],
    });
  }, 60_000);

  it("are off for subagents, too", async () => {
    const client = real.client();
    const session = await client.session.create();
    const child = script(bash("echo child"), nextStep(), say("Child."));
    const task = callTool("task", { description: "Look", subagent_type: "general", prompt: child });
    await run(
      client,
      client.session.prompt(session, script(task, nextStep(), say("Ok.")), { tools: { bash: false } }),
    );
    const [started] = await client.session.children(session);
    const messages = await client.session.messages(started ?? "");
    expect(messages.flatMap(({ toolCalls = [] }) => toolCalls)).toMatchObject([{ name: "invalid" }]);
  }, 60_000);

  it("are refused where that can't be: on, one of the editing tools alone, into a turn that runs", async () => {
    const client = real.client();
    const session = await client.session.create();
    // @ts-expect-error it can only turn off
    expect(() => client.session.prompt(session, "Hi", { tools: { bash: true } })).toThrow(
      expect.objectContaining({
        code: "INVALID_REQUEST",
        message: expect.stringContaining("tools.bash is true"),
      }),
    );
    expect(() =>
      client.session.prompt(session, "Hi", { tools: { bash: false }, ifRunning: "steer" }),
    ).toThrow(expect.objectContaining({ code: "INVALID_REQUEST" }));
    await expect(
      client.session.prompt(session, "Hi", { tools: { write: false } }).text(),
    ).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining('turn "edit" off'),
    });
    expect(await client.session.messages(session)).toEqual([]);
  });
});

describe("a copy of a session", () => {
  it("is reviewed as the session is", async () => {
    const client = real.client();
    const session = await client.session.create({ reviewEdits: true });
    await client.session.prompt(session, script(say("Hi.")), { tools: { bash: false } }).text();
    const copy = await client.session.fork(session);
    const call = client.session.prompt(
      copy,
      script(edit(), nextStep(), bash("echo z"), nextStep(), say("Ok.")),
    );
    expect(await run(client, call)).toEqual({
      asked: ["Change notes.txt", "Run `echo z`"],
      tools: ["edit success", "bash success"],
    });
  }, 60_000);
});
