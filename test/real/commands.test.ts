import { mkdir, watch, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { PromptEvent } from "@quantumreef/engine-client";
import { beforeAll, describe, expect, it } from "vitest";
import { olderEngineBinary, olderRelease } from "../support/older-engine.ts";
import { callTool, nextStep, say, script, waitForGate } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { type RealEngine, useRealEngine } from "./engine.ts";
import { foldPrompt } from "./fold.ts";

const commands = {
  inline: { template: script(say("Inline."), "about $ARGUMENTS"), description: "From the configuration" },
  tooled: { template: script(callTool("bash", { command: "echo hi" }), nextStep(), say("It said hi.")) },
  late: { template: `!\`touch begun; sleep 1\` ${script(say("Late "), waitForGate("late"), say("done."))}` },
  slow: { template: script(say("Slow "), waitForGate("slow"), say("done.")) },
};
const files = {
  greet: `---\ndescription: Greets\n---\n${script(say("Hello."))} first=$1 second=$2 and !\`echo from a shell\` @README.md\n`,
  delegate: `---\nsubtask: true\n---\n${script(say("Done below."))} $ARGUMENTS\n`,
};

async function writeCommands(directory: string, folder = ".opencode/command") {
  await mkdir(join(directory, folder), { recursive: true });
  for (const [name, text] of Object.entries(files))
    await writeFile(join(directory, folder, `${name}.md`), text);
}

/** What the model was asked last by a person. */
const asked = (real: RealEngine) =>
  real.engine.model.requests.findLast(({ kind }) => kind !== "title")?.messages.at(-1)?.text;

/** Resolves when the file is there. */
async function watchFor(directory: string, name: string): Promise<void> {
  for await (const { filename } of watch(directory)) if (filename === name) return;
}

async function collect(call: AsyncIterable<PromptEvent>) {
  const events: PromptEvent[] = [];
  for await (const event of call) events.push(event);
  return events;
}

/** Of either release. */
function itStopsThemEarly(given: () => RealEngine) {
  it("are stopped also where the engine has them, and has not told of them yet", async () => {
    const real = given();
    const client = real.client();
    const session = await client.session.create({ title: "Late" });
    const stop = new AbortController();
    const begun = watchFor(real.engine.workspace.directory, "begun");
    const call = client.session.command(session, "late", "", { signal: stop.signal });
    await begun;
    stop.abort(new Error("Enough."));
    await expect(call.result()).rejects.toThrow("Enough.");
    // It would wait at its gate for ever.
    expect(await client.session.prompt(session, script(say("Free."))).text()).toBe("Free.");
  });
}

describe("commands of the real engine", () => {
  const real = useRealEngine({ config: { command: commands } });
  beforeAll(() => writeCommands(real.engine.workspace.directory));

  it("are listed with what the engine says of them, by directory", async () => {
    const client = real.client();
    const list = await client.commands.list();
    expect(list).toContainEqual({
      name: "greet",
      description: "Greets",
      source: "command",
      placeholders: ["$1", "$2"],
    });
    expect(list).toContainEqual(expect.objectContaining({ name: "inline", placeholders: ["$ARGUMENTS"] }));
    expect(list).toContainEqual(expect.objectContaining({ name: "delegate", subagent: true }));
    await using other = await createWorkspace();
    const names = (await client.commands.list({ workingDirectory: other.directory })).map(({ name }) => name);
    expect(names).toContain("inline");
    expect(names).not.toContain("greet");
  });

  it("run as prompts do: events, text, turn, the same from history", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Commands" });
    const call = client.session.command(session, "greet", 'Ada "de Lovelace"');
    const events = await collect(call);
    const result = await call.result();
    expect(result).toMatchObject({ status: "completed", text: "Hello.", turnId: call.turnId });
    expect(foldPrompt(events).text).toBe("Hello.");
    expect(asked(real)).toMatch(/first=Ada second=de Lovelace and from a shell[\s\S]*# Workspace/);
    const messages = await client.session.messages(session);
    expect(messages.map(({ role, turnId }) => [role, turnId])).toEqual([
      ["user", result.turnId],
      ["assistant", result.turnId],
    ]);
    expect(await client.session.command(session, "/inline", "cats").text()).toBe("Inline.");
    expect(asked(real)).toContain("about cats");
  });

  it("run tools, and queue behind prompts and before them", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Queue" });
    const calls = [
      client.session.prompt(session, script(say("One."))),
      client.session.command(session, "tooled"),
      client.session.prompt(session, script(say("Three."))),
    ];
    const results = await Promise.all(calls.map((call) => call.result()));
    expect(results.map(({ text }) => text)).toEqual(["One.", "It said hi.", "Three."]);
    expect(results[1]?.toolCalls).toMatchObject([{ name: "bash", status: "success", output: "hi\n" }]);
  });

  it("are accepted when the engine tells of them, long before it answers, and can be stopped", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Slow" });
    const call = client.session.command(session, "slow");
    // The engine answers the request itself only when the turn is over; the gate is never opened.
    await call;
    await client.registry.waitFor(session, ({ activity }) => activity === "responding");
    await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted", text: "Slow " });
    expect(await client.session.prompt(session, script(say("Free."))).text()).toBe("Free.");
  });

  itStopsThemEarly(() => real);

  it("of a subagent are one turn with what the engine says after it", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Subagent" });
    const call = client.session.command(session, "delegate", "this");
    const events = await collect(call);
    const result = await call.result();
    expect(result.status).toBe("completed");
    expect(result.toolCalls).toMatchObject([{ name: "task", status: "success" }]);
    expect(result.toolCalls[0]?.output).toContain("Done below.");
    // A model without a script.
    expect(result.text).toBe("Hello there from the scripted model.");
    expect(foldPrompt(events).text).toBe(result.text);
    expect(await client.session.children(session)).toHaveLength(1);
    const turns = (await client.session.messages(session)).map(({ turnId }) => turnId);
    expect(new Set(turns)).toEqual(new Set([result.turnId]));
  });

  it("take files along, and another model", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Files" });
    const data = { data: new Blob(["the notes"]), name: "notes.txt" };
    const call = client.session.command(session, "inline", "it", {
      attachments: [data, { path: "README.md" }],
      model: "small",
    });
    const { message } = await call.result();
    expect(message?.model).toBe("local/small");
    expect(asked(real)).toMatch(/about it[\s\S]*the notes[\s\S]*# Workspace/);
    const chosen = { agent: "plan", model: "scripted", variant: "high" };
    await client.session.command(session, "inline", "it", chosen).text();
    const request = real.engine.model.requests.findLast(({ kind }) => kind !== "title");
    expect(request).toMatchObject({ model: "scripted", body: { reasoning_effort: "high" } });
    const [, , planned] = (await client.request("GET", `/session/${session.id}/message`)) as {
      info: { agent: string };
    }[];
    expect(planned?.info.agent).toBe("plan");
    const nobody = client.session.command(session, "inline", "it", { agent: "nobody" });
    await expect(nobody.text()).rejects.toMatchObject({ code: "INVALID_REQUEST" });
    await expect(
      client.session.command(session, "inline", "it", { attachments: "text" }).text(),
    ).rejects.toMatchObject({ code: "INVALID_REQUEST", message: expect.stringContaining("arguments") });
  });

  it("run with the tools that the prompt before them went without", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Tools" });
    await client.session.prompt(session, script(say("None.")), { tools: { bash: false } }).text();
    const { toolCalls, text } = await client.session.command(session, "tooled").result();
    expect(text).toBe("It said hi.");
    expect(toolCalls).toMatchObject([{ name: "bash", status: "success" }]);
  });

  it("that are not there are refused with the names of those that are", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Unknown" });
    await expect(client.session.command(session, "nope").text()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(/no command "nope": there are .*greet/),
    });
    await expect(client.session.command("ses_missing", "inline").text()).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
    });
  });
});

const binary = olderEngineBinary();

describe.skipIf(binary === undefined)(`commands and files of ${olderRelease}`, () => {
  const real = useRealEngine({
    ...(binary === undefined ? {} : { server: { binary } }),
    config: { command: commands },
  });
  beforeAll(() => writeCommands(real.engine.workspace.directory));

  itStopsThemEarly(() => real);

  it("run likewise", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "Old" });
    expect(await client.session.command(session, "greet", "Ada Lovelace").text()).toBe("Hello.");
    expect(asked(real)).toContain("first=Ada second=Lovelace");
    const delegated = await client.session.command(session, "delegate", "this").result();
    expect(delegated.toolCalls).toMatchObject([{ name: "task", status: "success" }]);
    await expect(client.session.command(session, "nope").text()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
    });
    const prompt = [script(say("Seen.")), { path: "README.md" }];
    expect(await client.session.prompt(session, prompt).text()).toBe("Seen.");
    expect(asked(real)?.match(/# Workspace/g)).toHaveLength(1);
  });
});
