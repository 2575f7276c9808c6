import { join } from "node:path";
import { OpenCodeClient, type OpenCodeClientOptions, type PromptOpts } from "@quantumreef/engine-client";
import { beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { createV1Handler, type V1Handler } from "../../src/server/handler.ts";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { collect } from "./fold.ts";

const program = join(import.meta.dirname, "../support/mcp-server.ts");
const real = useRealEngine({
  workspace: { git: true, files: { "notes.txt": "one\n" } },
  config: { command: { greet: { template: script(say("Hello.")), description: "Greets" } } },
});

// A client of the real engine, the contract's handler over it, and another client that knows that handler alone.
describe("what /v1 carries of the real engine", () => {
  let near: OpenCodeClient;
  let handle: V1Handler;

  beforeAll(async () => {
    near = real.client({ protocol: "native" });
    handle = createV1Handler(near);
    await near.connect();
  }, 60_000);

  const far = (options: OpenCodeClientOptions = {}) => {
    const client = new OpenCodeClient({
      baseUrl: "http://v1.test",
      protocol: "v1",
      fetch: (input, init) => handle(new Request(input, init)),
      workingDirectory: real.engine.workspace.directory,
      ...options,
    });
    onTestFinished(() => client.dispose());
    return client;
  };
  const edit = (oldString: string, newString: string) =>
    callTool("edit", { filePath: real.engine.workspace.path("notes.txt"), oldString, newString });
  const notes = () => real.engine.workspace.read("notes.txt");

  it("is all that it can do", async () => {
    const client = far();
    await client.connect();
    const { urlAttachments: _, ...capabilities } = near.capabilities;
    expect(client.capabilities).toMatchObject(capabilities);
  });

  it("changes, forks and deletes sessions; what can't be undone is refused by its name", async () => {
    const client = far();
    await client.connect();
    const session = await client.session.create({ title: "One" });
    await client.session.prompt(session, script(say("Hi."))).result();
    const changed = await client.session.update(session, { title: "Two", starred: true, archived: true });
    expect(changed).toMatchObject({ title: "Two", starred: true, archived: true });
    expect(client.registry.get(session)).toMatchObject({ title: "Two", archived: true });
    await expect(client.session.update(session, { archived: false })).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('"unarchive"'),
    });
    expect(await client.session.update(session, { title: "Three" })).toMatchObject({ title: "Three" });
    const [prompt] = await client.session.messages(session);
    expect(await client.session.messages(await client.session.fork(session))).toHaveLength(2);
    const empty = await client.session.fork(session, { messageId: prompt?.id });
    expect(await client.session.messages(empty)).toEqual([]);
    await client.session.delete(session);
    await expect(near.session.get(session)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await expect(client.session.delete(session)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("lists sessions as the engine does, page by page", async () => {
    const client = far();
    for (const title of ["Page 1", "Page 2", "Page 3"]) await client.session.create({ title });
    const ids = async (from: OpenCodeClient) => {
      const found: string[] = [];
      for await (const { id } of from.session.all({ search: "page ", pageSize: 2 })) found.push(id);
      return found;
    };
    expect(await ids(client)).toHaveLength(3);
    expect(await ids(client)).toEqual(await ids(near));
    const workingDirectory = real.engine.workspace.directory;
    expect(await client.session.list({ workingDirectory, search: "Page 2" })).toMatchObject([
      { title: "Page 2" },
    ]);
  });

  it("tells the diff of a turn, takes it back, and undoes that", async () => {
    const client = far();
    const session = await client.session.create();
    const prompt = script(edit("one", "two"), nextStep(), say("Done."));
    const { turnId = "" } = await client.session.prompt(session, prompt).result();
    expect(await notes()).toBe("two\n");
    const diff = await client.session.diff(session, { messageId: turnId });
    expect(diff).toMatchObject([{ path: "notes.txt", status: "modified", additions: 1, deletions: 1 }]);
    expect(diff).toEqual(await near.session.diff(session, { messageId: turnId }));
    const reverted = await client.session.revert(session, { messageId: turnId });
    expect(reverted.revert).toEqual({ messageId: turnId, filesRestored: true });
    expect(await notes()).toBe("one\n");
    expect((await client.session.unrevert(session)).revert).toBeUndefined();
    expect(await notes()).toBe("two\n");
    await client.session.revert(session, { messageId: turnId });
    expect(await notes()).toBe("one\n");
    await expect(client.session.revert(session, { messageId: "msg_none" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
  });

  it("tells the list that the agent works through", async () => {
    const client = far();
    const session = await client.session.create();
    const todos = [{ content: "Read", status: "in_progress", priority: "high" }];
    const prompt = script(callTool("todowrite", { todos }), nextStep(), say("Done."));
    await client.session.prompt(session, prompt).result();
    expect(await client.session.todo(session)).toEqual(todos);
  });

  it("carries questions and their answers, also to who comes later", async () => {
    const question = { question: "Which?", header: "Choice", options: [{ label: "A", description: "a" }] };
    const prompt = script(callTool("question", { questions: [question] }), nextStep(), say("Noted."));
    const asking = far();
    for (const answer of ["A", undefined]) {
      const session = await asking.session.create();
      const call = asking.session.prompt(session, prompt);
      // Somebody reads it, so that it waits.
      const reading = collect(call);
      await asking.registry.waitFor(session, ({ activity }) => activity === "awaiting_answer");
      const answering = far();
      await answering.connect();
      expect(answering.registry.get(session)).toMatchObject({ activity: "awaiting_answer" });
      const [asked = expect.fail("Nothing is asked.")] = await answering.questions.list();
      expect(asked).toMatchObject({ sessionId: session.id, questions: [question] });
      if (answer === undefined) await answering.questions.reject(asked);
      else await answering.questions.reply(asked, [answer]);
      await reading;
      const { status, toolCalls } = await call.settled();
      expect(status).toBe(answer === undefined ? "rejected" : "completed");
      expect(toolCalls).toMatchObject([{ status: answer === undefined ? "error" : "success" }]);
      await expect(answering.questions.reply(asked, ["A"])).rejects.toMatchObject({
        code: "QUESTION_NOT_FOUND",
      });
    }
  });

  it("lists models, providers, agents and commands as the engine does", async () => {
    const client = far();
    expect(await client.models.list()).toEqual(await near.models.list());
    expect(await client.providers.list()).toEqual(await near.providers.list());
    expect(await client.agents.list()).toEqual(await near.agents.list());
    const commands = await client.commands.list();
    expect(commands).toEqual(await near.commands.list());
    expect(commands).toContainEqual(expect.objectContaining({ name: "greet", description: "Greets" }));
  });

  it("runs commands, and prompts with an agent, a variant, and tools that are off", async () => {
    const client = far();
    const session = await client.session.create();
    expect(await client.session.command(session, "greet").text()).toBe("Hello.");
    await expect(client.session.command(session, "nothing").text()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("greet"),
    });
    const bash = callTool("bash", { command: "echo hi", description: "Say hi" });
    const prompt = script(bash, nextStep(), say("Done."));
    const chosen = { agent: "plan", variant: "high" };
    const run = async (options: PromptOpts) =>
      (await client.session.prompt(session, prompt, options).result()).toolCalls;
    expect(await run(chosen)).toMatchObject([{ name: "bash", status: "success" }]);
    const [off] = await run({ ...chosen, tools: { bash: false } });
    expect(off).toMatchObject({ name: "invalid", output: expect.not.stringContaining(" bash,") });
    expect(await run({})).toMatchObject([{ name: "bash", status: "success" }]);
    const unknown = client.session.prompt(session, prompt, { agent: "nobody" });
    await expect(unknown.text()).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("has edits reviewed", async () => {
    const client = far({ reviewEdits: true });
    const before = await notes();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(edit("one", "three"), nextStep(), say("Done.")));
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      expect(event.diff).toMatchObject([{ status: "modified", additions: 1, deletions: 1 }]);
      await client.permissions.reply(event, "deny", { message: "Not now." });
    }
    expect((await call.result()).toolCalls).toMatchObject([{ name: "edit", status: "error" }]);
    expect(await notes()).toBe(before);
  });

  it("starts and ends MCP servers, and tells one that fails", async () => {
    const client = far();
    const added = await client.mcp.add("calc", { type: "stdio", command: process.execPath, args: [program] });
    expect(added).toEqual({ name: "calc", status: "connected", toolPrefix: "calc_" });
    expect(await client.mcp.disconnect("calc")).toMatchObject({ status: "disabled" });
    expect(await client.mcp.connect("calc")).toEqual(added);
    const failing = client.mcp.add("bad", { type: "stdio", command: process.execPath, args: ["-e", "0"] });
    await expect(failing).rejects.toMatchObject({ code: "MCP_FAILED" });
    expect(await client.mcp.status()).toEqual(await near.mcp.status());
    expect(await client.mcp.status()).toMatchObject([
      { status: "connected" },
      { name: "bad", status: "failed" },
    ]);
    await expect(client.mcp.connect("none")).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("calc"),
    });
  });
});
