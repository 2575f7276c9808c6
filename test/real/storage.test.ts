import { type Diagnostic, type EngineEvent, OpenCodeClient, type Session } from "@quantumreef/engine-client";
import { createOpenCode, type OpenCode } from "@quantumreef/engine-client/node";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { type ScriptedEngine, startScriptedEngine } from "../support/engine-fixture.ts";
import { openCodeRun } from "../support/open-code-run.ts";
import { callTool, nextStep, say, script, waitForGate } from "../support/scripted-model/script.ts";
import { databaseOf, homeEnv } from "../support/throwaway-home.ts";

let engine: ScriptedEngine;
let client: OpenCode;
/** Another process has to start, on a machine that may be busy. */
const LONG = { timeout: 30_000 };
const events: EngineEvent[] = [];
const diagnostics: Diagnostic[] = [];

beforeAll(async () => {
  engine = await startScriptedEngine({ model: {} });
  const { home, port } = engine.server;
  client = await createOpenCode({
    port,
    autoStart: false,
    env: homeEnv(home),
    database: databaseOf(home),
    workingDirectory: engine.workspace.directory,
    onDiagnostic: (diagnostic) => diagnostics.push(diagnostic),
  });
  client.events.subscribe((event) => events.push(event));
});
afterAll(async () => {
  await client?.dispose();
  await engine?.stop();
});

const run = (prompt: string, ...args: string[]) =>
  openCodeRun(prompt, { home: engine.server.home, cwd: engine.workspace.directory, args });

const of = (sessionId: string) =>
  events.filter((event) => {
    if ("session" in event) return event.session.id === sessionId;
    if ("message" in event) return event.message.sessionId === sessionId;
    return "sessionId" in event && event.sessionId === sessionId;
  });

/** A session that is not among those known before. */
async function nextSession(before: readonly Session[]): Promise<Session> {
  const known = new Set(before.map(({ id }) => id));
  return expect
    .poll(() => client.registry.list().find(({ id }) => !known.has(id)), LONG)
    .toBeDefined()
    .then(() => {
      const found = client.registry.list().find(({ id }) => !known.has(id));
      if (found === undefined) throw new Error("It is gone again.");
      return found;
    });
}

describe("a session from the terminal", () => {
  it("appears live, is followed to its end, and is told once", async () => {
    const before = client.registry.list();
    const prompt = script(
      say("I look. "),
      callTool("bash", { command: "echo from-the-terminal", description: "d" }),
      nextStep(),
      waitForGate("terminal"),
      say("Done."),
    );
    const terminal = run(prompt);
    const { id } = await nextSession(before);
    const running = await client.registry.waitFor(id, ({ status }) => status === "running", {
      timeout: 20_000,
    });
    expect(running).toMatchObject({ verified: false, origin: "storage" });
    await expect.poll(() => of(id).some(({ type }) => type === "tool_call_updated"), LONG).toBe(true);
    // Its first answer is whole by now, and its turn is not over.
    await expect.poll(() => of(id).filter(({ type }) => type === "message_created").length, LONG).toBe(3);
    expect(client.registry.get(id)).toMatchObject({ status: "running", verified: false });
    expect(await client.session.get(id)).toMatchObject({
      status: "running",
      verified: false,
      origin: "storage",
    });
    expect((await client.session.list()).find((one) => one.id === id)).toMatchObject({
      status: "running",
      verified: false,
    });

    engine.model.openGate("terminal");
    const completed = await client.registry.waitFor(id, ({ status }) => status !== "running", {
      timeout: 20_000,
    });
    expect(completed).toMatchObject({ status: "completed", origin: "storage" });
    expect(completed).not.toHaveProperty("verified");
    expect(await terminal.ended).toMatchObject({ code: 0 });

    const told = of(id);
    expect(told.every(({ origin }) => origin === "storage")).toBe(true);
    expect(told[0]).toMatchObject({ type: "session_created", session: { origin: "storage" } });
    const created = told.flatMap((event) => (event.type === "message_created" ? [event.message.id] : []));
    expect(new Set(created).size).toBe(created.length);
    const ends = told.filter(({ type }) => type === "turn_ended");
    expect(ends).toMatchObject([{ status: "completed" }]);
    const [end] = ends;
    const texts = end?.type === "turn_ended" ? end.messages.map(({ content }) => content.text) : [];
    expect(texts).toEqual(["I look. ", "Done."]);
    expect(end?.type === "turn_ended" && end.messages[0]?.toolCalls).toMatchObject([
      { name: "bash", status: "success", output: "from-the-terminal\n" },
    ]);
    // The live answer is what the engine has on record.
    const stored = (await client.session.messages(id)).filter(({ role }) => role === "assistant");
    expect(end?.type === "turn_ended" && end.messages).toEqual(stored);
  });

  it("that is killed half-way stays running, unverified; a prompt and an abort there warn", async () => {
    const before = client.registry.list();
    const terminal = run(script(say("Half. "), waitForGate("never")));
    const { id } = await nextSession(before);
    await client.registry.waitFor(id, ({ status }) => status === "running", LONG);
    await terminal.kill();
    // Long enough for every look and reading that could take it for dead.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(client.registry.get(id)).toMatchObject({ status: "running", verified: false });
    expect(of(id).some(({ type }) => type === "turn_ended")).toBe(false);
    expect(await client.session.get(id)).toMatchObject({ status: "running", verified: false });

    const warnings = () => diagnostics.filter(({ code }) => code === "session_in_other_process");
    await client.session.abort(id);
    expect(warnings()).toMatchObject([{ level: "warning", sessionId: id }]);
    expect(client.registry.get(id)).toMatchObject({ status: "running", verified: false });

    // It is not waited for: nobody could say when it ends.
    const result = await client.session.prompt(id, script(say("Mine."))).result();
    expect(result).toMatchObject({ status: "completed", text: "Mine." });
    expect(warnings()).toHaveLength(2);
    const after = client.registry.get(id);
    expect(after).toMatchObject({ status: "completed" });
    expect(after).not.toHaveProperty("verified");
    expect(after).not.toHaveProperty("origin");
    const ends = of(id).flatMap((event) => (event.type === "turn_ended" ? [event.status] : []));
    expect(ends).toEqual(["superseded", "completed"]);
  });

  it("does not disturb prompts of this client that run beside it", async () => {
    const before = client.registry.list();
    const terminals = [1, 2].map((number) => run(script(say(`Terminal ${number}. `), say("End."))));
    const own = await Promise.all(
      Array.from({ length: 6 }, async (_, number) => {
        const session = await client.session.create({ title: `own ${number}` });
        const words = Array.from({ length: 40 }, (_, index) => say(`${number}:${index} `));
        const call = client.session.prompt(
          session,
          script(
            ...words,
            callTool("bash", { command: `echo tool ${number}`, description: "d" }),
            nextStep(),
            say("Last."),
          ),
        );
        const folded = new Map<string, string>();
        let tools = 0;
        for await (const event of call) {
          if (event.type === "text_delta") {
            const shown = folded.get(event.partId) ?? "";
            expect(event.offset).toBe(shown.length);
            folded.set(event.partId, shown + event.delta);
          }
          if (event.type === "tool_call_result") tools += 1;
          expect(event.type).not.toBe("text_reset");
        }
        const expected = `${Array.from({ length: 40 }, (_, index) => `${number}:${index} `).join("")}Last.`;
        expect([...folded.values()].join("")).toBe(expected);
        expect(tools).toBe(1);
        return session.id;
      }),
    );
    for (const terminal of terminals) expect(await terminal.ended).toMatchObject({ code: 0 });
    const known = new Set([...before.map(({ id }) => id), ...own]);
    await expect
      .poll(
        () => client.registry.list().filter(({ id, status }) => !known.has(id) && status === "completed"),
        LONG,
      )
      .toHaveLength(2);
    for (const id of own) {
      expect(client.registry.get(id)).toMatchObject({ status: "completed" });
      expect(client.registry.get(id)).not.toHaveProperty("origin");
      expect(of(id).some(({ origin }) => origin === "storage")).toBe(false);
      const created = of(id).flatMap((event) => (event.type === "message_created" ? [event.message.id] : []));
      expect(new Set(created).size).toBe(created.length);
    }
  });

  it("that goes on with a session of ours is told, and ours again afterwards", async () => {
    const session = await client.session.create({ title: "shared" });
    await client.session.prompt(session, script(say("First."))).text();
    const terminal = run(script(say("Second.")), "--session", session.id);
    await client.registry.waitFor(session, ({ origin }) => origin === "storage", LONG);
    await client.registry.waitFor(
      session,
      ({ status, origin }) => status === "completed" && origin === "storage",
    );
    expect(await terminal.ended).toMatchObject({ code: 0 });
    const texts = (await client.session.messages(session)).filter(({ role }) => role === "assistant");
    expect(texts.map(({ content }) => content.text)).toEqual(["First.", "Second."]);
    expect(await client.session.prompt(session, script(say("Third."))).text()).toBe("Third.");
    expect(client.registry.get(session)).not.toHaveProperty("origin");
    const ends = of(session.id).flatMap((event) => (event.type === "turn_ended" ? [event.status] : []));
    expect(ends).toEqual(["completed", "completed", "completed"]);
  });
});

describe("an engine whose storage can't be read", () => {
  it("is asked for its sessions again and again", async () => {
    const { home, port } = engine.server;
    const remote = await createOpenCode({
      port,
      autoStart: false,
      env: homeEnv(home),
      database: engine.workspace.path("no-such-file.db"),
      workingDirectory: engine.workspace.directory,
      pollSessions: 500,
    });
    onTestFinished(() => remote.dispose());
    const told: EngineEvent[] = [];
    remote.events.subscribe((event) => told.push(event));
    const known = new Set(remote.registry.list().map(({ id }) => id));
    const fresh = () => remote.registry.list().find(({ id }) => !known.has(id));
    const terminal = run(script(say("Seen. "), waitForGate("polled"), say("End.")));
    await expect.poll(fresh, LONG).toMatchObject({ status: "running", verified: false, origin: "storage" });
    engine.model.openGate("polled");
    await expect.poll(fresh, LONG).toMatchObject({ status: "completed", origin: "storage" });
    expect(fresh()).not.toHaveProperty("verified");
    expect(await terminal.ended).toMatchObject({ code: 0 });
    const { id } = fresh() ?? { id: "" };
    const ends = told.filter((event) => event.type === "turn_ended" && event.sessionId === id);
    expect(ends).toMatchObject([{ status: "completed", origin: "storage" }]);
    expect(ends[0]?.type === "turn_ended" && ends[0].messages[0]?.content.text).toBe("Seen. End.");

    // What this engine does itself is not taken for another's.
    const own = await remote.session.create({ title: "own" });
    expect(await remote.session.prompt(own, script(say("Own."))).text()).toBe("Own.");
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(remote.registry.get(own)).not.toHaveProperty("origin");
  });
});

describe("a client of a URL alone", () => {
  it("says running, unverified, of a session in another process, and follows it to its end", async () => {
    const before = client.registry.list();
    const terminal = run(script(say("Far. "), waitForGate("far"), say("End.")));
    const { id } = await nextSession(before);
    await client.registry.waitFor(id, ({ status }) => status === "running", { timeout: 20_000 });
    const { url, workspace } = engine;
    const remote = new OpenCodeClient({ baseUrl: url, workingDirectory: workspace.directory });
    onTestFinished(() => remote.dispose());
    await remote.connect();
    expect(remote.registry.get(id)).toMatchObject({ status: "running", verified: false });
    engine.model.openGate("far");
    const rested = await remote.registry.waitFor(id, ({ status }) => status !== "running", {
      timeout: 25_000,
    });
    expect(rested).toMatchObject({ status: "completed" });
    expect(rested).not.toHaveProperty("verified");
    expect(await terminal.ended).toMatchObject({ code: 0 });
  });
});
